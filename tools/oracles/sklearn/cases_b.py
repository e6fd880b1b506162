"""More of what is fitted: kernels, neighbours, texts, densities and splines. cases.py imports this at its end.

SPDX-License-Identifier: Apache-2.0
"""

import importlib

import numpy
import pandas

from cases import TRAINING_ROWS, case, new, on_numbers

# ---- support vector machines ----
for kernel, options in [("linear", {}), ("poly", {"degree": 3, "coef0": 1.0}), ("poly", {"degree": 2, "gamma": 0.1}),
                        ("rbf", {}), ("sigmoid", {"gamma": "auto", "coef0": 0.5})]:
    for target in ["binary", "threetext"]:
        case(f"SVC({kernel} {target} {options})", "vector machines",
             on_numbers("svm.SVC", target, kernel=kernel, **options))
    case(f"SVR({kernel} {options})", "vector machines", on_numbers("svm.SVR", "number", kernel=kernel, **options))
for target in ["text", "three"]:
    case(f"SVC(probability {target})", "vector machines", on_numbers("svm.SVC", target, probability=True, random_state=1))
    case(f"NuSVC(probability {target})", "vector machines",
         on_numbers("svm.NuSVC", target, probability=True, random_state=1, nu=0.2))
case("SVC(ovo)", "vector machines", on_numbers("svm.SVC", "three", decision_function_shape="ovo"))
case("SVC(ovo binary)", "vector machines", on_numbers("svm.SVC", "floats", decision_function_shape="ovo"), pickled=2)
case("SVC(break_ties)", "vector machines", on_numbers("svm.SVC", "three", break_ties=True, C=0.1))
case("SVC(balanced)", "vector machines", on_numbers("svm.SVC", "three", class_weight="balanced", C=10))
case("SVC(frame)", "vector machines", on_numbers("svm.SVC", "binary", frame=True), pickled=5)
case("SVC(sparse)", "vector machines",
     on_numbers(lambda rng: new("pipeline.make_pipeline", new("preprocessing.KBinsDiscretizer", n_bins=4), new("svm.SVC")), "three"))
case("NuSVC", "vector machines", on_numbers("svm.NuSVC", "threetext", nu=0.2))
case("NuSVR", "vector machines", on_numbers("svm.NuSVR", "number", nu=0.3))
case("SVR(scaled)", "vector machines",
     on_numbers(lambda rng: new("pipeline.make_pipeline", new("preprocessing.StandardScaler"), new("svm.SVR", C=5)), "number"))
for kernel in ["rbf", "linear"]:
    case(f"OneClassSVM({kernel})", "vector machines", on_numbers("svm.OneClassSVM", "none", kernel=kernel, nu=0.2))

# ---- neighbours ----
# Metrics with ties between training rows (hamming) only by radius: which of them count is open elsewhere.
for target in ["binary", "threetext"]:
    for weights in ["uniform", "distance"]:
        case(f"KNeighborsClassifier({target} {weights})", "neighbors",
             on_numbers("neighbors.KNeighborsClassifier", target, weights=weights, n_neighbors=7))
for metric, options in [("manhattan", {}), ("minkowski", {"p": 3}), ("minkowski", {"p": 1}), ("cosine", {}),
                        ("canberra", {}), ("braycurtis", {}), ("sqeuclidean", {})]:
    case(f"KNeighborsClassifier({metric} {options})", "neighbors",
         on_numbers("neighbors.KNeighborsClassifier", "three", metric=metric, positive="strictly", **options))
for algorithm in ["brute", "ball_tree", "kd_tree"]:
    for weights in ["uniform", "distance"]:
        case(f"KNeighborsRegressor({algorithm} {weights})", "neighbors",
             on_numbers("neighbors.KNeighborsRegressor", "number", algorithm=algorithm, weights=weights))
case("KNeighborsRegressor(two)", "neighbors", on_numbers("neighbors.KNeighborsRegressor", "two", frame=True), pickled=5)
case("KNeighborsRegressor(integers)", "neighbors", on_numbers("neighbors.KNeighborsRegressor", "three", n_neighbors=1), pickled=2)
for label in ["most_frequent", 2]:
    case(f"RadiusNeighborsClassifier({label})", "neighbors",
         on_numbers("neighbors.RadiusNeighborsClassifier", "three", radius=1.5, outlier_label=label,
                    weights="uniform" if label == 2 else "distance"))
case("RadiusNeighborsClassifier(chebyshev)", "neighbors",
     on_numbers("neighbors.RadiusNeighborsClassifier", "text", radius=2, metric="chebyshev", outlier_label="no"))
case("RadiusNeighborsClassifier(hamming)", "neighbors",
     on_numbers("neighbors.RadiusNeighborsClassifier", "text", radius=0.8, metric="hamming", outlier_label="yes"))
