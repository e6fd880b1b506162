-- What train_booster.py reads, and rows for its models: the empty text stands for missing, because CatBoost takes no null for a
-- category. ${out} holds what prepare.sql made.
-- SPDX-License-Identifier: Apache-2.0

CREATE TEMP MACRO no_nulls(path) AS TABLE
SELECT * REPLACE (coalesce(manufacturer, '') AS manufacturer, coalesce(engine, '') AS engine) FROM read_parquet(path);

COPY (FROM no_nulls('${out}/train.parquet')) TO '${out}/train.csv';
COPY (FROM no_nulls('${out}/live.parquet')) TO '${out}/live_text.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (FROM no_nulls('${here}/parity_rows.parquet')) TO '${out}/parity_text.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (FROM '${out}/parity_text.parquet') TO '${out}/parity.csv';
