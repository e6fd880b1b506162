"""Cases that came later: a case's number seeds its data, so new ones stand behind all others.

SPDX-License-Identifier: Apache-2.0
"""

from cases import case, new, on_numbers

# ---- several targets at once ----


def several(path, options):
    options = dict(options)
    inner = options.pop("estimator", None)
    first = [new(inner)] if inner else []
    base = options.pop("base", None)
    return new(path, *first, *([new(base)] if base else []), **options)


for what, path, options in [
    ("MultiOutputClassifier(GaussianNB)", "multioutput.MultiOutputClassifier", {"estimator": "naive_bayes.GaussianNB"}),
    ("MultiOutputClassifier(LinearSVC)", "multioutput.MultiOutputClassifier", {"estimator": "svm.LinearSVC"}),
    ("ClassifierChain(predict_proba)", "multioutput.ClassifierChain", {"base": "linear_model.LogisticRegression", "chain_method": "predict_proba"}),
    ("OneVsRestClassifier(labels)", "multiclass.OneVsRestClassifier", {"estimator": "linear_model.LogisticRegression"}),
    ("OneVsRestClassifier(labels, GaussianNB)", "multiclass.OneVsRestClassifier", {"estimator": "naive_bayes.GaussianNB"}),
    ("MLPClassifier(labels)", "neural_network.MLPClassifier", {"hidden_layer_sizes": (5,), "max_iter": 30, "random_state": 1}),
    ("RidgeClassifier(labels)", "linear_model.RidgeClassifier", {}),
    ("DecisionTreeClassifier(labels)", "tree.DecisionTreeClassifier", {"max_depth": 4, "random_state": 1}),
    ("RandomForestClassifier(labels)", "ensemble.RandomForestClassifier", {"n_estimators": 5, "max_depth": 4, "random_state": 1}),
    ("ExtraTreesClassifier(labels)", "ensemble.ExtraTreesClassifier", {"n_estimators": 5, "max_depth": 4, "random_state": 1}),
    ("KNeighborsClassifier(labels)", "neighbors.KNeighborsClassifier", {}),
    ("KNeighborsClassifier(labels, distance)", "neighbors.KNeighborsClassifier", {"weights": "distance"}),
]:
    case(what, "targets", on_numbers(lambda rng, path=path, options=options: several(path, options), "labels"))
for what, path, options in [
    ("MultiOutputClassifier(words)", "multioutput.MultiOutputClassifier", {"estimator": "linear_model.LogisticRegression"}),
    ("RandomForestClassifier(words)", "ensemble.RandomForestClassifier", {"n_estimators": 5, "max_depth": 4, "random_state": 1}),
    ("DecisionTreeClassifier(words)", "tree.DecisionTreeClassifier", {"max_depth": 4, "random_state": 1}),
    ("KNeighborsClassifier(words)", "neighbors.KNeighborsClassifier", {}),
]:
    case(what, "targets", on_numbers(lambda rng, path=path, options=options: several(path, options), "words"))

# ---- kernels ----
for kernel in ["linear", "poly", "rbf", "sigmoid", "laplacian"]:
    case(f"KernelRidge({kernel})", "kernels", on_numbers("kernel_ridge.KernelRidge", "number", kernel=kernel, gamma=0.05, degree=2, train=60))
case("KernelRidge(two)", "kernels", on_numbers("kernel_ridge.KernelRidge", "two", kernel="rbf", train=60))
for kernel in ["linear", "poly", "rbf"]:
    case(f"KernelPCA({kernel})", "kernels", on_numbers("decomposition.KernelPCA", "none", kernel=kernel, n_components=2, degree=2, gamma=0.05, train=60))
    case(f"Nystroem({kernel})", "kernels",
         on_numbers("kernel_approximation.Nystroem", "none", kernel=kernel, n_components=4, random_state=1, train=60, **({} if kernel == "linear" else {"gamma": 0.05})))
for name in ["LabelPropagation", "LabelSpreading"]:
    case(name, "kernels", on_numbers(f"semi_supervised.{name}", "threetext", gamma=0.05, train=60))

# ---- latent columns ----
for name in ["PLSRegression", "PLSCanonical", "CCA"]:
    case(name, "latent", on_numbers(f"cross_decomposition.{name}", "two", n_components=2))
case("PLSRegression(one)", "latent", on_numbers("cross_decomposition.PLSRegression", "number", scale=False))
case("PLSSVD", "latent", on_numbers("cross_decomposition.PLSSVD", "two", n_components=2))
case("NeighborhoodComponentsAnalysis", "latent", on_numbers("neighbors.NeighborhoodComponentsAnalysis", "three", n_components=2, random_state=1, max_iter=10))
case("SparseRandomProjection", "latent", on_numbers("random_projection.SparseRandomProjection", "none", n_components=3, random_state=1))
case("BernoulliRBM", "latent", on_numbers("neural_network.BernoulliRBM", "none", n_components=3, n_iter=3, random_state=1))
case("FeatureAgglomeration", "latent", on_numbers("cluster.FeatureAgglomeration", "none", n_clusters=2))
case("FactorAnalysis", "latent", on_numbers("decomposition.FactorAnalysis", "none", n_components=2))
case("EllipticEnvelope", "latent", on_numbers("covariance.EllipticEnvelope", "none", random_state=1))
case("RANSACRegressor", "latent", on_numbers("linear_model.RANSACRegressor", "number", random_state=1))
case("SelfTrainingClassifier", "latent", on_numbers(lambda rng: new("semi_supervised.SelfTrainingClassifier", new("naive_bayes.GaussianNB")), "three"))


# ---- FeatureHasher ----
def dicts(rng, rows):
    cities = ["Ghent", "Łódź", "", "São Paulo", "東京"]
    return [{"age": float(rng.integers(-3, 90)), "income": float(rng.normal()), "city": str(rng.choice(cities)), "zero": 0.0, "years": float(rng.integers(0, 3))}
            for _ in range(rows)]


def hashed(form, final=None, **options):
    """A FeatureHasher on dicts, on pairs, or on the texts alone; alone, or in front of an estimator."""
    def build(rng, rows):
        def rows_of(count):
            made = dicts(rng, count)
            if form == "pair":
                return [list(row.items()) for row in made]
            return [[row["city"], str(row["age"])] for row in made] if form == "string" else made
        hasher = new("feature_extraction.FeatureHasher", input_type=form, **options)
        train = rows_of(60)
        y = rng.integers(0, 2, 60)
        return (new("pipeline.make_pipeline", hasher, new(final)) if final else hasher), train, y, rows_of(rows)
    return build


NAMED = ("age", "city:text", "income", "years", "zero")
case("FeatureHasher(dict)", "text", hashed("dict", n_features=16), columns=NAMED)
case("FeatureHasher(dict, no signs)", "text", hashed("dict", n_features=7, alternate_sign=False), columns=NAMED)
case("FeatureHasher(pair)", "text", hashed("pair", n_features=32), columns=NAMED)
case("FeatureHasher(string)", "text", hashed("string", n_features=32), columns=("s0", "s1"))
case("FeatureHasher(dict), LogisticRegression", "text", hashed("dict", "linear_model.LogisticRegression", n_features=64), columns=NAMED)
