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
