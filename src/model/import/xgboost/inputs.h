// The inputs of an XGBoost model: names, and the categories that the file holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/import/xgboost/value.h"
#include "model/model.h"

namespace slipway::model::xgboost {

struct Inputs {
  std::vector<Input> inputs;
  std::vector<std::string> notes;
};

// `learner` holds feature_names and feature_types, `cats` (3.1 on; may be missing) the categories of
// the training table. Without names, XGBoost calls features f0, f1, ...; a categorical
// feature without categories takes its codes as numbers.
// Errors: kInvalidArgument "model.xgboost.feature_names", "model.xgboost.cats".
Result<Inputs> read_inputs(Value learner, Value cats, std::uint32_t width);

}  // namespace slipway::model::xgboost
