// What a CatBoost file says about its training, by key: the loss, the classes, the threshold.
// Other keys are passed over. Errors: kInvalidArgument "model.catboost.settings".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "model/import/catboost/parts.h"

namespace slipway::model {

// A value as the binary form has it: text, which is JSON for the keys that end in "params".
Result<void> read_setting(std::string_view key, std::string_view text, CatBoostParts* parts);
// As the JSON form has it.
Result<void> read_setting(std::string_view key, JsonView value, CatBoostParts* parts);

}  // namespace slipway::model
