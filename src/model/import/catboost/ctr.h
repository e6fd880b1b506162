// CatBoost's CTR features as tables: what each feature is worth is computed for every key here, so
// that scoring is a look-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/import/catboost/parts.h"
#include "model/operators/category_statistics.h"

namespace slipway::model {

class CatBoostInputs;

struct CtrColumns {
  CategoryStatistics op;              // reads the inputs
  std::vector<std::uint32_t> column;  // per CTR feature: its column of the operator
};

// Errors: kInvalidArgument "model.catboost.ctr", "model.catboost.ctr_missing" where a table is not
// in the file, "model.catboost.too_large".
Result<CtrColumns> make_ctr_columns(const CatBoostParts& parts, const CatBoostInputs& inputs);

}  // namespace slipway::model
