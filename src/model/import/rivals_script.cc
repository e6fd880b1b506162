// SPDX-License-Identifier: Apache-2.0
#include "model/import/rivals_script.h"

namespace slipway::model {

// What it gets: a folder with request.json and rows.f64 (the encoded rows, row-major). On stdout it
// prints {"cells": [{contender, version, batch, ns_per_row, ratio, call_ns, bits}], "left_out": [{name, why}]}.
//
// In every round each contender has its turn of a millisecond or one call, with other rows each time,
// so that its tables are in the cache but no row is learned. A figure is CPU time of the process (a
// rival may have threads of its own) per row, less call_ns: what an empty call costs, of slipway by ctypes, or the rival's own
// where it has one (`idle`); the median over the rounds. A ratio is the median of the rounds' ratios.
const std::string_view kRivalsScript = R"py(
import ctypes, functools, json, os, pathlib, statistics, sys, time, warnings

os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")
import numpy

# Libraries print: to stderr.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

folder = pathlib.Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
path, names = request["model"], request["inputs"]
ROWS = numpy.fromfile(folder / "rows.f64").reshape(-1, len(names))
ENOUGH = 4096  # calls prepared of those that are made beforehand


class Slipway:
    name, version = "slipway", request["version"]

    def __init__(self):
        lib = ctypes.CDLL(request["library"])
        lib.slipway_margins.restype = ctypes.c_size_t
        self.model, why = ctypes.c_void_p(), ctypes.create_string_buffer(1024)
        if lib.slipway_open(path.encode(), ctypes.byref(self.model), why, 1024):
            raise SystemExit(why.value.decode())
        self.margins = numpy.zeros((len(ROWS), lib.slipway_margins(self.model)))
        self.score = lib.slipway_score_f64
        self.score.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p,
                               ctypes.c_void_p, ctypes.c_size_t]
        self.idle = self.calls(0, range(len(ROWS)))

    def calls(self, batch, starts):
        return [(self.model, ROWS.ctypes.data + 8 * len(names) * s, batch, None, self.margins.ctypes.data, None, 0) for s in starts]

    def run(self, call):
        self.score(*call)

    def answers(self):
        self.score(self.model, ROWS.ctypes.data, len(ROWS), None, self.margins.ctypes.data, None, 0)
        return self.margins.copy()


class Called:
    """A rival that is called as a Python function of some rows; `thin`: which takes none too, and then does nothing but be called."""

    def __init__(self, library, function, rows=ROWS, version=None, raw=True, thin=False):
        self.raw = raw  # answers what slipway's margins are
        self.version = version or getattr(library, "__version__", "")
        self.rows, self.function = numpy.ascontiguousarray(rows), function
        if thin:
            self.idle = self.calls(0, range(len(rows)))

    def calls(self, batch, starts):
        return [self.rows[s:s + batch] for s in starts]

    def run(self, call):
        self.function(call)

    def answers(self):
        return numpy.asarray(self.function(self.rows), dtype=float).reshape(len(ROWS), -1) if self.raw else None


def xgboost_booster():
    import xgboost
    booster = xgboost.Booster(model_file=path)
    booster.set_param({"nthread": 1})
    return xgboost, booster


class XGBoost:
    """Its C API, on floats where they lie."""

    def __init__(self):
        library, self.booster = xgboost_booster()
        self.version, self.lib = library.__version__, library.core._LIB
        self.rows = numpy.ascontiguousarray(ROWS.astype(numpy.float32))
        self.config = json.dumps({"type": 1, "training": False, "iteration_begin": 0, "iteration_end": 0,
                                  "strict_shape": False, "missing": float("nan"), "cache_id": 0}).encode()
        self.shape, self.dim, self.result = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()

    def calls(self, batch, starts):
        return [json.dumps({"data": [self.rows.ctypes.data + 4 * s * len(names), True], "shape": [batch, len(names)],
                            "typestr": "<f4", "version": 3}).encode() for s in starts]

    def run(self, call):
        self.lib.XGBoosterPredictFromDense(self.booster.handle, call, self.config, None, ctypes.byref(self.shape),
                                           ctypes.byref(self.dim), ctypes.byref(self.result))

    def answers(self):
        self.booster.feature_names = None
        return self.booster.inplace_predict(self.rows, predict_type="margin").astype(float).reshape(len(ROWS), -1)


class LightGBM:
    """Its C API: SingleRowFast for one row, Mat for more."""

    def __init__(self):
        import lightgbm
        self.version = lightgbm.__version__
        self.booster, self.lib = lightgbm.Booster(model_file=path, params={"num_threads": 1}), lightgbm.basic._LIB
        self.length, self.out, self.fast = ctypes.c_int64(), numpy.zeros(len(ROWS) * 64), ctypes.c_void_p()
        self.lib.LGBM_BoosterPredictForMatSingleRowFastInit(self.booster._handle, 1, 0, -1, 1, len(names), b"num_threads=1",
                                                            ctypes.byref(self.fast))
        self.pointer = ctypes.c_void_p(self.out.ctypes.data)

    def calls(self, batch, starts):
        return [(batch, ctypes.c_void_p(ROWS.ctypes.data + s * 8 * len(names))) for s in starts]

    def run(self, call):
        batch, data = call
        if batch == 1:
            self.lib.LGBM_BoosterPredictForMatSingleRowFast(self.fast, data, ctypes.byref(self.length), self.pointer)
        else:
            self.lib.LGBM_BoosterPredictForMat(self.booster._handle, data, 1, batch, len(names), 1, 1, 0, -1, b"num_threads=1",
                                               ctypes.byref(self.length), self.pointer)

    def answers(self):
        return self.booster.predict(ROWS, raw_score=True, num_threads=1).reshape(len(ROWS), -1)


