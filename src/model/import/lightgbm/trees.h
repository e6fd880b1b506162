// The Tree= sections of a LightGBM text file as one TreeEnsemble.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/import/lightgbm/text.h"
#include "model/tree_ensemble.h"

namespace slipway::model {

// width: features of a row; outputs: trees per iteration. Errors name the tree's line. The result
// has passed check().
Result<TreeEnsemble> read_lightgbm_trees(const std::vector<TextSection>& trees, std::uint32_t width,
                                         std::uint32_t outputs);

}  // namespace slipway::model
