"""The wrappers of XGBoost, LightGBM and CatBoost: alone in a pickle and at the end of a pipeline.

SPDX-License-Identifier: Apache-2.0
"""

import cases
from cases import case, new, on_numbers, on_table


def xgboost_model(kind, **options):
    import xgboost
    return getattr(xgboost, kind)(n_estimators=6, max_depth=3, n_jobs=1, **options)


def lightgbm_model(kind, **options):
    import lightgbm
    return getattr(lightgbm, kind)(n_estimators=6, num_leaves=6, min_child_samples=5, verbosity=-1, n_jobs=1, **options)


def catboost_model(kind, **options):
    import catboost
    return getattr(catboost, kind)(iterations=6, depth=3, verbose=False, thread_count=1, allow_writing_files=False, **options)


def prepared(final):
    transformer = new("compose.ColumnTransformer", [
        ("num", new("impute.SimpleImputer", strategy="median"), ["age", "income"]),
        ("cat", new("preprocessing.OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1), ["city"])])
    return new("pipeline.Pipeline", [("prep", transformer), ("model", final)])


cases.ALL.clear()
MAKERS = {"XGB": xgboost_model, "LGBM": lightgbm_model, "CatBoost": catboost_model}
for prefix, make in MAKERS.items():
    for target in ["binary", "three"] + (["text"] if prefix != "XGB" else []):
        case(f"{prefix}Classifier({target})", "boosters",
             on_numbers(lambda rng, make=make, prefix=prefix: make(f"{prefix}Classifier"), target, missing=0.1), pickled=5)
    case(f"{prefix}Regressor", "boosters",
         on_numbers(lambda rng, make=make, prefix=prefix: make(f"{prefix}Regressor"), "number", missing=0.1))
    case(f"{prefix}Regressor(positive)", "boosters",
         on_numbers(lambda rng, make=make, prefix=prefix: make(f"{prefix}Regressor", **(
             {"loss_function": "Poisson"} if prefix == "CatBoost" else {"objective": "count:poisson" if prefix == "XGB" else "poisson"})),
             "positive"), pickled=2)
    case(f"Pipeline({prefix}Classifier)", "boosters",
         on_table(lambda make=make, prefix=prefix: prepared(make(f"{prefix}Classifier")), "binary"))
    case(f"VotingClassifier({prefix})", "boosters",
         on_numbers(lambda rng, make=make, prefix=prefix: new("ensemble.VotingClassifier", [
             ("a", make(f"{prefix}Classifier")), ("b", new("naive_bayes.GaussianNB"))], voting="soft"), "three"))
case("XGBRFClassifier", "boosters", on_numbers(lambda rng: xgboost_model("XGBRFClassifier", random_state=1), "binary"))
case("XGBClassifier(missing=-1)", "boosters", on_numbers(lambda rng: xgboost_model("XGBClassifier", missing=-1.0), "binary"))
case("XGBClassifier(dart)", "boosters", on_numbers(lambda rng: xgboost_model("XGBClassifier", booster="dart", rate_drop=0.5), "three"))
case("LGBMClassifier(dart)", "boosters", on_numbers(lambda rng: lightgbm_model("LGBMClassifier", boosting_type="dart"), "three"))