class CatBoost:
    """The Python call on prepared pools, less what it takes on one without rows. Categories come as texts."""

    def __init__(self):
        import catboost as library
        texts = request["texts"]
        if request["hashed"] and not texts:
            raise ValueError("it reads the categories' own texts, which drawn rows have not: --rows gives it some")
        self.library, self.version = library, library.__version__
        self.texts = {i: texts[name] for i, name in enumerate(names) if name in texts}
        self.model = library.CatBoost().load_model(path, format="json" if path.endswith(".json") else "cbm")
        self.rows = numpy.ascontiguousarray(ROWS.astype(numpy.float32))
        self.idle = [self.pool(0, 0)]

    def pool(self, start, count):
        rows = self.rows[start:start + count]
        if not self.texts:
            return self.library.Pool(self.library.FeaturesData(num_feature_data=rows))
        table = rows.astype(object)
        for i, column in self.texts.items():
            table[:, i] = column[start:start + count]
        return self.library.Pool(table, cat_features=list(self.texts))

    def calls(self, batch, starts):
        return [self.pool(s, batch) for s in starts[:ENOUGH]]

    def run(self, call):
        return self.model.predict(call, prediction_type="RawFormulaVal", thread_count=1)

    def answers(self):
        return numpy.asarray(self.run(self.pool(0, len(ROWS))), dtype=float).reshape(len(ROWS), -1)


def sklearn():
    import joblib
    import sklearn as library
    model = joblib.load(path)
    for step in [model] + [s for _, s in getattr(model, "steps", [])]:
        if hasattr(step, "n_jobs"):
            step.n_jobs = 1
    for name in ("decision_function", "predict_proba", "predict"):
        if hasattr(model, name):
            return Called(library, getattr(model, name), raw=name != "predict_proba")


def lignum(compiled):
    import lignum as library
    model = library.load(path)
    if compiled:
        model.compile()
    core = model._c_model.predict
    return Called(library, lambda rows: core(rows, True, 1, "serial"), thin=True)


def lleaves():
    import lleaves as library
    model = library.Model(model_file=path)
    model.compile(raw_score=True)
    return Called(library, lambda rows: model.predict(rows, n_jobs=1))


def treelite():
    import treelite as library
    import tl2cgen
    if request["library_of_model"] == "LightGBM":
        model = library.frontend.load_lightgbm_model(path)
    else:
        model = library.frontend.load_xgboost_model(path)
    built = folder / "treelite.so"
    tl2cgen.export_lib(model, toolchain="gcc", libpath=str(built), params={})
    predictor = tl2cgen.Predictor(str(built), nthread=1)
    kind = "float32" if request["library_of_model"] != "LightGBM" else "float64"
    return Called(library, lambda rows: predictor.predict(tl2cgen.DMatrix(rows, dtype=kind), pred_margin=True), ROWS.astype(kind))


def daal4py():
    import daal4py as library
    from daal4py.mb import convert_model
    model = convert_model(xgboost_booster()[1])
    return Called(library, lambda rows: model.predict(rows), version=getattr(library, "_get__daal_link_version__", lambda: "")(), raw=False)


def ydf():
    import joblib
    import ydf as library
    model = library.from_sklearn(joblib.load(path))
    key = model.input_feature_names()[0].split(".")[0]
    return Called(library, lambda rows: model.predict({key: rows}), raw=False)


@functools.cache
def onnx_of():
    target = folder / "model.onnx"
    if path.endswith(".onnx"):
        return path
    if request["library_of_model"] == "XGBoost":
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType
        booster = xgboost_booster()[1]
        booster.feature_names = None
        proto = onnxmltools.convert_xgboost(booster, initial_types=[("x", FloatTensorType([None, len(names)]))])
    elif request["library_of_model"] == "LightGBM":
        import lightgbm
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType
        proto = onnxmltools.convert_lightgbm(lightgbm.Booster(model_file=path), zipmap=False,
                                             initial_types=[("x", FloatTensorType([None, len(names)]))])
    else:
        import joblib
        import skl2onnx
        from skl2onnx.common.data_types import FloatTensorType
        model = joblib.load(path)
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else {}
        proto = skl2onnx.convert_sklearn(model, initial_types=[("x", FloatTensorType([None, len(names)]))], options=options,
                                         target_opset={"": 18, "ai.onnx.ml": 3})
    target.write_bytes(proto.SerializeToString())
    return str(target)