for target in ["number", "three"]:
    for weights in ["uniform", "distance"]:
        case(f"RadiusNeighborsRegressor({target} {weights})", "neighbors",
             on_numbers("neighbors.RadiusNeighborsRegressor", target, radius=1.5, weights=weights))
case("KNeighborsClassifier(sparse)", "neighbors",
     on_numbers(lambda rng: new("pipeline.make_pipeline", new("preprocessing.Normalizer"),
                                new("compose.ColumnTransformer", [("s", new("preprocessing.MaxAbsScaler"), [0, 2]),
                                                                  ("o", new("preprocessing.KBinsDiscretizer", n_bins=3), [3])]),
                                new("neighbors.KNeighborsClassifier")), "three"))
for what, target, options in [("binary", "binary", {}), ("three", "threetext", {}), ("manhattan", "three", {"metric": "manhattan"}),
                              ("shrunken", "three", {"shrink_threshold": 0.3}), ("empirical", "three", {"priors": "empirical"}),
                              ("empirical binary", "binary", {"priors": "empirical"}),
                              ("empirical manhattan", "three", {"priors": "empirical", "metric": "manhattan"})]:
    case(f"NearestCentroid({what})", "neighbors", on_numbers("neighbors.NearestCentroid", target, **options))
for what, options in [("default", {}), ("contamination", {"contamination": 0.1, "n_neighbors": 5}), ("manhattan", {"metric": "manhattan"}),
                      ("brute", {"algorithm": "brute"})]:
    case(f"LocalOutlierFactor({what})", "neighbors", on_numbers("neighbors.LocalOutlierFactor", "none", novelty=True, **options))


def continuous(path, missing, mark=numpy.nan, empty=False, **options):
    """Columns without repeated values, so that no two training rows are as near as each other."""
    def build(rng, rows):
        x, test = rng.normal(size=(TRAINING_ROWS, 4)), rng.normal(size=(rows, 4))
        for values in (x, test):
            values[rng.random(values.shape) < missing] = mark
        if empty:
            x[:, 2] = mark
        return new(path, **options), x, None, test
    return build


for weights in ["uniform", "distance"]:
    case(f"KNNImputer({weights})", "imputers", continuous("impute.KNNImputer", 0.3, weights=weights))
case("KNNImputer(indicator)", "imputers", continuous("impute.KNNImputer", 0.3, add_indicator=True, n_neighbors=2))
case("KNNImputer(mark)", "imputers", continuous("impute.KNNImputer", 0.5, mark=-1.0, missing_values=-1, n_neighbors=3))
case("KNNImputer(empty)", "imputers", continuous("impute.KNNImputer", 0.4, empty=True))
case("KNNImputer(keep empty)", "imputers", continuous("impute.KNNImputer", 0.4, empty=True, keep_empty_features=True, n_neighbors=1000))

# ---- texts ----
WORDS = ["the", "cat", "Katze", "sat", "on", "a", "mat", "don't", "naïve", "Straße", "ΣΊΣΥΦΟΣ", "İstanbul", "ﬁne", "x_y", "42", "3.14",
         "東京", "ｆｕｌｌ", "½", "한국어", "é", "Ⅻ", "and", "not", "nine", "Ǆ", "²", "été", "e\u0301te\u0301", "ΟΔΟΣ.", "ÅNGSTRÖM"]
SPACES = [" ", " ", " ", "  ", "\n", "\t\t ", "\u00a0", "\u2003", "-", ", "]


def documents(rng, count):
    out = ["", " ", "\n", "a", "I", "the cat", "THE CAT", "ΑΣ", "Σ", "aΣ'b", "İ", "\x1c\x1d", "ab\u200dcd"]
    while len(out) < count:
        out.append("".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.integers(1, 12))))
    return out[:count]


def on_texts(make, target="none"):
    def build(rng, rows):
        train = documents(rng, 150)
        y = None if target == "none" else numpy.array([len(text) % target for text in train])
        return make(), train, y, documents(rng, rows)
    return build


TEXT = "feature_extraction.text."
for what, options in [("", {}), ("bigrams", {"ngram_range": (1, 2)}), ("bigrams only", {"ngram_range": (2, 3), "stop_words": "english"}),
                      ("case", {"lowercase": False, "binary": True}), ("unicode", {"strip_accents": "unicode"}),
                      ("ascii", {"strip_accents": "ascii", "min_df": 2}), ("one", {"token_pattern": r"(?u)\b\w+\b"}),
                      ("three", {"token_pattern": r"\w\w\w+"}), ("stops", {"stop_words": ["the", "katze"], "ngram_range": (1, 2)}),
                      ("char", {"analyzer": "char", "ngram_range": (1, 3)}), ("char unicode", {"analyzer": "char", "strip_accents": "unicode"}),
                      ("char_wb", {"analyzer": "char_wb", "ngram_range": (2, 5)}),
                      ("vocabulary", {"vocabulary": ["cat", "mat", "東京"]}), ("few", {"max_features": 7})]:
    case(f"CountVectorizer({what})", "text", on_texts(lambda options=options: new(TEXT + "CountVectorizer", **options)))
