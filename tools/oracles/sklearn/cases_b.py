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
