"""--verify-with-python and bench --against with a real Python, and the snippet of docs/guides/verify.md as it stands there.

    tests/e2e/verify/verify_test.py build/release/bin/slipway [PYTHON]        (PYTHON: default .cache/venv/bin/python)

Skipped where there is no Python with scikit-learn and LightGBM (`make venv`).
SPDX-License-Identifier: Apache-2.0
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".cache/venv/bin/python"
SLIPWAY = None

TRAIN = """
import joblib, numpy, pandas, pickle, sys
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
rng = numpy.random.default_rng(1)
x = pandas.DataFrame({"age": rng.integers(18, 80, 200).astype(float), "city": rng.choice(["Ghent", "Oslo"], 200)})
y = (x.age > 40).astype(int)
prepare = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(handle_unknown="ignore"), ["city"]))
joblib.dump(make_pipeline(prepare, LogisticRegression()).fit(x, y), "model.joblib")
x.head(50).to_csv("sample.csv", index=False)
a = rng.normal(size=(200, 3))
pickle.dump(Ridge().fit(a, a.sum(axis=1)), open("ridge.pkl", "wb"))
joblib.dump(RandomForestClassifier(5, random_state=1).fit(a, numpy.where(a[:, 0] > 0, "yes", "no")), "forest.joblib")
joblib.dump(MultiOutputClassifier(LogisticRegression()).fit(a, (a[:, :2] > 0).astype(int)), "several.joblib")
joblib.dump(StandardScaler().fit(a), "scaler.joblib")
joblib.dump(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good day", "bad day", "good", "bad"], [1, 0, 1, 0]), "text.joblib")
"""


def run(command, folder):
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        probe = run([PYTHON, "-c", TRAIN], cls.folder) if PYTHON.exists() else None
        if probe is None or probe.returncode != 0:
            raise unittest.SkipTest(f"no Python with scikit-learn at {PYTHON} (make venv)" + (f": {probe.stderr[-200:]}" if probe else ""))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def verified(self, model, *options):
        done = run([SLIPWAY, "inspect", model, "--verify-with-python", "--python", PYTHON, *options], self.folder)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn("loads and executes", done.stderr)
        self.assertIn("supplied rows", done.stdout)
        self.assertNotIn("unproven", done.stdout)

    def test_estimators_are_proved_on_drawn_rows(self):
        for model in ["model.joblib", "ridge.pkl", "forest.joblib", "several.joblib", "scaler.joblib", "text.joblib"]:
            with self.subTest(model=model):
                self.verified(model)

    def test_given_rows_are_taken(self):
        self.verified("model.joblib", "--rows", "sample.csv")

    def test_a_native_booster(self):
        self.verified(ROOT / "examples/flights/model.txt")

    def test_rivals_in_the_same_run(self):
        flags = subprocess.run([SLIPWAY, "--version"], env={"ASAN_OPTIONS": "help=1"}, capture_output=True, text=True, check=False)
        if "AddressSanitizer" in flags.stderr:
            self.skipTest("Python cannot load a library that is built with the address sanitizer")
        done = run([SLIPWAY, "bench", ROOT / "examples/flights/model.txt", "--rows", ROOT / "examples/flights/parity_rows.parquet", "--batches",
                    "1,64", "--milliseconds", "1", "--against", "lightgbm,catboost", "--python", PYTHON, "--json"], self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual([(c["contender"], c["batch"]) for c in answer["cells"]],
                         [("slipway", 1), ("lightgbm", 1), ("slipway", 64), ("lightgbm", 64)])
        self.assertEqual({c["bits"]["rows_equal"] for c in answer["cells"] if c["contender"] == "lightgbm"}, {1000})
        self.assertEqual([one["name"] for one in answer["left_out"]], ["catboost"])

    def test_a_package_carries_them(self):
        done = run([SLIPWAY, "package", "forest.joblib", "--name", "forest", "--verify-with-python", "--python", PYTHON], self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bits on", run([SLIPWAY, "inspect", "forest"], self.folder).stdout)

    def test_what_python_lacks_is_told(self):
        bare = run([SLIPWAY, "inspect", "ridge.pkl", "--verify-with-python", "--python", "/usr/bin/python3"], self.folder)
        if bare.returncode == 0:
            self.skipTest("the system's Python has scikit-learn")
        self.assertIn("lacks '", bare.stderr)
        self.assertIn("-m pip install", bare.stderr)

    def test_time_is_bounded(self):
        slow = self.folder / "slow"
        slow.write_text("#!/bin/sh\nsleep 1000\n")
        slow.chmod(0o755)
        done = run([SLIPWAY, "inspect", "ridge.pkl", "--verify-with-python", "--python", slow, "--python-timeout", "1"], self.folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("took more than 1 s", done.stderr)

    def test_the_guide_s_snippet(self):
        page = (ROOT / "docs/guides/verify.md").read_text()
        snippet = re.search(r"```python\n(.*?)```", page, re.S).group(1)
        command = re.search(r"^    slipway (package .*--expect .*)$", page, re.M).group(1)
        made = run([PYTHON, "-c", snippet], self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)
        sealed = run([SLIPWAY, *command.split()], self.folder)
        self.assertEqual(sealed.returncode, 0, sealed.stderr)
        self.assertIn("of 50 supplied rows", sealed.stdout)


if __name__ == "__main__":
    SLIPWAY = pathlib.Path(sys.argv.pop(1)).resolve()
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PYTHON = pathlib.Path(sys.argv.pop(1))
    unittest.main()
