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
    columns: tuple = ()  # what --columns says


def new(path, *arguments, **options):
    """sklearn class by path, imported when it is needed: an older version may not have it."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(f"sklearn.{module}"), name)(*arguments, **options)


def numbers(rng, rows, missing=0.0, width=4):
    x = rng.normal(size=(rows, width))
    if width > 2:
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
    return x[:, 0] + (0.5 * x[:, 1] * numpy.sin(x[:, -1]) if x.shape[1] > 1 else 0)


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
    if kind == "labels":
        return numpy.stack([s > 0, x[:, 0] > 0.3], axis=1).astype(int)
    if kind == "words":
        return numpy.stack([numpy.array(["low", "mid", "high"])[numpy.digitize(s, [-0.7, 0.7])], numpy.where(x[:, 0] > 0.3, "yes", "no")], axis=1)
    if kind == "two":
        return numpy.stack([s, s * s], axis=1)
    if kind == "none":
        return None
    return s


def on_numbers(path, target, missing=0.0, infinite=False, width=4, positive=False, frame=False, train=TRAINING_ROWS, **options):
    """An estimator on a numeric array."""
    def build(rng, rows):
        x = numbers(rng, train, missing, width)
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


# ---- linear models ----
def plain(path, family, target, what=None, **options):
    case(what or f"{path.split('.')[1]}({target})", family, on_numbers(path, target, **options))


for target in ["binary", "threetext"]:
    plain("linear_model.LogisticRegression", "linear", target)
    for name, options in [("SGDClassifier", {"loss": "log_loss"}), ("SGDClassifier", {"loss": "modified_huber"}), ("SGDClassifier", {}),
                          ("Perceptron", {}), ("PassiveAggressiveClassifier", {}), ("RidgeClassifier", {}), ("RidgeClassifierCV", {})]:
        random = {"random_state": 1} if "CV" not in name else {}
        plain(f"linear_model.{name}", "linear", target, f"{name}({target} {options})", **random, **options)
    plain("svm.LinearSVC", "linear", target, random_state=1)
plain("linear_model.LogisticRegression", "linear", "three", "LogisticRegression(ovr)", multi_class="ovr")
plain("linear_model.LogisticRegression", "linear", "binary", "LogisticRegression(multinomial)", multi_class="multinomial")
plain("linear_model.LogisticRegression", "linear", "binary", "LogisticRegression(liblinear)", solver="liblinear")
plain("linear_model.LogisticRegressionCV", "linear", "three", cv=3, Cs=3)
plain("linear_model.SGDOneClassSVM", "linear", "none", random_state=1)
for name in ["LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "ElasticNet", "ElasticNetCV",
             "Lars", "LarsCV", "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "HuberRegressor", "BayesianRidge", "ARDRegression",
             "TheilSenRegressor", "QuantileRegressor", "SGDRegressor", "PassiveAggressiveRegressor"]:
    plain(f"linear_model.{name}", "linear", "number")
plain("svm.LinearSVR", "linear", "number", random_state=1)
for name in ["LinearRegression", "Ridge", "MultiTaskLasso", "MultiTaskElasticNet", "MultiTaskLassoCV", "MultiTaskElasticNetCV"]:
    plain(f"linear_model.{name}", "linear", "two")
plain("linear_model.LinearRegression", "linear", "number", "LinearRegression(fit_intercept=False)", fit_intercept=False)
for name, options in [("PoissonRegressor", {}), ("GammaRegressor", {}), ("TweedieRegressor", {"power": 1.5}), ("TweedieRegressor", {})]:
    plain(f"linear_model.{name}", "linear", "positive", f"{name}({options})", **options)

# ---- naive Bayes ----
for target in ["binary", "threetext"]:
    plain("naive_bayes.GaussianNB", "naive Bayes", target)
    plain("naive_bayes.MultinomialNB", "naive Bayes", target, positive="counts")
    plain("naive_bayes.ComplementNB", "naive Bayes", target, positive="counts")
    plain("naive_bayes.BernoulliNB", "naive Bayes", target)
    case(f"CategoricalNB({target})", "naive Bayes",
         on_table(lambda: new("naive_bayes.CategoricalNB", min_categories=8), target if target == "binary" else "three",
                  columns=["grade"]))

# ---- networks ----
for activation in ["relu", "tanh", "logistic", "identity"]:
    plain("neural_network.MLPClassifier", "networks", "binary", f"MLPClassifier({activation})", activation=activation,
          hidden_layer_sizes=(8, 5), max_iter=60, random_state=1)
plain("neural_network.MLPClassifier", "networks", "threetext", hidden_layer_sizes=(6,), max_iter=60, random_state=1)
plain("neural_network.MLPRegressor", "networks", "number", hidden_layer_sizes=(6,), max_iter=60, random_state=1)
plain("neural_network.MLPRegressor", "networks", "two", hidden_layer_sizes=(6,), max_iter=60, random_state=1)

# ---- projections ----
for name, options in [("PCA", {"n_components": 3}), ("PCA", {"whiten": True}), ("IncrementalPCA", {"n_components": 2}),
                      ("TruncatedSVD", {"n_components": 2}), ("FastICA", {"n_components": 2, "random_state": 1})]:
    plain(f"decomposition.{name}", "projections", "none", f"{name}({options})", **options)
plain("random_projection.GaussianRandomProjection", "projections", "none", n_components=3, random_state=1)

# ---- selection ----
for name, options in [("SelectKBest", {"k": 2}), ("SelectPercentile", {"percentile": 50}), ("SelectFpr", {"alpha": 0.4}),
                      ("SelectFdr", {"alpha": 0.4}), ("SelectFwe", {"alpha": 0.4}), ("VarianceThreshold", {"threshold": 1.0})]:
    plain(f"feature_selection.{name}", "selection", "binary", f"{name}({options})", **options)
for inner, target in [("linear_model.LassoCV", "number"), ("linear_model.LogisticRegression", "three"),
                      ("ensemble.RandomForestClassifier", "binary"), ("tree.DecisionTreeRegressor", "number"),
                      ("ensemble.GradientBoostingRegressor", "number")]:
    case(f"SelectFromModel({inner})", "selection",
         on_numbers(lambda rng, inner=inner: new("feature_selection.SelectFromModel", new(inner)), target))
case("SelectFromModel(max_features)", "selection",
     on_numbers(lambda rng: new("feature_selection.SelectFromModel", new("linear_model.Ridge"), max_features=2, threshold="0.1*mean"), "number"))
case("RFE", "selection",
     on_numbers(lambda rng: new("feature_selection.RFE", new("linear_model.Ridge"), n_features_to_select=2), "number"))
case("SequentialFeatureSelector", "selection",
     on_numbers(lambda rng: new("feature_selection.SequentialFeatureSelector", new("linear_model.Ridge"), n_features_to_select=2, cv=2), "number"))

# ---- expansions and distributions ----
for options in [{}, {"degree": 3}, {"degree": 3, "interaction_only": True}, {"degree": (2, 3), "include_bias": False}]:
    plain("preprocessing.PolynomialFeatures", "expansions", "none", f"PolynomialFeatures({options})", **options)
plain("preprocessing.PowerTransformer", "distributions", "none")
plain("preprocessing.PowerTransformer", "distributions", "none", "PowerTransformer(standardize=False)", missing=0.1, standardize=False)
plain("preprocessing.PowerTransformer", "distributions", "none", "PowerTransformer(box-cox)", positive="strictly", method="box-cox")
plain("preprocessing.QuantileTransformer", "distributions", "none", "QuantileTransformer(uniform)", n_quantiles=50)
plain("preprocessing.QuantileTransformer", "distributions", "none", "QuantileTransformer(normal)", n_quantiles=50, missing=0.1,
      output_distribution="normal")

# ---- clusters ----
plain("cluster.KMeans", "clusters", "none", n_clusters=4, random_state=1, n_init=1)
plain("cluster.MiniBatchKMeans", "clusters", "none", n_clusters=4, random_state=1, n_init=1)
plain("cluster.MeanShift", "clusters", "none")
plain("cluster.AffinityPropagation", "clusters", "none", random_state=1)
plain("cluster.Birch", "clusters", "none", n_clusters=3)

# ---- ensembles ----
for target in ["binary", "threetext"]:
    for path, options in [("BaggingClassifier", {"n_estimators": 5, "max_features": 3}), ("AdaBoostClassifier", {"n_estimators": 8})]:
        plain(f"ensemble.{path}", "ensembles", target, f"{path}({target})", random_state=1, **options)
    case(f"BaggingClassifier(votes {target})", "ensembles",
         on_numbers(lambda rng: new("ensemble.BaggingClassifier", new("linear_model.RidgeClassifier"), n_estimators=5, random_state=1), target))
    for voting in ["soft", "hard"]:
        case(f"VotingClassifier({voting} {target})", "ensembles",
             on_numbers(lambda rng, voting=voting: new("ensemble.VotingClassifier", [
                 ("a", new("tree.DecisionTreeClassifier", max_depth=3, random_state=1)), ("b", new("naive_bayes.GaussianNB")),
                 ("c", new("linear_model.LogisticRegression"))], voting=voting, weights=[1, 2.5, 2] if voting == "soft" else None), target))
    case(f"StackingClassifier({target})", "ensembles",
         on_numbers(lambda rng: new("ensemble.StackingClassifier", [
             ("a", new("tree.DecisionTreeClassifier", max_depth=3, random_state=1)), ("b", new("linear_model.RidgeClassifier"))],
             final_estimator=new("linear_model.LogisticRegression"), passthrough=True), target))
case("AdaBoostClassifier(SAMME.R)", "ensembles",
     on_numbers("ensemble.AdaBoostClassifier", "three", n_estimators=8, random_state=1, algorithm="SAMME.R"))
plain("ensemble.BaggingRegressor", "ensembles", "number", n_estimators=5, max_features=3, random_state=1)
plain("ensemble.AdaBoostRegressor", "ensembles", "number", n_estimators=9, random_state=1)
case("VotingRegressor", "ensembles",
     on_numbers(lambda rng: new("ensemble.VotingRegressor", [("a", new("linear_model.Ridge")), ("b", new("tree.DecisionTreeRegressor", max_depth=3))],
                                weights=[1, 3]), "number"))
case("StackingRegressor", "ensembles",
     on_numbers(lambda rng: new("ensemble.StackingRegressor", [("a", new("linear_model.Ridge")), ("b", new("tree.DecisionTreeRegressor", max_depth=3))]),
                "number"))
plain("ensemble.IsolationForest", "ensembles", "none", n_estimators=10, random_state=1)
plain("ensemble.IsolationForest", "ensembles", "none", "IsolationForest(max_features)", n_estimators=10, max_features=2, max_samples=64,
      contamination=0.1, random_state=1)

# ---- estimators around estimators ----
for target in ["binary", "threetext"]:
    for method in ["sigmoid", "isotonic"]:
        for inner in ["naive_bayes.GaussianNB", "linear_model.RidgeClassifier"]:
            case(f"CalibratedClassifierCV({method} {inner} {target})", "meta",
                 on_numbers(lambda rng, method=method, inner=inner: new("calibration.CalibratedClassifierCV", new(inner), method=method, cv=3), target))
    for name in ["OneVsRestClassifier", "OneVsOneClassifier", "OutputCodeClassifier"]:
        for inner in ["linear_model.LogisticRegression", "naive_bayes.GaussianNB"]:
            case(f"{name}({inner} {target})", "meta",
                 on_numbers(lambda rng, name=name, inner=inner: new(f"multiclass.{name}", new(inner), **({"random_state": 1} if "Code" in name else {})), target))
for name in ["MultiOutputRegressor", "RegressorChain"]:
    case(name, "meta", on_numbers(lambda rng, name=name: new(f"multioutput.{name}", new("linear_model.Ridge")), "two"))
case("MultiOutputClassifier", "meta", on_numbers(lambda rng: new("multioutput.MultiOutputClassifier", new("linear_model.LogisticRegression")), "labels"))
case("ClassifierChain", "meta", on_numbers(lambda rng: new("multioutput.ClassifierChain", new("linear_model.LogisticRegression"), order=[1, 0]), "labels"))
case("TransformedTargetRegressor(log1p)", "meta",
     on_numbers(lambda rng: new("compose.TransformedTargetRegressor", new("linear_model.Ridge"), func=numpy.log1p, inverse_func=numpy.expm1), "positive"))
case("TransformedTargetRegressor(StandardScaler)", "meta",
     on_numbers(lambda rng: new("compose.TransformedTargetRegressor", new("linear_model.Ridge"), transformer=new("preprocessing.StandardScaler")), "number"))
case("FixedThresholdClassifier", "meta",
     on_numbers(lambda rng: new("model_selection.FixedThresholdClassifier", new("linear_model.LogisticRegression"), threshold=0.3), "binary"))
case("TunedThresholdClassifierCV", "meta",
     on_numbers(lambda rng: new("model_selection.TunedThresholdClassifierCV", new("linear_model.LogisticRegression"), cv=3), "binary"))
case("GridSearchCV", "meta",
     on_numbers(lambda rng: new("model_selection.GridSearchCV", new("tree.DecisionTreeClassifier", random_state=1), {"max_depth": [2, 3]}, cv=2), "binary"))
case("IsotonicRegression", "meta", on_numbers("isotonic.IsotonicRegression", "number", width=1, out_of_bounds="clip"))

# ---- dummies ----
for strategy in ["prior", "most_frequent", "constant"]:
    plain("dummy.DummyClassifier", "dummies", "three", f"DummyClassifier({strategy})", strategy=strategy, **({"constant": 1} if strategy == "constant" else {}))
plain("dummy.DummyRegressor", "dummies", "number", strategy="median")


def all_cases():
    return ALL


import cases_b  # noqa: E402,F401  more cases
import cases_c  # noqa: E402,F401  and more