for what, options in [("", {}), ("sublinear", {"sublinear_tf": True}), ("l1", {"norm": "l1"}), ("no norm", {"norm": None}),
                      ("no idf", {"use_idf": False}), ("no smoothing", {"smooth_idf": False}), ("float32", {"dtype": numpy.float32}),
                      ("char_wb", {"analyzer": "char_wb", "ngram_range": (2, 4), "sublinear_tf": True})]:
    case(f"TfidfVectorizer({what})", "text", on_texts(lambda options=options: new(TEXT + "TfidfVectorizer", **options)))
for what, options in [("", {}), ("l1", {"norm": "l1", "ngram_range": (1, 2)}), ("no sign", {"alternate_sign": False, "norm": None}),
                      ("binary", {"binary": True, "norm": None}), ("english", {"stop_words": "english", "strip_accents": "unicode"}),
                      ("char", {"analyzer": "char", "ngram_range": (1, 6)})]:
    case(f"HashingVectorizer({what})", "text",
         on_texts(lambda options=options: new(TEXT + "HashingVectorizer", n_features=61, **options)))
case("TfidfTransformer", "text",
     on_texts(lambda: new("pipeline.make_pipeline", new(TEXT + "CountVectorizer"), new(TEXT + "TfidfTransformer"))))
case("TfidfTransformer(sublinear)", "text",
     on_numbers("feature_extraction.text.TfidfTransformer", "none", positive="counts", sublinear_tf=True))
case("FeatureUnion(texts)", "text",
     on_texts(lambda: new("pipeline.make_pipeline",
                          new("pipeline.make_union", new(TEXT + "TfidfVectorizer"), new(TEXT + "CountVectorizer", analyzer="char")),
                          new("svm.SVC", C=10)), 3))
case("Pipeline(HashingVectorizer, SVC)", "text",
     on_texts(lambda: new("pipeline.make_pipeline", new(TEXT + "HashingVectorizer", n_features=2**12), new("svm.SVC", kernel="linear")), 2))
for vectorizer, options in [("HashingVectorizer", {}), ("HashingVectorizer", {"binary": True, "n_features": 97}), ("TfidfVectorizer", {}),
                            ("CountVectorizer", {"ngram_range": (1, 2)})]:
    for target in [2, 3]:
        case(f"LogisticRegression({vectorizer} {options} {target})", "text",
             on_texts(lambda vectorizer=vectorizer, options=options: new(
                 "pipeline.make_pipeline", new(TEXT + vectorizer, **options), new("linear_model.LogisticRegression")), target))


def on_mixed_texts(rng, rows):
    def table(count):
        return pandas.DataFrame({"age": rng.normal(40, 12, count), "title": documents(rng, count),
                                 "city": rng.choice(["Ghent", "Łódź"], count)})
    transformer = new("compose.ColumnTransformer", [
        ("text", new(TEXT + "TfidfVectorizer"), "title"), ("chars", new(TEXT + "CountVectorizer", analyzer="char"), "title"),
        ("same", new("preprocessing.OneHotEncoder", handle_unknown="ignore"), ["title"]),
        ("city", new("preprocessing.OneHotEncoder"), ["city"]), ("age", new("preprocessing.StandardScaler"), ["age"])])
    return transformer, table(150), None, table(rows)


case("ColumnTransformer(texts)", "text", on_mixed_texts)


def on_dicts(rng, rows):
    def dicts(count, cities):
        out = []
        for _ in range(count):
            row = {"age": float(rng.normal()), "city": str(rng.choice(cities)), "n": int(rng.integers(5)), "size=x": 1.0}
            out.append({key: row[key] for key in row if key != "size=x" and rng.random() > 0.2})
        return out
    return new("feature_extraction.DictVectorizer"), dicts(150, ["Ghent", "Łódź", ""]), None, dicts(rows, ["Ghent", "", "Paris"])


case("DictVectorizer", "text", on_dicts)

# ---- discriminant analysis ----
for target in ["binary", "threetext"]:
    for solver, options in [("svd", {}), ("lsqr", {"shrinkage": 0.2}), ("eigen", {"shrinkage": "auto"})]:
        case(f"LinearDiscriminantAnalysis({solver} {target})", "discriminant",
             on_numbers("discriminant_analysis.LinearDiscriminantAnalysis", target, solver=solver, **options))
    for what, options in [("", {}), ("regularized", {"reg_param": 0.3, "priors": [0.2, 0.8] if target == "binary" else [0.2, 0.3, 0.5]})]:
        case(f"QuadraticDiscriminantAnalysis({target} {what})", "discriminant",
             on_numbers("discriminant_analysis.QuadraticDiscriminantAnalysis", target, **options))
