// CatBoost's trees as one TreeEnsemble. An oblivious tree, which asks the same question on a whole
// level, becomes a perfect tree whose leaves keep the file's order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "model/import/catboost/parts.h"
#include "model/tree_ensemble.h"

namespace slipway::model {

// What a tree may ask: whether a column is above a threshold, as floats.
struct CatBoostCondition {
  std::uint32_t column = 0;
  float threshold = 0;
  bool nan_above = false;
};

// Rows have `width` columns. Errors: kInvalidArgument "model.catboost.tree" with the tree's number,
// "model.tree.*".
Result<TreeEnsemble> build_catboost_trees(const CatBoostTrees& trees,
                                          std::span<const CatBoostCondition> conditions,
                                          std::uint32_t width);

}  // namespace slipway::model
