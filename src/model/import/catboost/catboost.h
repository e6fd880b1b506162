// CatBoost models: .cbm files, save_model(format="json"), and the bytes inside a pickled estimator.
//
//   if (is_catboost(bytes)) ASSIGN_OR_RETURN(Model model, read_catboost(bytes));
//
// Float features are compared as floats, by the file's borders; categories travel as the hash of
// their text; CTR features are look-ups in the file's tables. Trees are oblivious or not. Text,
// embedding and estimated features are refused: kUnimplemented "model.catboost.text". What the file
// means follows CatBoost's own evaluator: docs/reference/models.md. Errors: kInvalidArgument
// "model.catboost.*", with the tree or feature. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

bool is_catboost(std::string_view bytes);
Result<Model> read_catboost(std::string_view bytes);

}  // namespace slipway::model
