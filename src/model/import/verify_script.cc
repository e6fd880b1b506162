// SPDX-License-Identifier: Apache-2.0
#include "model/import/verify_script.h"

namespace slipway::model {

// What it gets: a folder with request.json (model, library, format, start_at, columns with their values).
// For each answer that the library has it leaves labels.npy, proba.npy, values.npy and margin.npy there.
const std::string_view kVerifyScript = R"py(
import json, pathlib, sys
import numpy

folder = pathlib.Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
path = request["model"]
NUMBERS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def column(one):
    if one["type"] == "number":
        return numpy.array([NUMBERS[v] if isinstance(v, str) else v for v in one["values"]], dtype=float)
    return numpy.array([None if v is None else v for v in one["values"]], dtype=object)


COLUMNS = {one["name"]: column(one) for one in request["columns"]}
CATEGORIES = {one["name"] for one in request["columns"] if one["kind"] == "category"}


def frame(names=None, categories=False):
    import pandas
    missing = numpy.full(len(next(iter(COLUMNS.values()))), numpy.nan)
    table = pandas.DataFrame({name: COLUMNS.get(name, missing) for name in (names or list(COLUMNS))})
    for name in CATEGORIES if categories else ():
        if name in table:
            table[name] = table[name].astype("category")
    return table


def array():
    values = list(COLUMNS.values())
    if all(value.dtype == float for value in values):
        return numpy.column_stack(values)
    return numpy.array([list(row) for row in zip(*values)], dtype=object)


def texts():
    return list(next(iter(COLUMNS.values())))


def dicts():
    return [{name: values[i] for name, values in COLUMNS.items()
             if values[i] is not None and values[i] == values[i]} for i in range(len(next(iter(COLUMNS.values()))))]


def leave(name, values):
    values = values.toarray() if hasattr(values, "toarray") else numpy.asarray(values)
    if name == "labels":
        # A ClassifierChain predicts floats, whatever its classes are.
        known = set(request["classes"])
        words = [str(v) if str(v) in known or not isinstance(v, float) else str(int(v)) for v in values.ravel()]
        values = numpy.array(words, dtype=str).reshape(values.shape)
    elif values.dtype != numpy.float32:
        values = values.astype(float)
    numpy.save(folder / (name + ".npy"), numpy.ascontiguousarray(values), allow_pickle=False)


def first_that_works(predict, forms):
    first = None
    for form in forms:
        try:
            rows = form()
            return rows, predict(rows)
        except Exception as error:
            first = first or error
    raise first


def estimator(model):
    start = request["start_at"]
    if start:
        names = [name for name, _ in model.steps]
        model = model[names.index(start):]
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(model, "steps"):
        names = next((getattr(step, "feature_names_in_") for _, step in model.steps if hasattr(step, "feature_names_in_")), None)
    forms = [lambda: frame([str(name) for name in names])] if names is not None else []
    forms += [array, texts, dicts, frame, lambda: frame(categories=True), lambda: array().ravel()]
    if request["task"] == "transformation":
        rows, values = first_that_works(model.transform, forms)
        return leave("values", values)
    if not hasattr(model, "predict"):
        raise SystemExit("the model has no predict")
    rows, predicted = first_that_works(model.predict, forms)
    leave("labels" if request["labels"] else "values", predicted)
    if not request["labels"]:
        return
    for name, method in (("proba", "predict_proba"), ("margin", "decision_function")):
        if hasattr(model, method):
            values = getattr(model, method)(rows)
            leave(name, numpy.hstack(values) if isinstance(values, list) else values)


def xgboost_file():
    import xgboost
    booster = xgboost.Booster(model_file=path)
    names = booster.feature_names or list(COLUMNS)
    rows = xgboost.DMatrix(frame(names, categories=True) if CATEGORIES else numpy.column_stack([COLUMNS[n] for n in COLUMNS]),
                           feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True)
    leave("margin", booster.predict(rows, output_margin=True))
    native(booster.predict(rows))


def lightgbm_file():
    import lightgbm
    booster = lightgbm.Booster(model_file=path)
    rows = frame(booster.feature_name(), categories=True)
    leave("margin", booster.predict(rows, raw_score=True))
    native(booster.predict(rows))


def native(values):
    leave("proba" if request["labels"] else "values", values)


def catboost_file():
    import catboost
    model = catboost.CatBoost().load_model(path, format="json" if path.endswith(".json") else "cbm")
    rows = frame(list(COLUMNS))
    leave("margin", model.predict(rows, prediction_type="RawFormulaVal"))
    if request["labels"]:
        leave("proba", model.predict(rows, prediction_type="Probability"))
        leave("labels", model.predict(rows, prediction_type="Class").ravel())
    else:
        leave("values", model.predict(rows))


def onnx_file():
    import onnxruntime
    if pathlib.Path(path).is_dir():
        raise SystemExit("a folder with a tokenizer is computed by ONNX Runtime here and there: there is nothing to compare")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kinds = {"tensor(double)": float, "tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32, "tensor(string)": object, "tensor(bool)": bool}
    names = [one["name"] for one in request["columns"] if one["kind"] != "other"]
    feed = {}
    for tensor in session.get_inputs():
        dims = [d for d in tensor.shape[1:]]
        width = int(numpy.prod(dims)) if all(isinstance(d, int) for d in dims) else len(names)
        block = numpy.column_stack([COLUMNS[name] for name in names[:width]])
        feed[tensor.name] = block.astype(kinds.get(tensor.type, numpy.float32)).reshape([-1] + [d if isinstance(d, int) else width for d in dims])
        names = names[width:]
    out = session.run(None, feed)
    if not request["labels"]:
        return leave("values", numpy.hstack([numpy.asarray(one).reshape(len(one), -1) for one in out]))
    leave("labels", out[0])
    if len(out) > 1:
        leave("proba", [list(row.values()) for row in out[1]] if isinstance(out[1], list) else out[1])


def pickled():
    try:
        import joblib
    except ImportError:
        import pickle
        with open(path, "rb") as file:
            return estimator(pickle.load(file))
    return estimator(joblib.load(path))


LIBRARIES = {"XGBoost": xgboost_file, "LightGBM": lightgbm_file, "CatBoost": catboost_file, "ONNX": onnx_file}
if request["format"] == "pickle":
    pickled()
elif request["library"] in LIBRARIES:
    LIBRARIES[request["library"]]()
else:
    raise SystemExit("no Python library is known for files of " + request["library"])
)py";

}  // namespace slipway::model
