"""Trained models through the public converters: skl2onnx, onnxmltools (XGBoost, LightGBM).

SPDX-License-Identifier: Apache-2.0
"""
import warnings

import lightgbm
import numpy as np
import onnxmltools
import pandas as pd
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn import (compose, ensemble, impute, linear_model, naive_bayes, neighbors, neural_network, pipeline,
                     preprocessing, svm, tree)

warnings.filterwarnings("ignore")
WIDTH = 5


def data(random, count=300, missing=False):
    x = random.randn(count, WIDTH).astype(np.float32)
    score = x[:, 0] + 0.5 * x[:, 1] * x[:, 2]
    if missing:
        x[random.rand(*x.shape) < 0.1] = np.nan
    return x, (score > 0).astype(int), np.digitize(score, [-0.6, 0.6]), score.astype(np.float32)


def case(name, model, kind, lifted, classes=None, inputs=None, **more):
    return {"name": name, "model": model, "kind": kind, "lifted": lifted, "classes": classes,
            "inputs": inputs or {"X": ("float32", (WIDTH,))}, **more}


def sklearn_models(random):
    x, y, y3, target = data(random)
    words = np.array(["no", "yes"])[y]
    forest = {"n_estimators": 7, "max_depth": 4, "random_state": 1}
    gone = {"missing": False, "edges": False}
    yield "tree", tree.DecisionTreeClassifier(max_depth=4), y, True, {"missing": False}
    yield "tree3", tree.DecisionTreeClassifier(max_depth=4), y3, True, {"missing": False}
    yield "tree_words", tree.DecisionTreeClassifier(max_depth=4), words, True, {"missing": False}
    yield "tree_regressor", tree.DecisionTreeRegressor(max_depth=5), target, True, {"missing": False}
    yield "forest", ensemble.RandomForestClassifier(**forest), y, True, {"missing": False}
    yield "forest3", ensemble.RandomForestClassifier(**forest), y3, True, {"missing": False}
    yield "forest_regressor", ensemble.RandomForestRegressor(**forest), target, True, {"missing": False}
    yield "extra", ensemble.ExtraTreesClassifier(**forest), y3, True, {"missing": False}
    yield "boosted", ensemble.GradientBoostingClassifier(n_estimators=8), y, True, {"missing": False}
    yield "boosted3", ensemble.GradientBoostingClassifier(n_estimators=5), y3, True, {"missing": False}
    yield "boosted_regressor", ensemble.GradientBoostingRegressor(n_estimators=8), target, True, {"missing": False}
    yield "hist", ensemble.HistGradientBoostingClassifier(max_iter=6, max_leaf_nodes=8), y, True, {}
    yield "hist3", ensemble.HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=6), y3, True, {}
    yield "hist_regressor", ensemble.HistGradientBoostingRegressor(max_iter=6, max_leaf_nodes=8), target, True, {}
    yield "logistic", linear_model.LogisticRegression(), y, True, gone
    yield "logistic3", linear_model.LogisticRegression(), y3, True, gone
    yield "logistic_words", linear_model.LogisticRegression(), words, True, gone
    yield "linear", linear_model.LinearRegression(), target, True, gone
    yield "ridge2", linear_model.Ridge(), np.c_[target, y], True, gone
    yield "scaled_tree", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(),
                                                tree.DecisionTreeClassifier(max_depth=4)), y, True, {}
    yield "minmax_tree", pipeline.make_pipeline(preprocessing.MinMaxScaler(), preprocessing.MaxAbsScaler(),
                                                tree.DecisionTreeRegressor(max_depth=4)), target, True, gone
    yield "binarized", pipeline.make_pipeline(preprocessing.Binarizer(threshold=0.3),
                                              tree.DecisionTreeRegressor(max_depth=4)), target, True, {"missing": False}
    yield "normalized", pipeline.make_pipeline(preprocessing.Normalizer(), linear_model.Ridge()), target, True, gone
    yield "network", neural_network.MLPClassifier((6,), max_iter=60, random_state=1), y3, True, gone
    yield "network2", neural_network.MLPRegressor(hidden_layer_sizes=(6, 4), activation="tanh", max_iter=60), target, \
        True, gone
    yield "svc", svm.SVC(probability=True, random_state=1), y3, False, gone
    yield "svr", svm.SVR(), target, False, gone
    yield "knn", neighbors.KNeighborsClassifier(3), y3, False, gone
    yield "bayes", naive_bayes.GaussianNB(), y3, False, gone


def kind_of(model, y):
    if hasattr(model, "predict_proba"):
        return "classifier"
    return "regression" if np.ndim(y) == 1 else "table"


