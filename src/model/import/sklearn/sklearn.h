// scikit-learn estimators out of pickles and joblib files, versions 1.2 to 1.9.
//
//   ASSIGN_OR_RETURN(Model model, read_sklearn(document));
//
// A pipeline becomes one graph, from the columns that it was fitted on to what it predicts (or
// transforms to). Which estimators are known: registry.h and docs/reference/models.md; any other is
// refused by name with the ways on. `start_at` names a step of a pipeline to start from: its inputs
// are then what the steps before it produced. Errors: "model.sklearn.*". Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/pickle.h"
#include "model/model.h"

namespace slipway::model {

// `columns`: what callers send, for a FeatureHasher, which keeps no names: "age", "city:text".
Result<Model> read_sklearn(const pickle::Document& document, const std::string& start_at = "",
                           const std::vector<std::string>& columns = {});

// Whether the pickle's root is an estimator of scikit-learn.
bool is_sklearn(const pickle::Document& document);

}  // namespace slipway::model
