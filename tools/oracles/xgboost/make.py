"""Trains many small XGBoost models of every kind and writes what XGBoost itself answers for hostile rows.

    .cache/venv-xgb/bin/python tools/oracles/xgboost/make.py --out tests/golden/xgboost                 # the goldens in the repo
    .cache/venv-xgb/bin/python tools/oracles/xgboost/make.py --out build/oracles/xgboost --seed 99      # fresh ones

Run it once for each version that is to be covered (requirements*.txt); each writes a folder named after its version. Per
model: NNN.json or NNN.ubj (the model; .bin is what a pickled Booster holds), NNN.rows (float64, rows x width), NNN.expect
(float32, rows x (margins + predictions)), all little-endian and row-major; cases.json describes them. Rows hold NaN,
infinities where XGBoost takes them, both zeros, subnormals, and each threshold of the model with its neighbours.
tests/golden/xgboost_test.cc compares.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import itertools
import json
import pathlib
import random
import time
import warnings

import numpy
import pandas
import xgboost

VERSION = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
WIDTH = 5
TRAINING_ROWS = 300
ROWS = 36
INFINITE_ROWS = 4  # at the end, where XGBoost takes them
COUNTS = ["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox"]
LABELS = ["binary:logistic", "reg:logistic", "binary:logitraw", "binary:hinge"]
CLASSES = ["multi:softprob", "multi:softmax"]
RANKS = ["rank:pairwise", "rank:ndcg", "rank:map"]
VALUES = ["reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror"]
SOME = ["reg:squarederror", "binary:logistic", "multi:softprob", "count:poisson"]
# Texts of thresholds that are hard to read: the one float whose shortest decimal lies half way as a double, and the ends.
HARD_NUMBERS = ["7.038531E-26", "-7.038531E-26", "1E-45", "1.1754942E-38", "1.17549435E-38", "3.4028235E38", "-3.4028235E38", "0E0", "-0E0",
                "1.6777216E7", "9.999999E-1", "3.3333334E-1"]


def objectives():
    found = VALUES + LABELS + COUNTS + ["survival:aft"] + CLASSES + RANKS + ["custom"]
    return found + (["reg:absoluteerror"] if VERSION >= (1, 7) else []) + (["reg:quantileerror"] if VERSION >= (2, 0) else [])


def kinds(full):
    """Every objective with every booster, then the other dimensions around a few objectives."""
    boosters = ["gbtree", "dart", "gblinear"]
    for objective, booster in itertools.product(objectives() if full else SOME + ["survival:aft"], boosters):
        if booster == "gblinear" and objective in ("reg:absoluteerror", "reg:quantileerror"):
            continue  # XGBoost has none
        yield {"objective": objective, "booster": booster}
    for objective in SOME:
        yield {"objective": objective, "wrapper": True}
        yield {"objective": objective, "stumps": True}
        yield {"objective": objective, "constant": True}
        yield {"objective": objective, "pruned": True}
        yield {"objective": objective, "parallel": 3}
        yield {"objective": objective, "best": True}
        yield {"objective": objective, "best": True, "parallel": 2}
        yield {"objective": objective, "missing": -999.0}
        yield {"objective": objective, "hard": True}
        yield {"objective": objective, "named": True}
        yield {"objective": objective, "base": 0.25}
        yield {"objective": objective, "base": 0.7310586}
        if VERSION >= (1, 4):
            yield {"objective": objective, "booster": "dart", "in_place": True}
    for base in [1e-5, 0.0123, 0.4999, 0.50001, 0.9, 0.99999] if full else []:
        yield {"objective": "binary:logistic", "base": base}
        yield {"objective": "count:poisson", "base": base}
    for objective in COUNTS + ["binary:hinge", "binary:logitraw"] if full else []:
        yield {"objective": objective, "base": 0.3}
    if VERSION >= (1, 6):
        for objective, dart in itertools.product(SOME, [False, True]):
            yield {"objective": objective, "codes": "set", "booster": "dart" if dart else "gbtree"}
            yield {"objective": objective, "codes": "one-hot", "booster": "dart" if dart else "gbtree"}
        for objective in ["reg:squarederror", "binary:logistic", "reg:pseudohubererror"]:
            yield {"objective": objective, "targets": 3}
            yield {"objective": objective, "targets": 2, "booster": "dart"}
    if VERSION >= (2, 0):
        for objective in ["reg:squarederror", "binary:logistic", "multi:softprob"]:
            yield {"objective": objective, "targets": 3, "vector": True}
            yield {"objective": objective, "targets": 3, "vector": True, "parallel": 2}
            yield {"objective": objective, "targets": 2, "vector": True, "best": True}
    if VERSION >= (3, 1):
        for objective in SOME:
            yield {"objective": objective, "frame": "text"}
            yield {"objective": objective, "frame": "number"}
        yield {"objective": "reg:squarederror", "frame": "umlaut"}
        yield {"objective": "multi:softprob", "base": [0.1, 0.2, 0.3]}
        yield {"objective": "reg:squarederror", "targets": 3, "base": [0.5, -1.5, 0.3]}
        yield {"objective": "binary:logistic", "targets": 2, "base": [0.2, 0.6]}


def training_table(rng, kind):
    x = rng.normal(size=(TRAINING_ROWS, WIDTH))
    x[:, 1] = numpy.round(x[:, 1] * 2)  # ties and zeros
    x[:, 2] *= 1e-3
    x[rng.random(x.shape) < 0.1] = 0
    if kind.get("booster") != "gblinear":
        x[rng.random(x.shape) < 0.1] = numpy.nan
    if "codes" in kind or "frame" in kind:
        x[:, 3] = rng.integers(0, 40, TRAINING_ROWS)
        x[:, 4] = rng.integers(0, 3, TRAINING_ROWS)
    if kind.get("constant"):
        x[:] = 1
    return x


def target(rng, kind, x):
    score = numpy.nan_to_num(x[:, 0]) + 0.5 * numpy.nan_to_num(x[:, 1]) * numpy.sin(numpy.nan_to_num(x[:, 2] * 1000))
    if "codes" in kind or "frame" in kind:
        score = score + 2 * numpy.sin(x[:, 3]) + (x[:, 4] == 1)
    score = score + rng.normal(scale=0.3, size=len(x))
    name = kind["objective"]
    if kind.get("targets", 1) > 1 and name not in CLASSES:
        many = numpy.column_stack([score * (j + 1) + rng.normal(size=len(x)) for j in range(kind["targets"])])
        return (many > 0).astype(float) if name in LABELS else many
    if name in LABELS or name == "custom":
        return (score > 0).astype(float)
    if name in CLASSES:
        return numpy.digitize(score, [-0.7, 0.7]).astype(float)
    if name in RANKS:
        return numpy.digitize(score, [0] if name == "rank:map" else [-1, 0, 1]).astype(float)
    if name in COUNTS or name in ("survival:aft", "reg:squaredlogerror"):
        return numpy.exp(score / 2) + 0.01
    return score * 10


def parameters(kind, seed):
    name = kind["objective"]
    values = {"objective": name, "seed": seed, "nthread": 1, "verbosity": 0, "max_depth": 3, "eta": 0.4, "min_child_weight": 0.1,
              "booster": kind.get("booster", "gbtree"), "tree_method": "exact" if kind.get("pruned") else "hist"}
    if values["booster"] == "dart":
        values.update(rate_drop=0.5, one_drop=1)
    if values["booster"] == "gblinear":
        values = {key: values[key] for key in ("objective", "seed", "nthread", "verbosity", "booster", "eta")}
        values["updater"] = "coord_descent"
    if name in CLASSES:
        values["num_class"] = 3
    if name == "custom":
        del values["objective"]
    if name == "reg:quantileerror":
        values["quantile_alpha"] = [0.2, 0.5, 0.9]
    if kind.get("stumps"):
        values["max_depth"] = 1
    if kind.get("pruned"):
        values["gamma"] = 0.8
    if "parallel" in kind:
        values.update(num_parallel_tree=kind["parallel"], subsample=0.6)
    if "base" in kind:
        values["base_score"] = kind["base"]
    if "codes" in kind or "frame" in kind:
        values["max_cat_to_onehot"] = 1000 if kind.get("codes") == "one-hot" else 1
    if kind.get("vector"):
        values["multi_strategy"] = "multi_output_tree"
    return values


def categories_of(kind, count):
    """In an order of their own."""
    texts = {"text": "size", "umlaut": "größe"}
    return [f"{texts[kind['frame']]} {100 - code}" if kind["frame"] in texts else 1000 - 7 * code for code in range(count)]


def frame_of(kind, x):
    """The last two columns as categories: texts or numbers."""
    table = pandas.DataFrame({f"c{j}": x[:, j] for j in range(WIDTH)})
    for j, count in ((3, 40), (4, 3)):
        names = categories_of(kind, count)
        codes = [int(code) if 0 <= code < count else -1 for code in numpy.nan_to_num(x[:, j], nan=-1)]
        table[f"c{j}"] = pandas.Categorical.from_codes(codes, categories=names)
    return table


def matrix(kind, x, y=None):
    options = {"missing": kind.get("missing", numpy.nan), "nthread": 1}
    if "codes" in kind:
        options.update(feature_types=["q", "q", "q", "c", "c"], enable_categorical=True)
    if kind.get("frame") == "umlaut" and y is None:  # it cuts such names at the wrong bytes, so that only codes work
        options.update(feature_types=["float"] * 3 + ["c", "c"], feature_names=[f"c{j}" for j in range(WIDTH)], enable_categorical=True)
    elif "frame" in kind:
        table = frame_of(kind, x)
        if y is None:  # XGBoost itself must match categories by name
            for name in ("c3", "c4"):
                order = numpy.random.default_rng(5).permutation(len(table[name].cat.categories))
                table[name] = table[name].cat.reorder_categories([table[name].cat.categories[i] for i in order])
        x, options["enable_categorical"] = table, True
    if kind.get("named"):
        options["feature_names"] = ["größe", "b c", "d", "e", "f:1"]
    data = xgboost.DMatrix(x, **options)
    if y is None:
        return data
    if kind["objective"] == "survival:aft":
        data.set_float_info("label_lower_bound", y)
        data.set_float_info("label_upper_bound", y * 1.5)
    else:
        data.set_label(y)
    if kind["objective"] in RANKS:
        data.set_group([20] * (TRAINING_ROWS // 20))
    return data


def custom_gradient(predicted, data):
    return 1 / (1 + numpy.exp(-predicted)) - data.get_label(), numpy.full(len(predicted), 0.25)


def train(rng, kind, seed):
    x = training_table(rng, kind)
    y = target(rng, kind, x)
    if "missing" in kind:
        x = numpy.where(numpy.isnan(x), kind["missing"], x)
    data = matrix(kind, x, y)
    rounds = 6 if kind.get("best") else 3
    booster = xgboost.train(parameters(kind, seed), data, rounds, obj=custom_gradient if kind["objective"] == "custom" else None)
    best = {"best_iteration": "2", "best_ntree_limit": str(3 * kind.get("parallel", 1))} if kind.get("best") else {}
    for key in ("best_iteration", "best_ntree_limit"):  # early versions set them after every training
        booster.set_attr(**{key: best.get(key)})
    return booster


def harden(rng, text):
    """The same model with thresholds that are hard to read."""
    model = json.loads(text)
    trees = model["learner"]["gradient_booster"]["model"]["trees"]
    marks = {}
    for tree in trees:
        for node, left in enumerate(tree["left_children"]):
            if left != -1:
                mark = f"@{len(marks)}@"
                marks[mark] = HARD_NUMBERS[len(marks) % len(HARD_NUMBERS)]
                tree["split_conditions"][node] = mark
    text = json.dumps(model)
    for mark, number in marks.items():
        text = text.replace(f'"{mark}"', number)
    return text


def as_pickled(kind):
    """Before 1.6 model files do not say how many parallel trees a round has, only pickles do."""
    return kind.get("wrapper") or (kind.get("best") and "parallel" in kind)


def save(rng, kind, index, booster, path):
    """Writes the model in one of its forms; gives the file's name."""
    if as_pickled(kind):
        name = path.with_suffix(".bin")
        name.write_bytes(bytes(booster.__getstate__()["handle"]))
        return name
    as_json = VERSION < (1, 6) or index % 2 == 0 or kind.get("hard")
    name = path.with_suffix(".json" if as_json else ".ubj")
    booster.save_model(str(name))
    if kind.get("hard"):
        name.write_text(harden(rng, name.read_text()))
    return name


