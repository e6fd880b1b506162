"""Trains XGBoost, CatBoost or scikit-learn for ONNX on the flights of January to June, and asks it about the 1000 rows of parity_rows.parquet.

    make example-xgboost    make example-catboost    make example-onnx    (they make the environment, prepare the rows and run this)

    PYTHON examples/flights/train_booster.py xgboost --rows out/flights/train.csv --parity out/flights/parity.csv --out out/flights

booster.sql makes the two tables, in which the empty text stands for missing: CatBoost takes no null for a category.

Writes to --out: xgboost.json or catboost.cbm (the library's own format) and xgboost_proba.npy or catboost_proba.npy (its own
predict_proba of the parity rows). One thread, fixed seeds: the same model each time.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import pathlib

import numpy
import pandas

CATEGORICAL = ["carrier", "origin", "dest", "manufacturer", "engine"]
NOT_FEATURES = ["flight_id", "sched_dep", "late"]


def features_of(path):
    rows = pandas.read_csv(path, dtype={name: "str" for name in CATEGORICAL})
    rows = rows.fillna({name: "" for name in CATEGORICAL})
    return rows["late"], rows.drop(columns=NOT_FEATURES)


def with_xgboost(late, features, asked, out):
    import xgboost  # only the one that is asked for

    known = {name: sorted(features[name].unique()) for name in CATEGORICAL}

    def categories(rows):  # what training never saw is missing
        return rows.assign(**{name: pandas.Categorical(rows[name].where(rows[name].isin(known[name])), known[name]) for name in CATEGORICAL})

    model = xgboost.XGBClassifier(n_estimators=60, max_depth=6, learning_rate=0.2, enable_categorical=True, max_cat_to_onehot=4, n_jobs=1,
                                  random_state=7)
    model.fit(categories(features), late)
    model.save_model(out / "xgboost.json")
    return model.predict_proba(categories(asked))


def with_catboost(late, features, asked, out):
    import catboost

    model = catboost.CatBoostClassifier(iterations=60, depth=6, learning_rate=0.2, one_hot_max_size=4, max_ctr_complexity=1, thread_count=1,
                                        random_seed=7, verbose=False, allow_writing_files=False)
    model.fit(features, late, cat_features=CATEGORICAL)
    model.save_model(out / "catboost.cbm")
    return model.predict_proba(asked)


def with_onnx(late, features, asked, out):
    """Scaler, encoder and gradient boosting of scikit-learn, exported; the answers are ONNX Runtime's."""
    import onnxruntime
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    numbers = [name for name in features if name not in CATEGORICAL]
    model = make_pipeline(
        ColumnTransformer([("numbers", SimpleImputer(), numbers),
                           ("texts", OneHotEncoder(handle_unknown="ignore", min_frequency=500), CATEGORICAL)], sparse_threshold=0),
        GradientBoostingClassifier(n_estimators=40, random_state=7))
    model.fit(features, late)
    types = [(name, StringTensorType([None, 1]) if name in CATEGORICAL else FloatTensorType([None, 1])) for name in features]
    graph = skl2onnx.convert_sklearn(model, initial_types=types, options={"zipmap": False}, target_opset={"": 18, "ai.onnx.ml": 3})
    (out / "flights.onnx").write_bytes(graph.SerializeToString())
    session = onnxruntime.InferenceSession(out / "flights.onnx", providers=["CPUExecutionProvider"])
    columns = {name: asked[[name]].to_numpy(dtype=object if name in CATEGORICAL else numpy.float32) for name in features}
    return session.run(["probabilities"], columns)[0].astype(numpy.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=["xgboost", "catboost", "onnx"])
    parser.add_argument("--rows", type=pathlib.Path, required=True)
    parser.add_argument("--parity", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    late, features = features_of(options.rows)
    _, asked = features_of(options.parity)
    train = {"xgboost": with_xgboost, "catboost": with_catboost, "onnx": with_onnx}[options.library]
    proba = train(late[late.notna()], features[late.notna()], asked, options.out)
    numpy.save(options.out / f"{options.library}_proba.npy", proba)
    print(f"{options.library}: trained on {late.notna().sum()} rows; {len(proba)} rows asked, mean probability {proba[:, 1].mean():.4f}")


if __name__ == "__main__":
    main()
