// The inputs of an XGBoost model: names, and the categories that the file holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/import/xgboost/objective.h"
#include "model/import/xgboost/value.h"
#include "model/model.h"

namespace slipway::model::xgboost {

struct Inputs {
  std::vector<Input> inputs;
  std::vector<std::string> notes;
};

// `learner` holds feature_names and feature_types, `cats` (3.1 on; may be missing) the categories of
// the training table. Without names, XGBoost calls features f0, f1, ...; a categorical
// feature without categories takes its codes as numbers, and so does one whose texts are not ASCII
// in a file of before 3.4: XGBoost cut such texts at the wrong bytes.
// Errors: kInvalidArgument "model.xgboost.feature_names", "model.xgboost.cats".
Result<Inputs> read_inputs(Value learner, Value cats, Version version, std::uint32_t width);

}  // namespace slipway::model::xgboost
