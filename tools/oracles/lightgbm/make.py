"""Trains many small LightGBM models of every kind and writes what LightGBM itself answers for hostile rows.

    .cache/venv/bin/python tools/oracles/lightgbm/make.py --out tests/golden/lightgbm              # the goldens in the repo
    .cache/venv/bin/python tools/oracles/lightgbm/make.py --out build/oracles/lightgbm --seed 99   # fresh ones

Per model: NNN.txt (the model), NNN.rows (float64, rows x width), NNN.expect (float64, rows x (margins + predictions)), all
little-endian and row-major; cases.json describes them. Rows hold NaN, infinities, both zeros, values around 1e-35, and each
threshold of the model with its two neighbours. tests/golden/lightgbm_test.cc compares.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import itertools
import json
import pathlib

import lightgbm
import numpy

WIDTH = 6
TRAINING_ROWS = 600
ROWS = 48
REGRESSION = ["regression", "regression_l1", "huber", "fair", "quantile", "mape", "poisson", "gamma", "tweedie",
              "cross_entropy", "cross_entropy_lambda"]
OBJECTIVES = REGRESSION + ["regression_sqrt", "binary", "binary_sigmoid", "multiclass", "multiclassova", "lambdarank",
                           "rank_xendcg", "custom"]
MISSING = {"none": {"use_missing": False}, "nan": {}, "zero": {"zero_as_missing": True}}
BOOSTING = ["gbdt", "dart", "rf", "goss"]
# What changes how trees grow, and so which trees there are to read.
GROWTH = {"extra": {"extra_trees": True}, "monotone": {"monotone_constraints": [1, 0, -1, 0, 0, 0]},
          "smooth": {"path_smooth": 3.0, "lambda_l1": 0.5}, "from_zero": {"boost_from_average": False},
          "shallow": {"max_depth": 2, "max_bin": 15}, "one_hot": {"max_cat_to_onehot": 64}}


def kinds():
    """Every objective with every kind of missing value, then the other dimensions around a few objectives."""
    for objective, missing in itertools.product(OBJECTIVES, MISSING):
        yield {"objective": objective, "missing": missing}
    some = ["regression", "binary", "multiclass", "poisson", "regression_sqrt"]
    for objective, missing, boosting in itertools.product(some, MISSING, BOOSTING[1:]):
        yield {"objective": objective, "missing": missing, "boosting": boosting}
    for objective, missing, boosting in itertools.product(some, MISSING, ["gbdt", "rf", "dart"]):
        yield {"objective": objective, "missing": missing, "boosting": boosting, "categorical": True}
    for objective, missing in itertools.product(some, ["none", "nan"]):  # LightGBM has no linear trees with zero_as_missing
        for boosting in ["gbdt", "dart"]:
            yield {"objective": objective, "missing": missing, "boosting": boosting, "linear": True}
            yield {"objective": objective, "missing": missing, "boosting": boosting, "linear": True, "categorical": True}
    for objective in some:
        yield {"objective": objective, "missing": "nan", "stumps": True}
        yield {"objective": objective, "missing": "nan", "constant": True}
        yield {"objective": objective, "missing": "nan", "constant": True, "linear": True}
        yield {"objective": objective, "missing": "nan", "large": True}
        yield {"objective": objective, "missing": "nan", "categorical": True, "large": True}
    for objective in sorted(set(OBJECTIVES) - set(some)):
        for boosting in BOOSTING[1:]:
            if (objective, boosting) != ("custom", "rf"):  # LightGBM has no random forest of a custom objective
                yield {"objective": objective, "missing": "nan", "boosting": boosting}
        yield {"objective": objective, "missing": "nan", "categorical": True}
        if objective != "regression_l1":  # which LightGBM does not fit with linear trees
            yield {"objective": objective, "missing": "nan", "linear": True}
    for objective, growth in itertools.product(some, GROWTH):
        yield {"objective": objective, "missing": "nan", "growth": growth, "categorical": growth == "one_hot"}


def training_table(rng, kind):
    x = rng.normal(size=(TRAINING_ROWS, WIDTH))
    x[:, 1] = numpy.round(x[:, 1] * 2)  # ties and zeros
    x[:, 2] *= 1e-35 if kind.get("missing") == "zero" else 1
    x[rng.random(x.shape) < 0.1] = 0
    if kind["missing"] != "none":
        x[rng.random(x.shape) < 0.1] = numpy.nan
    if kind.get("categorical"):
        x[:, 4] = rng.integers(0, 40, TRAINING_ROWS)
        x[:, 5] = rng.integers(0, 5, TRAINING_ROWS) * 25
    if kind.get("constant"):
        x[:] = 1
    return x


def target(rng, kind, x):
    score = numpy.nan_to_num(x[:, 0]) + 0.5 * numpy.nan_to_num(x[:, 1]) * numpy.sin(numpy.nan_to_num(x[:, 3]))
    if kind.get("categorical"):
        score = score + numpy.sin(x[:, 4]) + (x[:, 5] == 50)
    score = score + rng.normal(scale=0.3, size=len(x))
    name = kind["objective"]
    if name in ("binary", "binary_sigmoid", "custom"):
        return (score > 0).astype(float)
    if name.startswith("cross_entropy"):
        return 1 / (1 + numpy.exp(-score))
    if name.startswith("multiclass"):
        return numpy.digitize(score, [-0.7, 0.7]).astype(float)
    if name in ("lambdarank", "rank_xendcg"):
        return numpy.digitize(score, [-1, 0, 1]).astype(float)
    if name in ("poisson", "gamma", "tweedie"):
        return numpy.exp(score / 2) + 0.01
    return score * 10


def parameters(kind, seed):
    name = kind["objective"]
    values = {"objective": name, "verbosity": -1, "num_threads": 1, "seed": seed, "deterministic": True,
              "num_leaves": 31 if kind.get("large") else 8, "min_data_in_leaf": 5, "learning_rate": 0.2,
              "min_data_per_group": 5, "cat_smooth": 1, "boosting": kind.get("boosting", "gbdt")}
    values.update(MISSING[kind["missing"]])
    if name == "regression_sqrt":
        values.update(objective="regression", reg_sqrt=True)
    if name == "binary_sigmoid":
        values.update(objective="binary", sigmoid=1.7)
    if name.startswith("multiclass"):
        values["num_class"] = 3
    if kind.get("boosting") == "rf":
        values.update(bagging_freq=1, bagging_fraction=0.7, feature_fraction=0.8)
    if kind.get("boosting") == "dart":
        values.update(drop_rate=0.5)
    if kind.get("linear"):
        values["linear_tree"] = True
    if kind.get("stumps"):
        values["num_leaves"] = 2
    values.update(GROWTH.get(kind.get("growth"), {}))
    if name == "custom":
        values["objective"] = lambda predicted, data: (1 / (1 + numpy.exp(-predicted)) - data.get_label(),
                                                       numpy.full(len(predicted), 0.25))
    return values


def train(rng, kind, seed):
    x = training_table(rng, kind)
    data = lightgbm.Dataset(x, target(rng, kind, x), params={"verbosity": -1},
                            categorical_feature=[4, 5] if kind.get("categorical") else [])
    if kind["objective"] in ("lambdarank", "rank_xendcg"):
        data.set_group([20] * (TRAINING_ROWS // 20))
    return lightgbm.train(parameters(kind, seed), data, 8 if kind.get("large") else 5)


def thresholds_of(text):
    found = []
    for line in text.splitlines():
        if line.startswith("threshold="):
            found += [float(value) for value in line[len("threshold="):].split()]
    return found


def hostile_rows(rng, kind, text):
    special = [numpy.nan, numpy.inf, -numpy.inf, 0.0, -0.0, 1e-35, -1e-35, float(numpy.float32(1e-35)), 1.1e-35, 9e-36,
               5e-324, -5e-324, 1e300, -1e300, 0.5, -0.5, -1.0, 1.0, 39.0, 40.0, 63.0, 2147483647.0, 2147483648.0, 1e10]
    for threshold in thresholds_of(text):
        special += [threshold, numpy.nextafter(threshold, -numpy.inf), numpy.nextafter(threshold, numpy.inf)]
    rows = rng.normal(size=(ROWS, WIDTH))
    rows[:, 1] = numpy.round(rows[:, 1] * 2)
    if kind.get("categorical"):
        rows[:, 4] = rng.integers(-2, 45, ROWS)
        rows[:, 5] = rng.integers(0, 6, ROWS) * 25
    hit = rng.random(rows.shape) < 0.35
    rows[hit] = rng.choice(special, hit.sum())
    rows[0] = numpy.nan
    rows[1] = 0
    return rows


def without_parameters(text):
    """A fifth of a small file is the list of training parameters, which says nothing that another model's does not."""
    return text[:text.index("\nparameters:")] + text[text.index("end of parameters") + len("end of parameters"):]


