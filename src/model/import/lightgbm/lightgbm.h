// LightGBM's text format (Booster.save_model), versions v2 to v4.
//
// What the file means follows LightGBM's own predictor: see docs/reference/models.md. Objectives,
// missing-value kinds, categorical splits, linear trees, random forests, DART, multi-class and
// one-leaf trees are all read. The columns that were pandas categories come from the file's last
// line, `pandas_categorical`, and its parameter `categorical_feature`; where these leave it open
// which columns are meant, `categorical` must say. Errors: kInvalidArgument "model.lightgbm.*" with
// the line. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace slipway::model {

bool is_lightgbm_text(std::string_view bytes);
Result<Model> read_lightgbm_text(std::string_view text,
                                 const std::vector<std::string>& categorical = {});

}  // namespace slipway::model
