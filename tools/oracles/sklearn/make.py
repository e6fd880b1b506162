"""Fits scikit-learn estimators of every kind and writes what scikit-learn itself answers for hostile rows.

    PYTHON tools/oracles/sklearn/make.py --out tests/golden/sklearn/1.9          # the goldens in the repo
    PYTHON tools/oracles/sklearn/make.py --out build/oracles/sklearn --seed 99   # fresh ones

Per case: NAME.joblib or NAME.pkl (the estimator, fitted on a pandas table or an array) and NAME.json: its columns (the rows,
in column order; text, number or null) and what predict, predict_proba, decision_function or transform gave, as numbers in
their shortest form, so that no digit is lost. Where a case of --rows-of has the same rows, "columns" is that file's path
instead. cases.json lists them. tests/golden/sklearn_test.cc compares.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import math
import os
import pathlib
import pickle
import time
import warnings

import joblib
import numpy
import pandas
import sklearn

import cases

ROWS = 40


def plain(value):
    """A number, text or None for JSON; NaN becomes null, infinities the words that JSON lacks."""
    if value is None or value is pandas.NA:
        return None
    if isinstance(value, (bool, numpy.bool_)):
        return float(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    if isinstance(value, (float, numpy.floating)):
        value = float(value)
        if math.isnan(value):
            return None
        return ("inf" if value > 0 else "-inf") if math.isinf(value) else value
    return str(value)


def matrix(values):
    if hasattr(values, "toarray"):
        values = values.toarray()
    values = numpy.asarray(values)
    return values.reshape(len(values), -1)


def targets(estimator, rows):
    """Of a classifier of several targets: labels as text; the probability of every class, or of the second one only."""
    predicted = matrix(estimator.predict(rows))
    classes = {str(label) for labels in estimator.classes_ for label in numpy.ravel(labels)}
    # A ClassifierChain predicts floats, whatever its classes are.
    name = lambda value: str(value) if str(value) in classes else str(int(value))  # noqa: E731
    out = {"targets": [[name(value) for value in row] for row in predicted]}
    if hasattr(estimator, "predict_proba"):
        proba = estimator.predict_proba(rows)
        name = "targets_proba" if isinstance(proba, list) else "targets_second"
        values = numpy.hstack(proba) if isinstance(proba, list) else proba
        out[name] = [[plain(value) for value in row] for row in values]
    if hasattr(estimator, "decision_function"):
        out["decision_function"] = [[plain(value) for value in row] for row in matrix(estimator.decision_function(rows))]
    return out


def has_targets(estimator, rows):
    """Whether predict tells several targets. CatBoost's one column of classes is one."""
    shape = numpy.shape(estimator.predict(rows))
    return len(shape) > 1 and (shape[1] > 1 or isinstance(getattr(estimator, "classes_", None), list))


def answers(estimator, rows):
    if hasattr(estimator, "predict") and is_classifier(estimator) and has_targets(estimator, rows):
        return targets(estimator, rows)
    out = {}
    for name in ("predict_proba", "decision_function", "predict", "transform"):
        if not hasattr(estimator, name):
            continue
        if name == "transform" and "predict" in out:
            continue  # a predictor's own transform is no answer of the model
        if name in ("predict_proba", "decision_function") and has_targets(estimator, rows):
            continue  # of several targets: what predict tells is compared
        values = matrix(getattr(estimator, name)(rows))
        if name == "predict" and numpy.asarray(values).shape[1] == 1 and is_classifier(estimator):
            values = [[str(value)] for value in values[:, 0]]
        out[name] = [[plain(value) for value in row] for row in values]
    return out


def is_classifier(estimator):
    """Whether predict tells labels: of clusters and outliers, too."""
    return len(getattr(estimator, "classes_", ())) > 0 or getattr(estimator, "_estimator_type", "") == "classifier" or hasattr(estimator, "cluster_centers_") or hasattr(estimator, "subcluster_centers_") \
        or hasattr(estimator, "offset_")


