"""Fits every estimator of scikit-learn's own list on toy data, saves it and asks slipway to read and score it.

    PYTHON tools/oracles/sklearn/all_estimators.py build/release/bin/slipway

Prints what is covered, what is refused by name, and what could not be fitted on toy data; exit 1 if anything is neither read nor refused.

SPDX-License-Identifier: Apache-2.0
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import joblib
import numpy
import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.utils import all_estimators

INNER = {"estimator": GaussianNB(), "regressor": Ridge(), "base_estimator": GaussianNB(),
         "estimators": [("a", GaussianNB()), ("b", LogisticRegression(max_iter=500))], "param_grid": {"var_smoothing": [1e-9, 1e-8]},
         "param_distributions": {"var_smoothing": [1e-9, 1e-8]}, "steps": [("a", GaussianNB())],
         "transformers": [("a", "passthrough", [0, 1])], "transformer_list": [("a", "passthrough")]}
REGRESSORS = {"RegressorChain", "MultiOutputRegressor", "StackingRegressor", "VotingRegressor", "RANSACRegressor", "AdaBoostRegressor",
              "BaggingRegressor"}


def made(name, kind):
    options = {}
    for parameter in kind._get_param_names():
        if parameter in INNER and "=" not in parameter:
            options[parameter] = INNER[parameter]
    if name in REGRESSORS:
        options = {key: [("a", Ridge()), ("b", Ridge(2))] if key == "estimators" else Ridge() for key in options}
    if name in ("RFE", "RFECV", "SelectFromModel", "SequentialFeatureSelector", "OneVsOneClassifier", "ClassifierChain"):
        options["estimator"] = LogisticRegression(max_iter=500)
    if name == "SparseCoder":
        options["dictionary"] = numpy.eye(4)
    return kind(**options)


def fitted(name, kind):
    x, y = load_iris(return_X_y=True)
    texts = ["a b c", "b c d", "d e f"]
    many = numpy.stack([y, (y > 0).astype(int)], axis=1)
    for data in [(x, y), (numpy.abs(x), y), (x, x[:, 0]), (x[:, :1], x[:, 0]), (x, (y > 0).astype(int)), (x, many), (x, x[:, :2]), (x,),
                 (numpy.floor(x), y), (y,), (texts,), ([{"a": 1.0}, {"b": 2.0}],), (x[:, 0], y)]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return made(name, kind).fit(*data)
        except Exception:  # noqa: BLE001: whatever it dislikes, the next form of data may do
            continue
    return None


def main():
    slipway = sys.argv[1]
    covered, refused, unfitted, wrong = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.joblib"
        for name, kind in all_estimators():
            estimator = fitted(name, kind)
            if estimator is None:
                unfitted.append(name)
                continue
            joblib.dump(estimator, path)
            ran = subprocess.run([slipway, "inspect", str(path), "--json"], capture_output=True, text=True, check=False)
            if ran.returncode == 0 and json.loads(ran.stdout):
                covered.append(name)
            elif ran.returncode == 1 and name in ran.stderr:
                refused.append(name)
            else:
                wrong.append(f"{name}: {ran.returncode} {ran.stderr.strip()[:200]}")
    print(f"scikit-learn {sklearn.__version__}: {len(covered)} covered, {len(refused)} refused by name, {len(unfitted)} not fitted on toy data, "
          f"{len(wrong)} wrong")
    print("refused:", ", ".join(refused))
    print("not fitted:", ", ".join(unfitted))
    for line in wrong:
        print("WRONG", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
