// The trees of an XGBoost model file as one TreeEnsemble.
//
//   ASSIGN_OR_RETURN(TreeEnsemble trees, read_trees(forest, width, outputs));
//
// Nodes are numbered anew, level by level from each root, so what pruning left behind drops
// out. Errors: kInvalidArgument "model.xgboost.*" with the tree and, where there is one, the node.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/import/xgboost/value.h"
#include "model/tree_ensemble.h"

namespace slipway::model::xgboost {

struct Forest {
  std::vector<Value> trees;          // those to use, in order
  std::vector<std::int32_t> output;  // per tree: which sum it adds to
  std::vector<float> weight;         // per tree, of DART; empty: 1
  std::vector<float> detour;  // per output: added to each leaf and taken away again; empty: not
};

// The result has no base yet; check() has not seen it.
Result<TreeEnsemble> read_trees(const Forest& forest, std::uint32_t width, std::uint32_t outputs);

}  // namespace slipway::model::xgboost
