"""Trains many small CatBoost models of every kind and writes what CatBoost itself answers for hostile rows.

    .cache/venv-cb/bin/python tools/oracles/catboost/make.py --out tests/golden/catboost             # the goldens in the repo
    .cache/venv-cb-old/bin/python tools/oracles/catboost/make.py --out tests/golden/catboost_1_0 --few
    .cache/venv-cb/bin/python tools/oracles/catboost/make.py --out build/oracles/catboost --seed 99  # fresh ones

Per model: NNN.cbm or NNN.json (the model), NNN.rows (float64, the columns of numbers, row-major), NNN.expect (float64, rows x
(margins + predictions)), all little-endian; cases.json describes them and holds the columns of categories and the labels. Rows hold
NaN, infinities, both zeros, denormals, each border of the model with its neighbours among floats and among doubles, categories that
training never saw, empty ones, and ones beyond ASCII. Python versions: requirements.txt. tests/golden/catboost_test.cc compares.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import itertools
import json
import pathlib
import random
import tempfile
import time

import catboost
import numpy
import pandas
from catboost import CatBoostClassifier, CatBoostRanker, CatBoostRegressor, Pool

TRAINING_ROWS = 240
ROWS = 24
NUMBERS = ["x0", "x1", "größe", "x3"]
VALUES = ["RMSE", "MAE", "Quantile:alpha=0.3", "Expectile:alpha=0.3", "LogLinQuantile", "MAPE", "Lq:q=3", "Huber:delta=1", "LogCosh",
          "Poisson", "Tweedie:variance_power=1.5", "RMSEWithUncertainty", "MultiRMSE", "MultiQuantile:alpha=0.2,0.7",
          "MultiRMSEWithMissingValues", "SurvivalAft:dist=Normal;scale=1", "Cox"]
CLASSES = ["Logloss", "CrossEntropy", "Focal:focal_alpha=0.4;focal_gamma=2", "MultiClass", "MultiClassOneVsAll", "MultiLogloss",
           "MultiCrossEntropy"]
RANKS = ["YetiRank", "YetiRankPairwise", "PairLogit", "PairLogitPairwise", "QueryRMSE", "QuerySoftMax", "QueryCrossEntropy",
         "LambdaMart", "StochasticRank:metric=NDCG", "GroupQuantile:alpha=0.4"]
POLICIES = ["SymmetricTree", "Depthwise", "Lossguide"]
CTRS = ["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"]
# What only training on a GPU gives, and what it is computed like: made by renaming in the JSON form.
RENAMED = {"Counter": "FeatureFreq", "BinarizedTargetMeanValue": "FloatTargetMeanValue"}
TEXTS = ["AA", "UA", "", "None", "nan", "Zürich", "東京", "a long name of a category that has more than sixty-four bytes in it, far more",
         "exactly sixteen!", "seventeen letters", " ", "0", "1.0", "-5", "x" * 33]


def kinds():
    for loss, policy in itertools.product(VALUES + CLASSES + RANKS, POLICIES):
        yield {"loss": loss, "grow_policy": policy}
    # Categories: every CTR type, complexity and one-hot limit around a few losses.
    some = ["RMSE", "Logloss", "MultiClass", "MultiClassOneVsAll", "Poisson", "YetiRank"]
    for loss, ctr, complexity in itertools.product(some, CTRS, [1, 2, 4]):
        yield {"loss": loss, "ctr": ctr, "max_ctr_complexity": complexity, "one_hot_max_size": 1}
    for loss, size, policy in itertools.product(some, [1, 3, 100], POLICIES):
        yield {"loss": loss, "one_hot_max_size": size, "grow_policy": policy, "categories": True}
    for loss, targets in itertools.product(["RMSE", "MultiClass", "Quantile:alpha=0.3"], [1, 3, 7]):
        yield {"loss": loss, "ctr": "Borders:TargetBorderCount=%d" % targets, "one_hot_max_size": 1}
        yield {"loss": loss, "ctr": "Buckets:TargetBorderCount=%d" % targets, "one_hot_max_size": 1}
    for loss, size, complexity in itertools.product(["RMSE", "Logloss", "MultiClass"], [1, 5], [1, 4]):
        yield {"loss": loss, "one_hot_max_size": size, "max_ctr_complexity": complexity, "categories": True, "form": "json"}
    for loss, policy in itertools.product(["RMSE", "Logloss", "MultiClass", "RMSEWithUncertainty"], POLICIES):
        yield {"loss": loss, "grow_policy": policy, "form": "json"}
        yield {"loss": loss, "grow_policy": policy, "form": "reread"}
    for ctr in CTRS:
        yield {"loss": "RMSE", "ctr": ctr, "max_ctr_complexity": 4, "one_hot_max_size": 2, "form": "json"}
    for ctr in RENAMED:
        yield {"loss": "Logloss", "ctr": ctr, "max_ctr_complexity": 4, "one_hot_max_size": 2, "form": "renamed"}
        yield {"loss": "MultiClass", "ctr": ctr, "max_ctr_complexity": 1, "one_hot_max_size": 2, "form": "renamed"}
    yield from special_kinds()


def special_kinds():
    for mode, loss in itertools.product(["Min", "Max", "Forbidden"], ["RMSE", "Logloss"]):
        yield {"loss": loss, "nan_mode": mode}
        yield {"loss": loss, "nan_mode": mode, "categories": True, "max_ctr_complexity": 4, "one_hot_max_size": 3}
    for labels in ["text", "float", "bool", "negative", "unseen", "count"]:
        for loss in ["Logloss", "MultiClass", "MultiClassOneVsAll"]:
            yield {"loss": loss, "labels": labels}
        yield {"loss": "MultiClass", "labels": labels, "form": "json"}
    for threshold in [0.1, 0.5, 0.73]:
        yield {"loss": "Logloss", "threshold": threshold}
    for depth in [0, 1, 2, 6, 8]:
        yield {"loss": "RMSE", "depth": depth}
        yield {"loss": "MultiClass", "depth": min(depth, 6)}
    for borders in [1, 2, 254, 255, 700]:
        yield {"loss": "RMSE", "border_count": borders, "iterations": 12}
    for extra in ["scale", "bias", "sum", "shrink", "posterior", "ignored", "unnamed", "constant", "custom", "average", "many_one_hots",
                  "integers", "numbers_only_text", "deep_lossguide", "slice", "counter_full", "own_params"]:
        for loss in ["RMSE", "Logloss", "MultiClass"]:
            yield {"loss": loss, "extra": extra, "categories": extra in ("ignored", "integers", "sum", "counter_full")}


def has_categories(kind):
    return bool(kind.get("categories") or kind.get("ctr"))


def training_table(rng, kind):
    x = pandas.DataFrame({name: rng.normal(size=TRAINING_ROWS) for name in NUMBERS})
    x["x1"] = numpy.round(x["x1"] * 2)
    x["x3"] *= 1e-39 if kind.get("nan_mode") == "Min" else 1e30  # denormal floats; large ones
    if kind.get("nan_mode") != "Forbidden":
        for name in NUMBERS[:3]:
            x.loc[rng.random(TRAINING_ROWS) < 0.1, name] = numpy.nan
    if has_categories(kind):
        x["carrier"] = rng.choice(TEXTS[:9], TRAINING_ROWS)
        x["stops"] = rng.integers(0, 4, TRAINING_ROWS)
        x["night"] = rng.random(TRAINING_ROWS) < 0.5
        x["city"] = rng.choice(["c%d" % i for i in range(12)] + TEXTS, TRAINING_ROWS)
    extra = kind.get("extra")
    if extra == "many_one_hots":
        x["carrier"] = ["v%d" % i for i in rng.integers(0, 120, TRAINING_ROWS)]
    if extra == "integers":
        x["stops"] = rng.integers(-2**63, 2**63 - 1, TRAINING_ROWS)
    if extra == "constant":
        x["x1"] = 1.0
    return x


def categorical(x):
    return [name for name in x.columns if name not in NUMBERS]


def score_of(rng, x):
    score = numpy.nan_to_num(x["x0"].to_numpy()) + 0.5 * numpy.nan_to_num(x["x1"].to_numpy()) * numpy.sin(numpy.nan_to_num(x["größe"].to_numpy()))
    score = score + numpy.isnan(x["x0"].to_numpy()) + 0.3 * numpy.sign(x["x3"].to_numpy())
    for name in categorical(x):
        values = x[name].astype(str)
        worth = {value: rng.normal() for value in sorted(set(values))}
        score = score + values.map(worth).to_numpy()
    return score + rng.normal(scale=0.2, size=len(x))


LABELS = {"text": ["nein", "ja", "vielleicht"], "float": [0.5, 1.0, 2.5], "bool": [False, True, True], "negative": [-1, 3, 7]}


def target(kind, score):
    name = kind["loss"].split(":")[0]
    two, three = (score > 0.2).astype(int), numpy.digitize(score, [-0.5, 0.8])
    if name in ("Logloss", "MultiClass", "MultiClassOneVsAll"):
        classes = two if name == "Logloss" else three
        labels = LABELS.get(kind.get("labels"))
        return classes if labels is None else numpy.array(labels, dtype=object if labels is LABELS["text"] else None)[classes]
    if name == "Focal":
        return two
    if name in ("CrossEntropy", "QueryCrossEntropy"):
        return 1 / (1 + numpy.exp(-score))
    if name == "MultiLogloss":
        return numpy.stack([score > 0, score > 1, score < 0.3], 1).astype(int)
    if name == "MultiCrossEntropy":
        return 1 / (1 + numpy.exp(-numpy.stack([score, score - 1, -score], 1)))
    if name.startswith("MultiRMSE"):
        return numpy.stack([score, -2 * score, score**2], 1)
    if name == "SurvivalAft":
        low = numpy.exp(score / 3)
        return numpy.stack([low, numpy.where(score > 0.5, -1, low * 1.1)], 1)
    if name == "Cox":
        return numpy.where(score > 1, -1, 1) * numpy.exp(score / 3)
    if name in ("Poisson", "LogLinQuantile", "Tweedie", "MAPE"):
        return numpy.exp(score / 2) + 0.01
    if name in [rank.split(":")[0] for rank in RANKS]:
        return numpy.digitize(score, [-1, 0, 1]) / 3.0
    return score * 10


def parameters(kind, seed):
    values = {"loss_function": kind["loss"], "iterations": kind.get("iterations", 4), "depth": kind.get("depth", 3), "verbose": 0, "random_seed": seed,
              "thread_count": 1, "allow_writing_files": False, "learning_rate": 0.3}
    for name in ("grow_policy", "max_ctr_complexity", "one_hot_max_size", "nan_mode", "border_count"):
        if name in kind:
            values[name] = kind[name]
    if kind.get("grow_policy") == "Lossguide":
        values["max_leaves"] = 9
    if "ctr" in kind:
        values["simple_ctr"] = values["combinations_ctr"] = kind["ctr"]
    if kind["loss"].split(":")[0] in ("Logloss", "MultiClass", "MultiClassOneVsAll"):
        values.update({"unseen": {"class_names": [0, 1, 5, 2] if kind["loss"] != "Logloss" else [0, 1]},
                       "count": {"classes_count": 5} if kind["loss"] != "Logloss" else {}}.get(kind.get("labels"), {}))
    values.update({"shrink": {"model_shrink_rate": 0.2}, "posterior": {"posterior_sampling": True} if kind["loss"] != "MultiClass" else {},
                   "ignored": {"ignored_features": [1, 5]}, "average": {"boost_from_average": True} if kind["loss"] == "RMSE" else {},
                   "deep_lossguide": {"grow_policy": "Lossguide", "max_leaves": 40, "depth": 16, "min_data_in_leaf": 1},
                   "many_one_hots": {"one_hot_max_size": 200, "iterations": 10},
                   "counter_full": {"counter_calc_method": "Full", "simple_ctr": ["Counter", "Borders"]},
                   "own_params": {"bootstrap_type": "Bernoulli", "subsample": 0.7, "l2_leaf_reg": 0.01, "score_function": "L2"}}.get(kind.get("extra"), {}))
    return values


class Squares:
    """A custom objective."""

    def calc_ders_range(self, approxes, targets, weights):
        return [(t - a, -1.0) for a, t in zip(approxes, targets)]


def estimator(kind, seed):
    name = kind["loss"].split(":")[0]
    values = parameters(kind, seed)
    if kind.get("extra") == "custom" and name != "MultiClass":
        values["loss_function"] = Squares()
        values["eval_metric"] = "RMSE" if name == "RMSE" else "Logloss"
    if kind["loss"] in RANKS:
        return CatBoostRanker(**values)
    return (CatBoostClassifier if kind["loss"] in CLASSES else CatBoostRegressor)(**values)


def train(rng, kind, seed):
    x = training_table(rng, kind)
    y = target(kind, score_of(rng, x))
    columns = categorical(x)
    data = x.to_numpy() if kind.get("extra") == "unnamed" else x
    pool = Pool(data, y, cat_features=columns or None)
    if kind["loss"] in RANKS:
        pool = Pool(data, y, cat_features=columns or None, group_id=numpy.repeat(numpy.arange(TRAINING_ROWS // 12), 12))
    model = estimator(kind, seed).fit(pool)
    extra = kind.get("extra")
    dimension = raw_of(model, data[:2]).shape[1]
    if extra in ("scale", "bias"):
        bias = [0.25 * (i + 1) for i in range(dimension)]
        model.set_scale_and_bias(1.7 if extra == "scale" else 1, bias if dimension > 1 else bias[0])
    if extra == "sum":
        other = estimator(kind, seed + 1000).fit(Pool(x, y, cat_features=columns or None))
        merged = catboost.sum_models([model, other], weights=[0.7, 0.6], ctr_merge_policy="IntersectingCountersAverage")
        return as_estimator(model, merged), x, pool
    if extra == "slice":
        model.shrink(3, ntree_start=1)
    if "threshold" in kind:
        model.set_probability_threshold(kind["threshold"])
    return model, x, pool


def as_estimator(like, model):
    made = type(like)()
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(folder + "/m.cbm")
        made.load_model(folder + "/m.cbm")
    return made


def hostile_rows(rng, kind, x, model):
    special = [numpy.nan, numpy.inf, -numpy.inf, 0.0, -0.0, 5e-324, -5e-324, 1e-45, -1e-45, 1e-38, 1e300, -1e300, 3.4e38, -3.5e38]
    borders = {}
    try:
        for index, values in model.get_borders().items():
            borders[int(index)] = values
    except Exception:  # pylint: disable=broad-except
        pass
    rows = pandas.DataFrame(index=range(ROWS))
    for index, name in enumerate(x.columns):
        if name in NUMBERS:
            values = list(special)
            for border in borders.get(index, []):
                border = numpy.float32(border)
                with numpy.errstate(all="ignore"):
                    up, down = numpy.nextafter(border, numpy.float32(numpy.inf)), numpy.nextafter(border, numpy.float32(-numpy.inf))
                    middle = (float(border) + float(up)) / 2
                    values += [float(border), float(up), float(down), middle, numpy.nextafter(middle, -numpy.inf), numpy.nextafter(middle, numpy.inf),
                               (float(border) + float(down)) / 2, numpy.nextafter(float(border), numpy.inf), numpy.nextafter(float(border), -numpy.inf)]
            column = rng.choice(x[name].to_numpy(), ROWS)
            hit = rng.random(ROWS) < 0.5
            column[hit] = rng.choice(values, hit.sum())
            rows[name] = column
        elif x[name].dtype == bool:
            rows[name] = rng.random(ROWS) < 0.5
        elif x[name].dtype.kind == "i":
            rows[name] = numpy.where(rng.random(ROWS) < 0.7, rng.choice(x[name].to_numpy(), ROWS), rng.integers(-3, 9, ROWS))
        else:
            unseen = ["", "never seen", "Ω", "y" * 70] + TEXTS
            rows[name] = [random.Random(int(v)).choice(unseen) if v % 4 == 0 else rng.choice(x[name].to_numpy()) for v in rng.integers(0, 10**6, ROWS)]
    return rows


def raw_of(model, rows):
    return numpy.asarray(catboost.CatBoost.predict(model, rows, prediction_type="RawFormulaVal"), dtype=float).reshape(len(rows), -1)


def answers(model, rows, custom):
    """custom: the file does not say that a classifier was trained, so its margins are what it predicts."""
    raw = raw_of(model, rows)
    labels = None
    if isinstance(model, CatBoostClassifier) and not custom:
        predictions = numpy.asarray(model.predict_proba(rows), dtype=float).reshape(len(rows), -1)
        predicted = numpy.asarray(model.predict(rows))
        if predicted.size == len(rows):
            labels = [str(value) for value in predicted.reshape(-1).tolist()]
            if predictions.shape[1] == 2 and raw.shape[1] == 1:
                predictions = predictions[:, 1:]
    elif custom:
        predictions = raw
    else:
        predictions = numpy.asarray(model.predict(rows), dtype=float).reshape(len(rows), -1)
    return raw, predictions, labels


def ulps(a, b):
    x, y = numpy.asarray(a, dtype=float).view(numpy.int64), numpy.asarray(b, dtype=float).view(numpy.int64)
    return numpy.where(numpy.asarray(a) == numpy.asarray(b), 0, numpy.abs(x - y)).max()


def save(out, name, kind, model, rows, pool):
    """Returns the file, the model whose answers count, and how far CatBoost's own reading of its JSON is off."""
    form = kind.get("form", "cbm")
    path = out / (name + (".json" if form == "json" else ".cbm"))
    if form == "cbm":
        model.save_model(str(path))
        loaded = type(model)()
        return path, loaded.load_model(str(path)), None
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder) / "model.json"
        model.save_model(str(text), format="json", pool=pool)
        if form == "renamed":
            text.write_text(text.read_text(encoding="utf-8").replace(kind["ctr"], RENAMED[kind["ctr"]]), encoding="utf-8")
        again = type(model)()
        again.load_model(str(text), format="json")
        if form in ("reread", "renamed"):  # the numbers as CatBoost's reader has them
            again.save_model(str(path))
            return path, again, None
        path.write_bytes(json.dumps(json.loads(text.read_text(encoding="utf-8")), separators=(",", ":")).encode())
    # json.dumps prints a double's shortest form, which is the same double.
    off = ulps(raw_of(model, rows), raw_of(again, rows))
    return path, model, int(off)


