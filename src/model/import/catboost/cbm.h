// CatBoost's binary format (.cbm): "CBM1", a FlatBuffers message, then the tables of CTR features.
// Errors: kInvalidArgument "model.catboost.*"; kUnimplemented "model.catboost.text" for models over
// text or embedding features.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/import/catboost/parts.h"

namespace slipway::model {

bool is_cbm(std::string_view bytes);
Result<CatBoostParts> read_cbm(std::string_view bytes);

}  // namespace slipway::model