def onnx_session():
    import onnxruntime as library
    options = library.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = library.InferenceSession(onnx_of(), options, providers=["CPUExecutionProvider"])
    return library, session, session.get_inputs()[0].name, session.get_outputs()[-1].name


def onnxruntime():
    library, session, name, out = onnx_session()
    return Called(library, lambda rows: session.run([out], {name: rows})[0], ROWS.astype(numpy.float32), raw=False)


class BoundOnnxRuntime:
    """IoBinding: rows read where they lie, answers written to memory that is there; the call alone is timed."""

    def __init__(self):
        self.library, self.session, self.input, self.output = onnx_session()
        self.version, self.rows = self.library.__version__, numpy.ascontiguousarray(ROWS.astype(numpy.float32))

    def calls(self, batch, starts):
        like = self.session.run([self.output], {self.input: self.rows[:batch]})[0]
        out = self.library.OrtValue.ortvalue_from_shape_and_type(list(like.shape), like.dtype.type)
        bindings = [self.session.io_binding() for _ in starts[:ENOUGH]]
        for binding, s in zip(bindings, starts):
            binding.bind_ortvalue_input(self.input, self.library.OrtValue.ortvalue_from_numpy(self.rows[s:s + batch]))
            binding.bind_ortvalue_output(self.output, out)
        self.run(bindings[0])
        if not numpy.array_equal(out.numpy(), like, equal_nan=True):
            raise ValueError("it answers otherwise when its memory is bound")
        return bindings

    def run(self, call):
        self.session.run_with_iobinding(call)

    def answers(self):
        return None


RIVALS = {"xgboost": XGBoost, "lightgbm": LightGBM, "catboost": CatBoost, "sklearn": sklearn, "onnxruntime": onnxruntime,
          "onnxruntime-iobinding": BoundOnnxRuntime, "lignum": lambda: lignum(False), "lignum-compiled": lambda: lignum(True),
          "lleaves": lleaves, "treelite": treelite, "daal4py": daal4py, "ydf": ydf}


def sample(contender, calls, at, budget_ns):
    """CPU ns per call of all threads, over as many calls as fit the budget; and where the turn stands."""
    count, started = 0, time.process_time_ns()
    while True:
        for _ in range(8 if budget_ns > 0 else 1):
            contender.run(calls[at])
            at = at + 1 if at + 1 < len(calls) else 0
            count += 1
        used = time.process_time_ns() - started
        if used >= budget_ns:
            return used / count, at


def measure(contenders, batch):
    """Of each contender: ns per row, round by round, and what was subtracted of a call."""
    starts = list(range(0, len(ROWS) - batch + 1, batch))
    calls = [c.calls(batch, starts) for c in contenders]
    turns, idle_turns, figures, costs = [0] * len(calls), [0] * len(calls), [[] for _ in calls], [[] for _ in calls]
    for c, own in zip(contenders, calls):
        c.run(own[0])
    until = time.time() + request["seconds"]
    while time.time() < until or len(figures[0]) < 5:
        for i, c in enumerate(contenders):
            ns, turns[i] = sample(c, calls[i], turns[i], 1_000_000)
            cost = costs[0][-1] if costs[0] else 0.0
            if hasattr(c, "idle"):
                cost, idle_turns[i] = sample(c, c.idle, idle_turns[i], 300_000)
            costs[i].append(cost)
            figures[i].append(max(ns - cost, 1.0) / batch)
    return figures, costs


def bits(ours, theirs):
    if theirs is None:
        return None
    if theirs.shape[1] > ours.shape[1]:
        theirs = theirs[:, -ours.shape[1]:]
    if ours.shape != theirs.shape:
        return None
    equal = (ours == theirs) | (numpy.isnan(ours) & numpy.isnan(theirs))
    return {"rows_equal": int(equal.all(axis=1).sum()), "rows": len(ours), "largest_difference": float(numpy.nanmax(numpy.abs(ours - theirs)))}


os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
contenders, left_out = [Slipway()], []
for wanted in request["against"]:
    try:
        made = RIVALS[wanted]()
        made.name, made.answered = wanted, made.answers()
        made.run(made.calls(1, [0])[0])
        contenders.append(made)
    except Exception as error:  # a rival that does not take the model is named, not hidden
        left_out.append({"name": wanted, "why": f"{type(error).__name__}: {str(error)[:300]}"})
ours = contenders[0].answers()
equal = {c.name: bits(ours, c.answered) for c in contenders[1:]}
cells = []
for batch in request["batches"]:
    if batch > len(ROWS):
        continue
    figures, costs = measure(contenders, batch)
    for c, own, cost in zip(contenders, figures, costs):
        ratio = statistics.median(theirs / us for us, theirs in zip(figures[0], own))
        cells.append({"contender": c.name, "version": c.version, "batch": batch, "ns_per_row": statistics.median(own), "ratio": ratio,
                      "call_ns": statistics.median(cost), "bits": equal.get(c.name)})
print(json.dumps({"cells": cells, "left_out": left_out}), file=answer)
)py";

}  // namespace slipway::model
