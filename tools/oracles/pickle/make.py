"""Writes small pickles and joblib files of every kind, and what Python itself sees in them.

    .cache/venv-pickle/bin/python tools/oracles/pickle/make.py --out tests/golden/pickle --name new
    .cache/venv-old/bin/python    tools/oracles/pickle/make.py --out tests/golden/pickle --name old

venv-pickle: numpy 2.4, scikit-learn 1.9, joblib 1.6, pandas 3 on Python 3.11; venv-old: numpy 1.23, scikit-learn 1.2, joblib
1.1, pandas 1.5 on Python 3.8; both with lz4 (see requirements-*.txt). Files go to <out>/<name>/, their dumps (neutral.py) to
<out>/seen/ under a number of their content, and <out>/<name>.json says which belongs to which. A file without a dump only has
to be read. tests/golden/pickle_test.cc compares.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import datetime
import decimal
import hashlib
import json
import pathlib
import pickle
import warnings

import joblib
import numpy
import pandas
import scipy.interpolate
import scipy.sparse
import scipy.stats
import sklearn.compose
import sklearn.ensemble
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.utils

import neutral

COMPRESSIONS = ["zlib", "gzip", "bz2", "xz", "lzma", "lz4"]


def python_data():
    shared = ["shared"]
    return [
        None, True, False,
        [0, 1, -1, 255, 256, 65535, 65536, -128, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63, -2**63, -2**63 - 1],
        [2**64, -2**64, 2**127 - 1, -2**127, 10**40, -10**40, 2**1000, -(2**1000) + 1],
        [0.0, -0.0, 0.1, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"), 1 / 3],
        ["", "a", "it's", 'say "x"', "line\nfeed", "back\\slash", "\\u0041", "\x00", "é", "€", "😀", "x" * 300],
        [b"", b"a", bytes(range(256)), b"y" * 300, bytearray(b""), bytearray(b"\x00\xff"), b"it's"],
        [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [[]], [[], [1]]],
        {}, {"a": 1, "b": {"c": [2]}, 3: None, (4, 5): "t"},
        set(), {1, 2, 3}, frozenset(), frozenset(["x", "y"]),
        collections.OrderedDict([("z", 1), ("a", 2)]), collections.OrderedDict(),
        collections.defaultdict(list, {"k": [1]}), collections.defaultdict(int), collections.Counter("aab"),
        1 + 2j, range(3), range(1, 10, 2), slice(1, None, 2),
        datetime.datetime(2024, 2, 29, 12, 30), datetime.date(2000, 1, 1), datetime.timedelta(3, 4), decimal.Decimal("1.50"),
        shared, shared, [shared, shared],
        sklearn.utils.Bunch(x=1, y=[2]), numpy.float64, numpy.log1p, sklearn.pipeline.Pipeline, len,
    ]


def arrays():
    rng = numpy.random.RandomState(7)
    found = []
    for code in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16"]:
        found.append((rng.normal(size=5) * 50).astype(code))
    found += [numpy.arange(4, dtype=code) for code in [">i2", ">i8", ">u4", ">f4", ">f8"]]
    found += [numpy.array(["a", "", "long", "é€😀"]), numpy.array(["be"], dtype=">U3"), numpy.array([b"x", b"yz"])]
    found += [numpy.array(["2024-01-02", "NaT"], dtype="M8[D]"), numpy.array([1, 2], dtype="M8[ns]"),
              numpy.array([1, 2], dtype="m8[25s]"), numpy.array([3], dtype="m8")]
    found += [numpy.arange(12.0).reshape(3, 4), numpy.asfortranarray(numpy.arange(12.0).reshape(3, 4)),
              numpy.asfortranarray(numpy.arange(24, dtype="i2").reshape(2, 3, 4)), numpy.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
              numpy.arange(24).reshape(2, 3, 4).transpose(2, 0, 1), numpy.arange(10)[::2], numpy.arange(10)[::-1],
              numpy.arange(6.0).reshape(1, 6).T]
    found += [numpy.zeros(0), numpy.zeros((0, 3)), numpy.zeros((3, 0, 2), dtype="U4"), numpy.array(5), numpy.array("txt")]
    found += [numpy.float64(0.1), numpy.float32(0.1), numpy.int64(-3), numpy.uint8(200), numpy.bool_(True), numpy.str_("s"),
              numpy.bytes_(b"b"), numpy.datetime64("2020-01-01T00:00:01")]
    found += records() + objects()
    return found


def records():
    plain = numpy.zeros(3, dtype=[("left", "<i8"), ("threshold", "<f8"), ("kind", "u1")])
    plain["threshold"] = [0.5, numpy.nan, -0.0]
    aligned = numpy.zeros(2, dtype=numpy.dtype([("a", "u1"), ("b", "f8"), ("c", "i2")], align=True))
    offsets = numpy.zeros(2, dtype={"names": ["x", "y"], "formats": ["f4", ">i2"], "offsets": [8, 1], "itemsize": 16})
    titles = numpy.zeros(2, dtype=[(("a title", "t"), "f8"), ("u", "S3")])
    nested = numpy.zeros(2, dtype=[("p", [("q", "i4"), ("r", "f8")]), ("sub", "f4", (2, 3))])
    return [plain, aligned, offsets, titles, nested]


def objects():
    square = numpy.empty((2, 3), dtype=object)
    square[:] = [["a", None, 1.5], [numpy.nan, "b", (1, 2)]]
    nested = numpy.empty(2, dtype=object)
    nested[0], nested[1] = numpy.arange(3.0), numpy.array(["x", "yy"])
    return [numpy.array(["cat", "dog"], dtype=object), square, numpy.asfortranarray(square), nested,
            numpy.empty(0, dtype=object), numpy.empty((0, 4), dtype=object)]


def table():
    rng = numpy.random.RandomState(3)
    frame = pandas.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    frame["d"] = rng.choice(["x", "y", "z"], 60)
    return frame, rng.choice(["no", "yes"], 60)


def columns():
    """What of pandas is an array and nothing else."""
    return [pandas.Index(["a", "b"]), pandas.Index([1, 2, 3]), pandas.Index([0.5]), pandas.Series([1.5, 2.5]), pandas.Series([1, 2]),
            pandas.Series(["u", None, "v"]), pandas.Series([True, False])]


def models():
    frame, label = table()
    numbers = frame[["a", "b", "c"]]
    prepare = sklearn.compose.ColumnTransformer([
        ("scale", sklearn.preprocessing.StandardScaler(), ["a", "b"]),
        ("spline", sklearn.preprocessing.SplineTransformer(n_knots=3), ["c"]),
        ("words", sklearn.preprocessing.OneHotEncoder(handle_unknown="ignore"), ["d"])])
    forest = sklearn.ensemble.RandomForestClassifier(2, max_depth=3, random_state=numpy.random.RandomState(1))
    yield "forest", sklearn.pipeline.Pipeline([("prepare", prepare), ("forest", forest)]).fit(frame, label)
    histogram = sklearn.ensemble.HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=4, max_bins=7, random_state=0)
    yield "histogram", sklearn.pipeline.make_pipeline(histogram).fit(numbers, label)
    log = sklearn.preprocessing.FunctionTransformer(numpy.log1p)
    linear = sklearn.linear_model.LogisticRegression()
    yield "linear", sklearn.pipeline.make_pipeline(log, linear).fit(abs(numbers), label)


def only_read():
    """What estimators hold without our needing to know it."""
    frame, _ = table()
    return [
        numpy.random.RandomState(5), numpy.random.default_rng(5), numpy.random.MT19937(5), numpy.random.Philox(5),
        numpy.ma.masked_array([1.0, 2.0], mask=[True, False]), numpy.matrix([[1, 2], [3, 4]]),
        numpy.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), numpy.dtype("f8"),
        scipy.sparse.csr_matrix([[1, 0], [0, 2]]), scipy.sparse.csc_matrix([[1.0]]), scipy.sparse.coo_matrix([[0, 3]]),
        scipy.stats.norm(0, 1), scipy.stats.uniform(2, 3), scipy.interpolate.BSpline([0, 1, 2, 3], [1, 2], 1),
        frame, frame["d"], frame["a"], frame.set_index("d")["a"], pandas.Series(["u", "v"], dtype="category"),
        pandas.CategoricalDtype(["p", "q"]), pandas.RangeIndex(4), pandas.date_range("2020", periods=2),
        pandas.MultiIndex.from_tuples([(1, "a")]), pandas.Timestamp("2020-01-01"), pandas.Index(["m", "n"]),
        pathlib.PurePosixPath("folder/file"), 10**200,
    ]


class Writer:
    def __init__(self, out, name):
        self.folder, self.seen = out / name, out / "seen"
        self.out, self.name, self.cases = out, name, []
        for folder in (self.folder, self.seen):
            folder.mkdir(parents=True, exist_ok=True)
        for stale in self.folder.iterdir():
            stale.unlink()

    def add(self, file, dump):
        case = {"file": "%s/%s" % (self.name, file)}
        if dump is not None:
            digest = hashlib.sha256(dump.encode()).hexdigest()[:12]
            (self.seen / (digest + ".json")).write_text(dump)
            case["seen"] = "seen/%s.json" % digest
        self.cases.append(case)

    def pickled(self, stem, value, protocol, see=True):
        file = "%s.%d.pkl" % (stem, protocol)
        (self.folder / file).write_bytes(pickle.dumps(value, protocol=protocol))
        loaded = pickle.loads((self.folder / file).read_bytes())
        self.add(file, self.seen_in(stem, value, loaded, protocol) if see else None)

    def dumped(self, stem, value, protocol, compression=None):
        file = "%s.%d.%s" % (stem, protocol, compression or "joblib")
        joblib.dump(value, self.folder / file, protocol=protocol, compress=(compression, 3) if compression else 0)
        self.add(file, self.seen_in(stem, value, joblib.load(self.folder / file), protocol))

    def seen_in(self, stem, value, loaded, protocol):
        # A Bunch forgets its state, and loading turns most arrays into the machine's byte order; slipway leaves them as they are in the file.
        return neutral.text(value if stem in ("arrays", "data") else loaded, protocol)

    def finish(self):
        self.cases.sort(key=lambda case: case["file"])
        lines = ",\n".join("  " + json.dumps(case) for case in self.cases)
        (self.out / (self.name + ".json")).write_text('{"cases": [\n%s\n]}\n' % lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    writer = Writer(options.out, options.name)
    for protocol in range(6):
        writer.pickled("data", python_data(), protocol)
        writer.pickled("arrays", arrays(), protocol)
        writer.pickled("columns", columns(), protocol)
        writer.pickled("only_read", only_read(), protocol, see=False)
    for protocol in (2, 3, 4, 5):
        writer.dumped("arrays", arrays(), protocol)
    for compression in COMPRESSIONS:
        writer.dumped("arrays", arrays(), 4, compression)
    for stem, model in models():
        writer.dumped(stem, model, 4)
        writer.pickled(stem, model, {"forest": 5, "histogram": 2, "linear": 0}[stem])
    writer.finish()


if __name__ == "__main__":
    main()