def write_case(out, index, rng, kind):
    booster = train(rng, kind, index + 1)
    text = booster.model_to_string()
    if index % 8 and not kind.get("categorical"):
        text = without_parameters(text)
    (out / f"{index:03}.txt").write_text(text)
    loaded = lightgbm.Booster(model_str=text)  # what the file says, not what training still remembers
    rows = hostile_rows(rng, kind, text)
    margins = loaded.predict(rows, raw_score=True, num_threads=1).reshape(ROWS, -1)
    predictions = loaded.predict(rows, num_threads=1).reshape(ROWS, -1)
    rows.astype("<f8").tofile(out / f"{index:03}.rows")
    numpy.hstack([margins, predictions]).astype("<f8").tofile(out / f"{index:03}.expect")
    return {"name": f"{index:03}", "kind": kind, "rows": ROWS, "width": WIDTH, "margins": margins.shape[1],
            "predictions": predictions.shape[1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases = []
    for index, kind in enumerate(kinds()):
        cases.append(write_case(options.out, index, numpy.random.default_rng([options.seed, index]), kind))
    text = ",\n".join(json.dumps(case) for case in cases)
    (options.out / "cases.json").write_text(
        f'{{"lightgbm": "{lightgbm.__version__}", "seed": {options.seed}, "cases": [\n{text}\n]}}\n')
    print(f"{len(cases)} models, {len(cases) * ROWS} rows, LightGBM {lightgbm.__version__}")


if __name__ == "__main__":
    main()
