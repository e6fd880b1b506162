"""Makes pipeline.joblib, a scikit-learn pipeline on the raw columns, and its parity sample.

    .cache/venv/bin/python examples/flights/train_pipeline.py      # after train.py, which prepares the tables

Writes beside this file:
    pipeline.joblib     ColumnTransformer (imputers, OneHotEncoder, OrdinalEncoder) and HistGradientBoostingClassifier
    pipeline_proba.npy  predict_proba of the 1000 rows of parity_rows.parquet, as numpy saves it

SPDX-License-Identifier: Apache-2.0
"""

import pathlib

import joblib
import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FEW = ["carrier", "origin", "engine"]
MANY = ["dest", "manufacturer"]
NOT_FEATURES = ["flight_id", "sched_dep", "late"]


def features_of(rows):
    """Text as Python objects with None where it is missing: what a scikit-learn user has."""
    rows = rows.drop(columns=NOT_FEATURES)
    return rows.astype({name: object for name in FEW + MANY}).where(rows.notna(), None).astype(
        {name: "float64" for name in rows.columns if name not in FEW + MANY})


def pipeline(numbers):
    return Pipeline([
        ("prepare", ColumnTransformer([
            ("numbers", SimpleImputer(strategy="median", add_indicator=True), numbers),
            ("few", make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=None),
                                  OneHotEncoder(handle_unknown="ignore", sparse_output=False)), FEW),
            ("many", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), MANY),
        ])),
        ("boost", HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=31, learning_rate=0.1, random_state=7)),
    ])


def main():
    rows = pandas.read_parquet(ROOT / ".cache/flights/train.parquet")
    live = pandas.read_parquet(ROOT / ".cache/flights/live.parquet")
    rows = rows[rows["late"].notna()]
    features = features_of(rows)
    numbers = [name for name in features.columns if name not in FEW + MANY]
    model = pipeline(numbers).fit(features, numpy.where(rows["late"] == 1, "late", "on time"))
    known = live[live["late"].notna()]
    print(f"AUC on July to December: {roc_auc_score(known['late'], model.predict_proba(features_of(known))[:, 0]):.4f}")
    joblib.dump(model, HERE / "pipeline.joblib", compress=3)
    sample = pandas.read_parquet(HERE / "parity_rows.parquet")
    numpy.save(HERE / "pipeline_proba.npy", model.predict_proba(features_of(sample)))


if __name__ == "__main__":
    main()
