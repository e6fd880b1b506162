// CatBoost's JSON format (save_model(format="json")).
//
// Numbers are read as they stand: with 17 digits they are the model's that was saved. CatBoost
// itself reads some of them up to a few units in the last place off. Errors: kInvalidArgument
// "model.catboost.*", with the path in the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "model/import/catboost/parts.h"

namespace slipway::model {

bool is_catboost_json(JsonView root);
Result<CatBoostParts> read_catboost_json(JsonView root);

}  // namespace slipway::model