def loaded(kind, name):
    """What the file says, not what training still remembers."""
    if not as_pickled(kind):
        return xgboost.Booster({"nthread": 1}, model_file=str(name))
    booster = xgboost.Booster({"nthread": 1})
    booster.__setstate__({"handle": bytearray(name.read_bytes())})
    return booster


def thresholds_of(booster):
    model = json.loads(save_json(booster))["learner"]["gradient_booster"]
    trees = model.get("gbtree", model)["model"].get("trees", [])
    return [tree["split_conditions"][node] for tree in trees for node, left in enumerate(tree["left_children"]) if left != -1]


def save_json(booster):
    if VERSION >= (1, 6):
        return bytes(booster.save_raw("json"))
    path = pathlib.Path("/tmp") / f"xgboost-oracle-{xgboost.__version__}.json"
    booster.save_model(str(path))
    return path.read_bytes()


def hostile_rows(rng, kind, booster):
    tiny = numpy.finfo(numpy.float32).smallest_subnormal if hasattr(numpy.finfo(numpy.float32), "smallest_subnormal") else 1e-45
    special = [numpy.nan, 0.0, -0.0, float(tiny), -float(tiny), 1e-39, 1e-46, 5e-324, 1e38, -1e38, 3.4028234e38, -3.4028234e38,
               0.5, 1.0, -1.0, 7.038531e-26, 16777216.0, 16777217.0]
    for threshold in thresholds_of(booster):
        as_float = numpy.float32(threshold)
        around = [as_float, numpy.nextafter(as_float, numpy.float32(-1e38)), numpy.nextafter(as_float, numpy.float32(1e38))]
        special += [float(value) for value in around if abs(value) < 3.4028235e38]
        special += [numpy.nextafter(float(as_float), -1e300), numpy.nextafter(float(as_float), 1e300)]  # round to it
    special = [value for value in special if not abs(value) > 3.4028235e38]
    rows = rng.normal(size=(ROWS, WIDTH))
    rows[:, 1] = numpy.round(rows[:, 1] * 2)
    hit = rng.random(rows.shape) < 0.4
    rows[hit] = rng.choice(special, hit.sum())
    if "codes" in kind or "frame" in kind:
        unseen = [numpy.nan] if "frame" in kind else [40, 63, 64, 1000, 16777215, 2.7, numpy.nan]
        rows[:, 3] = numpy.where(rng.random(ROWS) < 0.2, rng.choice(unseen, ROWS), rng.integers(0, 40, ROWS))
        rows[:, 4] = numpy.where(rng.random(ROWS) < 0.2, rng.choice(unseen, ROWS), rng.integers(0, 3, ROWS))
    if "missing" in kind:
        rows[rng.random(rows.shape) < 0.2] = kind["missing"]
    rows[0] = numpy.nan
    rows[1] = 0
    return rows