def columns_of(rows):
    if isinstance(rows, list) and isinstance(rows[0], list):  # pairs, or texts by their place
        rows = [dict(pair if isinstance(pair, tuple) else (f"s{i}", pair) for i, pair in enumerate(row)) for row in rows]
    if isinstance(rows, list) and isinstance(rows[0], dict):
        names = sorted({name for row in rows for name in row})
        return [{"name": name, "values": [plain(row.get(name)) for row in rows]} for name in names]
    if isinstance(rows, list):
        return [{"name": "text", "values": rows}]
    if isinstance(rows, pandas.DataFrame):
        return [{"name": str(name), "values": [plain(value) for value in rows[name].tolist()]} for name in rows.columns]
    return [{"name": f"x{i}", "values": [plain(value) for value in rows[:, i].tolist()]} for i in range(rows.shape[1])]


def or_path(member, value, name, out, rows_of):
    """Two generations are asked about the same rows, and often answer the same: that need not be kept twice."""
    other = rows_of / f"{name}.json" if rows_of else None
    if other and other.exists() and json.dumps(json.loads(other.read_text())[member]) == json.dumps(value):
        return os.path.relpath(other, out)
    return value


def write_case(out, index, case, options):
    seed = options.seed
    rng = numpy.random.default_rng([seed, index])
    estimator, table, target, rows = case.build(rng, ROWS)
    estimator.fit(table, target) if target is not None else estimator.fit(table)
    name = f"{index:03}"
    if case.pickled:
        (out / f"{name}.model").write_bytes(pickle.dumps(estimator, protocol=case.pickled))
    else:
        joblib.dump(estimator, out / f"{name}.model", compress=case.compress)
    made = {"columns": columns_of(rows), "answers": answers(estimator, rows)}
    record = {member: or_path(member, value, name, out, options.rows_of) for member, value in made.items()}
    (out / f"{name}.json").write_text(json.dumps(record, separators=(",", ":")))
    told = {"columns": list(case.columns)} if case.columns else {}
    return {"name": name, "what": case.what, "family": case.family, "estimator": case.estimator, **told}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose name holds this; the others that lie in --out stay")
    parser.add_argument("--first", type=int, default=0, help="cases from this number on; the others that lie in --out stay")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--rows-of", type=pathlib.Path, help="the goldens of another generation (1.2 is made after 1.9)")
    parser.add_argument("--boosters", action="store_true", help="the wrappers of XGBoost, LightGBM and CatBoost instead")
    options = parser.parse_args()
    if options.boosters:
        import cases_boosters  # noqa: F401: it takes the place of the others
    warnings.simplefilter("ignore")
    options.out.mkdir(parents=True, exist_ok=True)
    written, started = [], time.monotonic()
    for number, case in enumerate(cases.all_cases()):
        if options.only not in case.what or number < options.first:
            continue
        if time.monotonic() - started > options.seconds:
            print(f"stopped after {options.seconds:g} s, before {case.what}")
            break
        try:
            written.append(write_case(options.out, number, case, options))
        except (ImportError, AttributeError, TypeError, ValueError) as error:  # what this version does not have
            print(f"left out: {case.what}: {type(error).__name__}: {error}")
    index, old = options.out / "cases.json", []
    if (options.only or options.first) and index.exists():
        made = {case["name"] for case in written}
        old = [case for case in json.loads(index.read_text())["cases"] if case["name"] not in made]
    lines = ",\n".join(json.dumps(case) for case in sorted(old + written, key=lambda case: case["name"]))
    index.write_text(
        f'{{"sklearn": "{sklearn.__version__}", "numpy": "{numpy.__version__}", "seed": {options.seed}, "cases": [\n{lines}\n]}}\n')
    print(f"{len(written)} models, {len(written) * ROWS} rows, scikit-learn {sklearn.__version__}")


if __name__ == "__main__":
    main()