def column_of(rows, name):
    values = rows[name]
    if name in NUMBERS:
        return {"name": name, "type": "number"}
    if values.dtype == bool:
        return {"name": name, "type": "bool", "values": [bool(v) for v in values]}
    if values.dtype.kind == "i":
        return {"name": name, "type": "integer", "values": [str(v) for v in values]}
    return {"name": name, "type": "text", "values": list(values)}


def write_case(out, name, rng, kind, seed):
    model, x, pool = train(rng, kind, seed)
    for key in ("training", "output_options"):  # a third of the file, and nothing that counts
        if key in model.get_metadata():
            del model.get_metadata()[key]
    rows = hostile_rows(rng, kind, x, model)
    given = rows.to_numpy() if kind.get("extra") == "unnamed" else rows
    path, model, off = save(out, name, kind, model, given, pool)
    margins, predictions, labels = answers(model, given, kind.get("extra") == "custom" and kind["loss"] != "MultiClass")
    rows[[c for c in rows.columns if c in NUMBERS]].to_numpy(dtype="<f8").tofile(str(out / (name + ".rows")))
    numpy.hstack([margins, predictions]).astype("<f8").tofile(str(out / (name + ".expect")))
    columns = [column_of(rows, c) for c in rows.columns]
    for column, known in zip(columns, model.feature_names_):  # old versions lose the names in JSON
        column["name"] = known
    case = {"name": name, "file": path.name, "kind": kind, "rows": ROWS, "columns": columns, "margins": margins.shape[1],
            "predictions": predictions.shape[1]}
    if labels is not None:
        case["labels"] = labels
    if off is not None:
        case["catboost_rereads_its_json_within_ulp"] = off
    return case


