// What a CatBoost model's raw score means: its link, its task, its classes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/import/catboost/parts.h"
#include "model/model.h"

namespace slipway::model {

// Adds what follows the trees, whose sums are the last node of `model`: scale and bias, classes
// that training never saw, the link, the label. Errors: kInvalidArgument "model.catboost.classes",
// "model.catboost.bias".
Result<void> add_catboost_outputs(const CatBoostParts& parts, Model* model);

}  // namespace slipway::model