def takes_infinity(kind):
    """DMatrix refuses infinities; in-place prediction of plain arrays takes them."""
    special = any(key in kind for key in ("codes", "frame", "missing", "best", "named"))
    return VERSION >= (1, 4) and kind.get("booster", "gbtree") == "gbtree" and not special and kind["objective"] != "custom"


def infinite_rows(rng):
    rows = rng.normal(size=(INFINITE_ROWS, WIDTH))
    rows[rng.random(rows.shape) < 0.5] = numpy.inf
    rows[rng.random(rows.shape) < 0.3] = -numpy.inf
    return rows


def write_case(out, index, rng, kind):
    name = save(rng, kind, index, train(rng, kind, index + 1), out / f"{index:03}")
    booster = loaded(kind, name)
    rows = hostile_rows(rng, kind, booster)
    data = matrix(kind, rows)
    if kind.get("best") and VERSION >= (1, 4):
        limits = {"iteration_range": (0, 3)}
    elif kind.get("best"):
        limits = {"ntree_limit": 3 * kind.get("parallel", 1)}
    else:
        limits = {}
    if kind.get("in_place"):
        margins = booster.inplace_predict(rows, predict_type="margin").reshape(ROWS, -1)
        predictions = booster.inplace_predict(rows).reshape(ROWS, -1)
    else:
        margins = booster.predict(data, output_margin=True, **limits).reshape(ROWS, -1)
        predictions = booster.predict(data, **limits).reshape(ROWS, -1)
    if takes_infinity(kind):
        more = infinite_rows(rng)
        rows = numpy.vstack([rows, more])
        margins = numpy.vstack([margins, booster.inplace_predict(more, predict_type="margin").reshape(INFINITE_ROWS, -1)])
        predictions = numpy.vstack([predictions, booster.inplace_predict(more).reshape(INFINITE_ROWS, -1)])
    rows.astype("<f8").tofile(out / f"{index:03}.rows")
    numpy.hstack([margins, predictions]).astype("<f4").tofile(out / f"{index:03}.expect")
    case = {"file": name.name, "kind": kind, "rows": len(rows), "width": WIDTH, "margins": margins.shape[1],
            "predictions": predictions.shape[1]}
    if kind.get("frame") in ("text", "number"):
        case["categories"] = [str(category) for category in categories_of(kind, 3)]  # of the last input
    return case


def in_order(numbered, options):
    """With a limit of time, each seed reaches other kinds."""
    return numbered if options.seconds == float("inf") else random.Random(options.seed).sample(numbered, len(numbered))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="as many kinds as so much time allows, in random order")
    parser.add_argument("--some", action="store_true", help="fewer objectives: for versions between the oldest and the newest")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    out = options.out / xgboost.__version__
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    started = time.monotonic()
    for index, kind in in_order(list(enumerate(kinds(not options.some))), options):
        if time.monotonic() - started > options.seconds:
            break
        try:
            cases.append(write_case(out, index, numpy.random.default_rng([options.seed, index]), kind))
        except (xgboost.core.XGBoostError, TypeError, ValueError) as problem:
            print(f"{index}: {kind}: {str(problem).splitlines()[0]}")
            for left in out.glob(f"{index:03}.*"):
                left.unlink()
    text = ",\n".join(json.dumps(case) for case in cases)
    (out / "cases.json").write_text(f'{{"xgboost": "{xgboost.__version__}", "seed": {options.seed}, "cases": [\n{text}\n]}}\n')
    print(f"{len(cases)} models, {sum(case['rows'] for case in cases)} rows, XGBoost {xgboost.__version__}")


if __name__ == "__main__":
    main()