def in_order(numbered, options):
    """With a limit of time, each seed reaches other kinds."""
    return numbered if options.seconds == float("inf") else random.Random(options.seed).sample(numbered, len(numbered))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="as many kinds as so much time allows, in random order")
    parser.add_argument("--few", action="store_true", help="every eighth kind: for older versions")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases, refused = [], []
    started = time.monotonic()
    for index, kind in in_order(list(enumerate(kinds())), options):
        if time.monotonic() - started > options.seconds:
            break
        if options.few and index % 8 != 0:
            continue
        name = "%03d" % index
        try:
            cases.append(write_case(options.out, name, numpy.random.default_rng([options.seed, index]), kind, index + 1))
        except (catboost.CatBoostError, AttributeError) as error:  # what this version cannot train or save
            refused.append((kind, str(error).splitlines()[0][-110:]))
            for left in options.out.glob(name + ".*"):
                left.unlink()
    text = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (options.out / "cases.json").write_text('{"catboost": "%s", "seed": %d, "cases": [\n%s\n]}\n' % (catboost.__version__, options.seed, text),
                                            encoding="utf-8")
    for kind, why in refused:
        print("not made:", kind, why)
    print("%d models, %d rows, CatBoost %s" % (len(cases), len(cases) * ROWS, catboost.__version__))


if __name__ == "__main__":
    main()