def mixed(random):
    x, y, _, target = data(random)
    table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": np.array(["x", "y", "z"])[random.randint(0, 3, len(x))],
                          "d": np.array(["u", "é", "w"])[random.randint(0, 3, len(x))]})
    types = [("a", FloatTensorType([None, 1])), ("b", FloatTensorType([None, 1])), ("c", StringTensorType([None, 1])),
             ("d", StringTensorType([None, 1]))]
    inputs = {"a": ("float32", (1,)), "b": ("float32", (1,)), "c": ("text", (1,)), "d": ("text", (1,))}
    columns = compose.ColumnTransformer([
        ("n", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), ["a", "b"]),
        ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["c", "d"])])
    model = pipeline.make_pipeline(columns, ensemble.RandomForestClassifier(5, max_depth=4, random_state=1))
    yield case("mixed", convert_sklearn(model.fit(table, y), initial_types=types), "classifier", True, inputs=inputs,
               texts=["x", "y", "z", "u", "é", "w"])
    model = pipeline.make_pipeline(columns, linear_model.LogisticRegression())
    yield case("mixed_linear", convert_sklearn(model.fit(table, y), initial_types=types), "classifier", True,
               inputs=inputs, texts=["x", "y", "z", "u", "é", "w"], edges=False)


def boosters(random):
    x, y, y3, target = data(random, missing=True)
    xgb = {"n_estimators": 8, "max_depth": 3}
    lgb = {"n_estimators": 8, "num_leaves": 8, "verbose": -1, "min_child_samples": 5}
    for name, model, labels in (("xgboost", xgboost.XGBClassifier(**xgb), y),
                                ("xgboost3", xgboost.XGBClassifier(**xgb), y3),
                                ("xgboost_regressor", xgboost.XGBRegressor(**xgb), target)):
        made = onnxmltools.convert_xgboost(model.fit(x, labels), initial_types=[("X", ToolsFloat([None, WIDTH]))])
        yield name, model, made, labels, x
    for name, model, labels in (("lightgbm", lightgbm.LGBMClassifier(**lgb), y),
                                ("lightgbm3", lightgbm.LGBMClassifier(**lgb), y3),
                                ("lightgbm_regressor", lightgbm.LGBMRegressor(**lgb), target)):
        made = onnxmltools.convert_lightgbm(model.fit(x, labels), initial_types=[("X", ToolsFloat([None, WIDTH]))])
        yield name, model, made, labels, x


def cases(random):
    x = data(random)[0]
    for name, model, y, lifted, more in sklearn_models(random):
        model.fit(x, y)
        kind = kind_of(model, y)
        zipmap = len(name) % 2 == 0
        options = {"zipmap": zipmap} if kind == "classifier" else None
        try:
            made = to_onnx(model, x[:1], options=options, target_opset={"": 21, "ai.onnx.ml": 3})
        except Exception as error:
            print(f"{name}: not converted: {str(error)[:120]}")
            continue
        yield case(name, made, kind, lifted, list(getattr(model, "classes_", [])), **more)
    yield from mixed(random)
    for name, model, made, y, _ in boosters(random):
        yield case(name, made, kind_of(model, y), True, list(getattr(model, "classes_", [])))


def print_differences(seed, session_of, count=20000):
    """Rows on which the converted model's answer is not the library's own, bit for bit."""
    random = np.random.RandomState(seed)
    rows = random.randn(count, WIDTH).astype(np.float32) * 2
    rows[random.rand(*rows.shape) < 0.05] = np.nan
    whole = np.nan_to_num(rows)
    x, y, y3, target = data(random)
    models = [(n, m, o, rows) for n, m, o, _, _ in boosters(random)]
    for name, model, labels in (("forest", ensemble.RandomForestClassifier(50, max_depth=8, random_state=1), y3),
                                ("forest_regressor", ensemble.RandomForestRegressor(50, max_depth=8, random_state=1),
                                 target)):
        made = to_onnx(model.fit(x, labels), x[:1], options={"zipmap": False} if name == "forest" else None,
                       target_opset={"": 21, "ai.onnx.ml": 3})
        models.append((name, model, made, whole))
    for name, model, made, used in models:
        results = session_of(made).run(None, {made.graph.input[0].name: used})
        classifier = hasattr(model, "predict_proba")
        own = model.predict_proba(used) if classifier else model.predict(used)
        other = results[1] if classifier else np.ravel(results[0])
        if isinstance(other, list):
            other = np.array([[row[key] for key in sorted(row)] for row in other], np.float32)
        own32 = np.asarray(own, np.float32).reshape(len(used), -1)
        differ = (own32 != other.reshape(len(used), -1)).any(axis=1)
        labels = np.mean(model.predict(used) != results[0]) if classifier else 0
        largest = np.abs(own32 - other.reshape(len(used), -1)).max()
        print(f"{name}: {differ.sum()} of {count} rows differ after rounding to float32 ({100 * differ.mean():.2f} %), "
              f"largest difference {largest:.3g}, labels differ on {100 * labels:.3f} %")
