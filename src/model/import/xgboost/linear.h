// gblinear: XGBoost's linear booster, as an ensemble of one-leaf trees whose leaf is linear in one
// feature. Adding these in order is what XGBoost does: bias first, then weight * x for each feature
// that is not missing, every step rounded to float.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "model/import/xgboost/value.h"
#include "model/tree_ensemble.h"

namespace slipway::model::xgboost {

// `booster` holds model.weights: per feature one weight for each output, then the biases. `base` has
// a margin per output. Errors: kInvalidArgument "model.xgboost.count", "model.xgboost.value".
Result<TreeEnsemble> read_linear(Value booster, std::span<const float> base, std::uint32_t width);

}  // namespace slipway::model::xgboost
