"""What is fitted: one line per estimator and setting. make.py writes them; the names end up in docs/reference/models.md.

SPDX-License-Identifier: Apache-2.0
"""

import dataclasses
import importlib
import typing

import numpy
import pandas

TRAINING_ROWS = 200
CITIES = ["Ghent", "Łódź", "", "New York", "東京", "a,b", "ghent"]


@dataclasses.dataclass
class Case:
    what: str
    family: str
    estimator: str
    build: typing.Callable
    compress: object = 3
    pickled: int = 0


def new(path, *arguments, **options):
    """sklearn class by path, imported when it is needed: an older version may not have it."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(f"sklearn.{module}"), name)(*arguments, **options)


def numbers(rng, rows, missing=0.0, width=4):
    x = rng.normal(size=(rows, width))
    x[:, 1] = numpy.round(x[:, 1] * 2)
    x[:, 2] = numpy.abs(x[:, 2]) * 10
    if missing:
        x[rng.random(x.shape) < missing] = numpy.nan
    return x


def hostile(rng, rows, x, missing, infinite, thresholds=()):
    out = numbers(rng, rows, missing, x.shape[1])
    special = [0.0, -0.0, 5e-324, -5e-324, 1e-300, 1.0, -1.0, 0.5]
    special += [1e30, -1e30] if infinite else []
    if missing:
        special.append(numpy.nan)
    values = x[~numpy.isnan(x)]
    for value in list(rng.choice(values, 20)) + list(thresholds):
        special += [value, numpy.nextafter(value, -numpy.inf), numpy.nextafter(value, numpy.inf)]
    hit = rng.random(out.shape) < 0.4
    out[hit] = rng.choice(special, hit.sum())
    out[0] = 0
    return out


def score(x):
    x = numpy.nan_to_num(x)
    return x[:, 0] + 0.5 * x[:, 1] * numpy.sin(x[:, -1])


def target_of(kind, rng, x):
    s = score(x) + rng.normal(scale=0.3, size=len(x))
    if kind == "binary":
        return (s > 0).astype(int)
    if kind == "text":
        return numpy.where(s > 0, "yes", "no")
    if kind == "three":
        return numpy.digitize(s, [-0.7, 0.7])
    if kind == "threetext":
        return numpy.array(["low", "mid", "high"])[numpy.digitize(s, [-0.7, 0.7])]
    if kind == "floats":
        return (s > 0) + 1.0
    if kind == "positive":
        return numpy.exp(s / 3) + 0.01
    if kind == "two":
        return numpy.stack([s, s * s], axis=1)
    if kind == "none":
        return None
    return s


def on_numbers(path, target, missing=0.0, infinite=False, width=4, positive=False, shift=None, frame=False, **options):
    """An estimator on a numeric array."""
    def build(rng, rows):
        x = numbers(rng, TRAINING_ROWS, missing, width)
        test = hostile(rng, rows, x, missing, infinite)
        if positive:
            x, test = numpy.abs(x) + (0.1 if positive == "strictly" else 0), numpy.abs(test) + (0.1 if positive == "strictly" else 0)
        if positive == "counts":
            x, test = numpy.floor(numpy.minimum(x, 50)), numpy.floor(numpy.minimum(test, 50))
        estimator = path(rng) if callable(path) else new(path, **options)
        y = target_of(target, rng, x)
        if frame:
            names = [f"column {i}" for i in range(width)]
            x, test = pandas.DataFrame(x, columns=names), pandas.DataFrame(test, columns=names)
        return estimator, x, y, test
    return build


def cities(rng, rows, missing=False, unseen=False):
    pool = CITIES[:5] + (CITIES[5:] if unseen else [])
    out = rng.choice(numpy.array(pool, dtype=object), rows)
    if missing:
        out[rng.random(rows) < 0.15] = None
    return out


def table(rng, rows, missing=True, unseen=False):
    return pandas.DataFrame({
        "age": numpy.where(rng.random(rows) < 0.1 * missing, numpy.nan, numpy.round(rng.normal(40, 12, rows))),
        "income": numpy.where(rng.random(rows) < 0.1 * missing, numpy.nan, rng.gamma(2, 20000, rows)),
        "city": cities(rng, rows, missing, unseen),
        "grade": rng.integers(0, 6 if unseen else 5, rows),
        "unused": rng.normal(size=rows),
    })


def table_target(kind, rng, t):
    s = (t["age"].fillna(40) - 40) / 12 + (t["city"] == "Ghent") - 0.3 * (t["grade"] == 2) + rng.normal(scale=0.4, size=len(t))
    if kind == "binary":
        return (s > 0).astype(int).to_numpy()
    if kind == "three":
        return numpy.array(["low", "mid", "high"])[numpy.digitize(s, [-0.7, 0.7])]
    return s.to_numpy()


def on_table(make, target, missing=True, unseen=True, columns=None):
    """An estimator (made by a function) on a table with text."""
    def build(rng, rows):
        train, test = table(rng, TRAINING_ROWS, missing), table(rng, rows, missing, unseen)
        y = None if target == "none" else table_target(target, rng, train)
        if columns:
            train, test = train[columns], test[columns]
        return make(), train, y, test
    return build


ALL = []


def case(what, family, build, **options):
    estimator = what.split("(")[0].split(" ")[0]
    ALL.append(Case(what, family, estimator, build, **options))


# ---- scalers ----
for what, options in [("StandardScaler", {}), ("StandardScaler(with_mean=False)", {"with_mean": False}),
                      ("StandardScaler(with_std=False)", {"with_std": False}), ("MinMaxScaler", {}),
                      ("MinMaxScaler(clip)", {"clip": True, "feature_range": (-1, 2)}), ("MaxAbsScaler", {}),
                      ("RobustScaler", {}), ("RobustScaler(with_centering=False)", {"with_centering": False})]:
    name = what.split("(")[0]
    case(what, "scalers", on_numbers(f"preprocessing.{name}", "none", missing=0.1, **options))
    case(what + " frame", "scalers", on_numbers(f"preprocessing.{name}", "none", frame=True, **options), pickled=5)
for norm in ["l1", "l2", "max"]:
    case(f"Normalizer({norm})", "scalers", on_numbers("preprocessing.Normalizer", "none", norm=norm))
case("Binarizer", "scalers", on_numbers("preprocessing.Binarizer", "none", threshold=0.5), pickled=2)

# ---- encoders ----
for what, options, unseen in [
        ("OneHotEncoder", {}, False), ("OneHotEncoder(ignore)", {"handle_unknown": "ignore"}, True),
        ("OneHotEncoder(drop first)", {"drop": "first"}, False),
        ("OneHotEncoder(drop if_binary)", {"drop": "if_binary", "handle_unknown": "ignore"}, True),
        ("OneHotEncoder(infrequent)", {"min_frequency": 40, "handle_unknown": "infrequent_if_exist"}, True),
        ("OneHotEncoder(infrequent, drop)", {"max_categories": 3, "drop": "first", "handle_unknown": "infrequent_if_exist"}, True),
        ("OrdinalEncoder", {}, False),
        ("OrdinalEncoder(unknown)", {"handle_unknown": "use_encoded_value", "unknown_value": -1, "encoded_missing_value": -2}, True)]:
    name = what.split("(")[0]
    case(what, "encoders", on_table(lambda name=name, options=options: new(f"preprocessing.{name}", **options), "none",
                                    unseen=unseen, columns=["city", "grade"]))
for target in ["binary", "three", "number"]:
    case(f"TargetEncoder({target})", "encoders",
         on_table(lambda: new("preprocessing.TargetEncoder", random_state=1), target, columns=["city", "grade"]))
for encode in ["ordinal", "onehot", "onehot-dense"]:
    case(f"KBinsDiscretizer({encode})", "encoders",
         on_numbers("preprocessing.KBinsDiscretizer", "none", encode=encode, n_bins=4))
case("KBinsDiscretizer(uniform)", "encoders", on_numbers("preprocessing.KBinsDiscretizer", "none", strategy="uniform", encode="ordinal"))

# ---- imputers ----
for strategy in ["mean", "median", "most_frequent", "constant"]:
    case(f"SimpleImputer({strategy})", "imputers",
         on_numbers("impute.SimpleImputer", "none", missing=0.2, strategy=strategy, add_indicator=strategy == "median"))
case("SimpleImputer(text)", "imputers",
     on_table(lambda: new("pipeline.make_pipeline", new("impute.SimpleImputer", strategy="constant", fill_value="?", missing_values=None),
                          new("preprocessing.OneHotEncoder", handle_unknown="ignore")), "none", columns=["city"]))
case("MissingIndicator", "imputers", on_numbers("impute.MissingIndicator", "none", missing=0.2, features="all"))

# ---- composition ----
def flights_like(final):
    transformer = new("compose.ColumnTransformer", [
        ("num", new("pipeline.make_pipeline", new("impute.SimpleImputer", strategy="median"), new("preprocessing.StandardScaler")),
         ["age", "income"]),
        ("cat", new("pipeline.make_pipeline", new("impute.SimpleImputer", strategy="most_frequent", missing_values=None),
                    new("preprocessing.OneHotEncoder", handle_unknown="ignore", sparse_output=False)), ["city"]),
        ("grade", "passthrough", ["grade"])])
    return new("pipeline.Pipeline", [("prep", transformer), ("model", final)])


for target in ["binary", "three"]:
    case(f"Pipeline(ColumnTransformer, HistGradientBoostingClassifier {target})", "composition",
         on_table(lambda: flights_like(new("ensemble.HistGradientBoostingClassifier", max_iter=10)), target))
case("Pipeline(ColumnTransformer, HistGradientBoostingRegressor)", "composition",
     on_table(lambda: flights_like(new("ensemble.HistGradientBoostingRegressor", max_iter=10)), "number"))
case("Pipeline(ColumnTransformer, RandomForestClassifier)", "composition",
     on_table(lambda: flights_like(new("ensemble.RandomForestClassifier", n_estimators=8, max_depth=5, random_state=3)), "three"))
case("ColumnTransformer(remainder)", "composition",
     on_table(lambda: new("compose.ColumnTransformer", [("s", new("preprocessing.StandardScaler"), [0, 1]),
                                                        ("o", new("preprocessing.OrdinalEncoder"), ["city"])],
                          remainder="passthrough"), "none", unseen=False))
case("ColumnTransformer(selector)", "composition",
     on_table(lambda: new("compose.ColumnTransformer", [
         ("n", new("preprocessing.MinMaxScaler"), new("compose.make_column_selector", dtype_include="number")),
         ("o", new("preprocessing.OneHotEncoder"), new("compose.make_column_selector", dtype_exclude="number"))]),
         "none", unseen=False))
case("FeatureUnion", "composition",
     on_numbers(lambda rng: new("pipeline.FeatureUnion", [("a", new("preprocessing.StandardScaler")), ("b", new("preprocessing.MinMaxScaler")),
                                                          ("c", "passthrough")], transformer_weights={"a": 2.5}), "none"))
for function in ["log1p", "sqrt", "square", "abs", "expm1"]:
    case(f"FunctionTransformer({function})", "composition",
         on_numbers(lambda rng, function=function: new("preprocessing.FunctionTransformer", getattr(numpy, function)), "none",
                    positive=True))
case("FunctionTransformer(identity)", "composition", on_numbers("preprocessing.FunctionTransformer", "none"))

# ---- trees ----
TREES = [("tree.DecisionTree", {"max_depth": 6}), ("tree.ExtraTree", {"max_depth": 6}),
         ("ensemble.RandomForest", {"n_estimators": 8, "max_depth": 5}), ("ensemble.ExtraTrees", {"n_estimators": 8, "max_depth": 5})]
for path, options in TREES:
    name = path.split(".")[1]
    for target in ["binary", "threetext", "floats"]:
        case(f"{name}Classifier({target})", "trees",
             on_numbers(path + "Classifier", target, infinite=True, random_state=1, **options))
    for target in ["number", "two"]:
        case(f"{name}Regressor({target})", "trees", on_numbers(path + "Regressor", target, infinite=True, random_state=1, **options))
case("DecisionTreeClassifier(missing)", "trees",
     on_numbers("tree.DecisionTreeClassifier", "three", missing=0.2, max_depth=6, random_state=1))
case("DecisionTreeClassifier(stump)", "trees", on_numbers("tree.DecisionTreeClassifier", "text", max_depth=1), pickled=0)
case("RandomForestClassifier(deep)", "trees",
     on_numbers("ensemble.RandomForestClassifier", "three", n_estimators=5, random_state=1), compress=0)

# ---- boosting ----
for target, options in [("binary", {}), ("text", {"loss": "exponential"}), ("three", {}), ("binary", {"init": "zero"})]:
    case(f"GradientBoostingClassifier({target} {options})", "boosting",
         on_numbers("ensemble.GradientBoostingClassifier", target, n_estimators=10, random_state=1, **options))
for loss in ["squared_error", "absolute_error", "huber", "quantile"]:
    case(f"GradientBoostingRegressor({loss})", "boosting",
         on_numbers("ensemble.GradientBoostingRegressor", "number", n_estimators=10, random_state=1, loss=loss))
for target in ["binary", "threetext"]:
    case(f"HistGradientBoostingClassifier({target})", "boosting",
         on_numbers("ensemble.HistGradientBoostingClassifier", target, missing=0.1, infinite=True, max_iter=10))
for loss, options in [("squared_error", {}), ("absolute_error", {}), ("poisson", {}), ("quantile", {"quantile": 0.7}), ("gamma", {})]:
    case(f"HistGradientBoostingRegressor({loss})", "boosting",
         on_numbers("ensemble.HistGradientBoostingRegressor", "positive", missing=0.1, max_iter=10, loss=loss, **options))
case("HistGradientBoostingClassifier(categories)", "boosting",
     on_table(lambda: new("ensemble.HistGradientBoostingClassifier", max_iter=10, categorical_features=[1]), "binary",
              columns=["age", "grade", "income"]))
case("HistGradientBoostingRegressor(categories)", "boosting",
     on_table(lambda: new("ensemble.HistGradientBoostingRegressor", max_iter=10, categorical_features=[True, False]), "number",
              columns=["grade", "age"]))


def all_cases():
    return ALL