for solver in ["svd", "eigen"]:
    case(f"LinearDiscriminantAnalysis({solver} transform)", "discriminant",
         on_numbers(lambda rng, solver=solver: new("pipeline.make_pipeline",
                                                   new("discriminant_analysis.LinearDiscriminantAnalysis", solver=solver, n_components=1),
                                                   new("preprocessing.StandardScaler")), "three"))

# ---- mixtures ----
for covariance in ["full", "tied", "diag", "spherical"]:
    case(f"GaussianMixture({covariance})", "mixtures",
         on_numbers("mixture.GaussianMixture", "none", covariance_type=covariance, n_components=3, random_state=1))
    for prior in ["dirichlet_process", "dirichlet_distribution"]:
        case(f"BayesianGaussianMixture({covariance} {prior})", "mixtures",
             on_numbers("mixture.BayesianGaussianMixture", "none", covariance_type=covariance, n_components=4, random_state=1,
                        weight_concentration_prior_type=prior))

# ---- splines ----
for extrapolation in ["constant", "linear", "continue", "periodic"]:
    for degree in [1, 2, 3, 5]:
        case(f"SplineTransformer({extrapolation} {degree})", "splines",
             on_numbers("preprocessing.SplineTransformer", "none", extrapolation=extrapolation, degree=degree, n_knots=7))
case("SplineTransformer(steps)", "splines", on_numbers("preprocessing.SplineTransformer", "none", extrapolation="continue", degree=0))
case("SplineTransformer(lines)", "splines", on_numbers("preprocessing.SplineTransformer", "none", extrapolation="linear", degree=0))
case("SplineTransformer(quantile)", "splines",
     on_numbers("preprocessing.SplineTransformer", "none", knots="quantile", include_bias=False, n_knots=4))
case("SplineTransformer(sparse)", "splines",
     on_numbers("preprocessing.SplineTransformer", "none", extrapolation="periodic", sparse_output=True))
case("SplineTransformer(missing)", "splines", on_numbers("preprocessing.SplineTransformer", "none", missing=0.2, handle_missing="zeros"))


# ---- Gaussian processes ----
def kernels():
    k = importlib.import_module("sklearn.gaussian_process.kernels")
    return {
        "rbf": 2.0 * k.RBF(1.5) + k.WhiteKernel(0.3), "ard": k.RBF([1.0, 2.0, 20.0, 0.7]) + k.WhiteKernel(0.1),
        "matern 0.5": k.Matern(2.0, nu=0.5) + k.WhiteKernel(), "matern 1.5": k.Matern(2.0, nu=1.5) * k.ConstantKernel(0.7) + k.WhiteKernel(),
        "matern 2.5": k.Matern([1.0, 2.0, 9.0, 1.0], nu=2.5) + k.WhiteKernel(), "matern inf": k.Matern(2.0, nu=numpy.inf) + k.WhiteKernel(),
        "rational": k.RationalQuadratic(1.3, 0.7) + k.WhiteKernel(), "dot": k.DotProduct(0.5) + k.WhiteKernel(0.5),
        "power": k.DotProduct(0.5) ** 2 * k.RBF(3.0) + k.WhiteKernel(0.5),
    }


for name in ["rbf", "ard", "matern 0.5", "matern 1.5", "matern 2.5", "matern inf", "rational", "dot", "power"]:
    case(f"GaussianProcessRegressor({name})", "processes",
         on_numbers(lambda rng, name=name: new("gaussian_process.GaussianProcessRegressor", kernels()[name], optimizer=None,
                                               normalize_y=name == "rbf"), "number", train=60))
    case(f"GaussianProcessClassifier({name})", "processes",
         on_numbers(lambda rng, name=name: new("gaussian_process.GaussianProcessClassifier", kernels()[name], optimizer=None), "text", train=60))
case("GaussianProcessRegressor(default)", "processes", on_numbers("gaussian_process.GaussianProcessRegressor", "number", train=60))
case("GaussianProcessRegressor(two)", "processes", on_numbers("gaussian_process.GaussianProcessRegressor", "two", alpha=0.1, normalize_y=True, train=60))
case("GaussianProcessRegressor(fitted)", "processes",
     on_numbers(lambda rng: new("gaussian_process.GaussianProcessRegressor", kernels()["rbf"]), "number", train=60))
case("GaussianProcessClassifier(three)", "processes", on_numbers("gaussian_process.GaussianProcessClassifier", "three", optimizer=None, train=60))
