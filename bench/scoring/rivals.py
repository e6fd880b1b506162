"""Times slipway's C interface and its rivals on the same rows, round-robin in one process on one core.

    .cache/peers/bin/python bench/scoring/rivals.py build/bench build/release/lib/libslipway.so [A B ...]

Raw scores (margins) of models A to J (train.py). In every round each contender has its turn of a millisecond or one call,
with other rows each time, so that its tables are in the cache but no row is learned; a figure is CPU time of the calling thread per row, less what an empty call of the same kind costs (ctypes for slipway, XGBoost
and LightGBM; a Python call for the rest), the median over the rounds; a ratio is the median of the rounds' ratios. Bits are
compared with slipway's on all rows. Writes bench/results/scoring.json and prints the table.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import json
import os
import platform
import statistics
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
os.environ["OMP_NUM_THREADS"] = "1"
BATCHES = [1, 8, 32, 128, 1024, 16384]
SECONDS = float(os.environ.get("BENCH_SECONDS", "1.0"))  # per model and batch size, all contenders together
SITE = next(p for p in sys.path if p.endswith("site-packages"))
FILES = {"A": "A.json", "B": "B.json", "C": "C.txt", "D": "D.txt", "E": "E.joblib", "F": "F.cbm", "F2": "F2.cbm",
         "G": "G.joblib", "H": "H.joblib", "I": "I.joblib", "J": "J.joblib"}
COLUMNS = {"G": 30, "H": 30, "F": 30}


class Slipway:
    name = "slipway"

    def __init__(self, library, path, rows, columns):
        lib = ctypes.CDLL(library)
        lib.slipway_inputs.restype = lib.slipway_margins.restype = ctypes.c_size_t
        lib.slipway_input_name.restype = ctypes.c_char_p
        lib.slipway_category.restype = ctypes.c_int64
        self.model, why = ctypes.c_void_p(), ctypes.create_string_buffer(1024)
        if lib.slipway_open(path.encode(), ctypes.byref(self.model), why, 1024):
            raise RuntimeError(why.value.decode())
        inputs = lib.slipway_inputs(self.model)
        names = [lib.slipway_input_name(self.model, ctypes.c_size_t(i)).decode() for i in range(inputs)]
        self.rows = np.ascontiguousarray(self.encode(lib, names, rows, columns))
        self.outputs = lib.slipway_margins(self.model)
        self.margins = np.zeros((len(rows), self.outputs))
        self.lib, self.width = lib, inputs
        self.score = lib.slipway_score_f64
        self.base, self.out = self.rows.ctypes.data, self.margins.ctypes.data
        self.score.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p,
                               ctypes.c_void_p, ctypes.c_size_t]

    def encode(self, lib, names, rows, columns):
        if columns is None:
            order = [int(n.lstrip("fx")) for n in names]
            return rows[:, order]
        out = np.zeros((len(rows), len(names)))
        for i, name in enumerate(names):
            if name in columns:
                codes = {c: lib.slipway_category(self.model, ctypes.c_size_t(i), c.encode()) for c in set(columns[name])}
                out[:, i] = [codes[c] for c in columns[name]]
            else:
                out[:, i] = rows[:, int(name.lstrip("fx"))]
        return out

    def calls(self, batch, starts):
        step = 8 * self.width
        return [(self.model, self.base + s * step, batch, None, self.out, None, 0) for s in starts]

    def empty(self):
        return [(self.model, self.base, 0, None, self.out, None, 0)] * 64

    def run(self, call):
        self.score(*call)

    def answers(self):
        self.score(self.model, self.base, len(self.rows), None, self.out, None, 0)
        return self.margins.copy()


class XGBoost:
    name = "XGBoost"

    def __init__(self, path, rows):
        import xgboost
        self.version = xgboost.__version__
        booster = xgboost.Booster(model_file=path)
        booster.set_param({"nthread": 1})
        self.booster, self.lib = booster, xgboost.core._LIB
        self.rows = np.ascontiguousarray(rows.astype(np.float32))
        self.config = json.dumps({"type": 1, "training": False, "iteration_begin": 0, "iteration_end": 0,
                                  "strict_shape": False, "missing": float("nan"), "cache_id": 0}).encode()
        self.shape, self.dim, self.result = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()

    def interface(self, start, batch):
        return json.dumps({"data": [self.rows.ctypes.data + 4 * start * self.rows.shape[1], True],
                           "shape": [batch, self.rows.shape[1]], "typestr": "<f4", "version": 3}).encode()

    def calls(self, batch, starts):
        return [self.interface(s, batch) for s in starts]

    def run(self, call):
        self.lib.XGBoosterPredictFromDense(self.booster.handle, call, self.config, None, ctypes.byref(self.shape),
                                           ctypes.byref(self.dim), ctypes.byref(self.result))

    def answers(self):
        return self.booster.inplace_predict(self.rows, predict_type="margin").astype(np.float64).reshape(len(self.rows), -1)


class LightGBM:
    name = "LightGBM"

    def __init__(self, path, rows):
        import lightgbm
        self.version = lightgbm.__version__
        self.booster = lightgbm.Booster(model_file=path, params={"num_threads": 1})
        self.lib = lightgbm.basic._LIB
        self.rows = np.ascontiguousarray(rows)
        self.length, self.out = ctypes.c_int64(), np.zeros(len(rows))
        self.fast = ctypes.c_void_p()
        self.lib.LGBM_BoosterPredictForMatSingleRowFastInit(self.booster._handle, 1, 0, -1, 1, rows.shape[1], b"num_threads=1",
                                                            ctypes.byref(self.fast))
        self.pointer = ctypes.c_void_p(self.out.ctypes.data)

    def calls(self, batch, starts):
        step = 8 * self.rows.shape[1]
        return [(batch, ctypes.c_void_p(self.rows.ctypes.data + s * step)) for s in starts]

    def run(self, call):
        batch, data = call
        if batch == 1:
            self.lib.LGBM_BoosterPredictForMatSingleRowFast(self.fast, data, ctypes.byref(self.length), self.pointer)
        else:
            self.lib.LGBM_BoosterPredictForMat(self.booster._handle, data, 1, batch, self.rows.shape[1], 1, 1, 0, -1,
                                               b"num_threads=1", ctypes.byref(self.length), self.pointer)

    def answers(self):
        return self.booster.predict(self.rows, raw_score=True, num_threads=1).reshape(len(self.rows), -1)


class Called:
    """A rival that is called as a Python function of some rows."""

    def __init__(self, name, version, rows, function):
        self.name, self.version, self.rows, self.function = name, version, rows, function

    def calls(self, batch, starts):
        return [self.rows[s:s + batch] for s in starts]

    def run(self, call):
        self.function(call)

    def answers(self):
        return np.asarray(self.function(self.rows), dtype=np.float64).reshape(len(self.rows), -1)


def lignum(path, rows, compiled):
    import lignum as library
    model = library.load(path)
    if compiled:
        model.compile()
    core = model._c_model.predict
    return Called("lignum compiled" if compiled else "lignum", library.__version__, np.ascontiguousarray(rows),
                  lambda x: core(x, True, 1, "serial"))


def onnx(path, rows, model):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name, out = session.get_inputs()[0].name, [session.get_outputs()[-1].name]
    return Called("ONNX Runtime", onnxruntime.__version__, np.ascontiguousarray(rows.astype(np.float32)),
                  lambda x: session.run(out, {name: x})[0])


def converted(path, key, columns):
    target = f"{os.path.dirname(path)}/{key}.onnx"
    if os.path.exists(target):
        return target
    if key in "AB":
        import onnxmltools
        import xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType
        booster = xgboost.Booster(model_file=path)
        booster.feature_names = None
        proto = onnxmltools.convert_xgboost(booster, initial_types=[("x", FloatTensorType([None, columns]))])
    elif key in "CD":
        import lightgbm
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType
        proto = onnxmltools.convert_lightgbm(lightgbm.Booster(model_file=path), zipmap=False,
                                             initial_types=[("x", FloatTensorType([None, columns]))])
    else:
        import joblib
        import skl2onnx
        from skl2onnx.common.data_types import FloatTensorType
        model = joblib.load(path)
        proto = skl2onnx.convert_sklearn(model, initial_types=[("x", FloatTensorType([None, columns]))],
                                         options={} if key in "HI" else {id(model): {"zipmap": False}},
                                         target_opset={"": 18, "ai.onnx.ml": 3})
    with open(target, "wb") as file:
        file.write(proto.SerializeToString())
    return target


def contenders(key, path, rows, columns):
    width = COLUMNS.get(key, 50)
    numbers = rows[:, :width]
    makers = []
    if key in ("A", "B"):
        makers += [lambda: XGBoost(path, numbers), lambda: lignum(path, numbers, False), lambda: lignum(path, numbers, True)]
    if key in ("C", "D"):
        makers += [lambda: LightGBM(path, numbers), lambda: lignum(path, numbers, False)]
        if key == "C":  # compiling D takes the C compiler many minutes
            makers += [lambda: lignum(path, numbers, True)]
    if key == "F2":
        makers += [lambda: lignum(path, numbers, False), lambda: catboost(path, numbers)]
    if key in "EGHIJ":
        makers += [lambda: sklearn(key, path, numbers)]
    if key in "ABCDEGHIJ":
        makers += [lambda: onnx(path, numbers, converted(path, key, width))]
    made = []
    for make in makers:
        try:
            made.append(make())
        except Exception as error:  # a rival that does not take the model is named, not hidden
            print(f"{key}: left out: {type(error).__name__}: {str(error)[:150]}", file=sys.stderr)
    return made


def catboost(path, rows):
    import catboost as library
    model = library.CatBoostClassifier()
    model.load_model(path)
    rows = np.ascontiguousarray(rows.astype(np.float32))
    pools = {}

    def predict(x):
        at = (x.ctypes.data, len(x))
        if at not in pools:
            pools[at] = library.FeaturesData(num_feature_data=x)
            pools[at] = library.Pool(pools[at])
        return model.predict(pools[at], prediction_type="RawFormulaVal", thread_count=1)
    return Called("CatBoost", library.__version__, rows, predict)


def sklearn(key, path, rows):
    import joblib
    import sklearn as library
    model = joblib.load(path)
    for step in [model] + [s for _, s in getattr(model, "steps", [])]:
        if hasattr(step, "n_jobs"):
            step.n_jobs = 1
    function = {"E": lambda x: model.predict_proba(x), "G": lambda x: model.decision_function(x), "H": lambda x: model.predict(x),
                "I": lambda x: model.decision_function(x), "J": lambda x: model.decision_function(x)}[key]
    return Called("scikit-learn", library.__version__, np.ascontiguousarray(rows), function)


def starts_of(rows, batch):
    return [s for s in range(0, rows - batch + 1, batch)] or [0]


def sample(contender, calls, at, budget_ns):
    """CPU ns per call, over as many calls as fit the budget; and where the turn stands."""
    count = 0
    started = time.thread_time_ns()
    while True:
        for _ in range(8 if budget_ns > 0 else 1):
            contender.run(calls[at])
            at = at + 1 if at + 1 < len(calls) else 0
            count += 1
        used = time.thread_time_ns() - started
        if used >= budget_ns:
            return used / count, at


def empty_cost(slipway):
    calls = slipway.empty()
    return min(sample(slipway, calls, 0, 200_000)[0] for _ in range(20))


def measure(all_contenders, batch, floor):
    calls = [c.calls(batch, starts_of(len(c.rows), batch)) for c in all_contenders]
    turns, figures = [0] * len(calls), [[] for _ in calls]
    for c, own in zip(all_contenders, calls):
        c.run(own[0])
    until = time.time() + SECONDS
    while time.time() < until or len(figures[0]) < 5:
        for i, c in enumerate(all_contenders):
            ns, turns[i] = sample(c, calls[i], turns[i], 1_000_000)
            figures[i].append(max(ns - floor, 1.0) / batch)
    return figures


def compare(slipway, rival, key):
    ours, theirs = slipway.answers(), rival.answers()
    if theirs.shape[1] != ours.shape[1]:
        theirs = theirs[:, -ours.shape[1]:]
    if ours.shape != theirs.shape or key == "E" or rival.name == "ONNX Runtime":  # these answer probabilities
        return None
    equal = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    return {"rows_equal": int(equal.all(axis=1).sum()), "rows": len(ours), "largest_difference": float(np.nanmax(np.abs(ours - theirs)))}


def machine():
    with open("/proc/cpuinfo") as file:
        model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def read_rows(folder, key):
    name = "rows50.f64" if key in ("A", "B", "C", "D", "F", "F2") else "filled50.f64"
    rows = np.fromfile(f"{folder}/{name}").reshape(-1, 50)
    if key != "F":
        return rows, None
    import pandas
    frame = pandas.read_parquet(f"{folder}/categories.parquet")
    return rows, {c: frame[c].tolist() for c in ("carrier", "origin", "dest")}


def main():
    folder, library = sys.argv[1], os.path.abspath(sys.argv[2])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    results = {"machine": machine(), "cells": []}
    for key in sys.argv[3:] or list(FILES):
        path = f"{folder}/{FILES[key]}"
        if not os.path.exists(path):
            print(f"{key}: no {path}: run bench/scoring/train.py", file=sys.stderr)
            continue
        rows, columns = read_rows(folder, key)
        slipway = Slipway(library, path, rows, columns)
        rivals = contenders(key, path, rows, columns)
        floor = empty_cost(slipway)
        bits = {r.name: compare(slipway, r, key) for r in rivals}
        for batch in BATCHES:
            figures = measure([slipway] + rivals, batch, floor)
            ours = statistics.median(figures[0])
            line = f"{key:3}{batch:6} slipway {ours:10.1f}"
            results["cells"].append({"model": key, "batch": batch, "contender": "slipway", "ns_per_row": ours, "ratio": 1.0})
            for rival, own in zip(rivals, figures[1:]):
                ratio = statistics.median(b / a for a, b in zip(figures[0], own))
                results["cells"].append({"model": key, "batch": batch, "contender": rival.name, "version": rival.version,
                                         "ns_per_row": statistics.median(own), "ratio": ratio, "bits": bits[rival.name]})
                line += f" | {rival.name} {statistics.median(own):10.1f} x{ratio:.1f}"
            print(line, flush=True)
        print(f"{key}: bits {bits}", flush=True)
    os.makedirs("bench/results", exist_ok=True)
    with open("bench/results/scoring.json", "w") as file:
        json.dump(results, file, indent=1)


main()
