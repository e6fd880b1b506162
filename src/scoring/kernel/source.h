// Trees whose columns come out of the model's inputs by operators that only pick, compare and look up (CatBoost's categories):
// they can be asked of the inputs themselves, without a column in between.
//
//   if (auto source = source_of_trees(model, node)) kernel = sourced_trees_kernel(trees, *source, engines);
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/model.h"
#include "scoring/engine/row_source.h"

namespace slipway::scoring {

// Nothing if the node is no ensemble, reads the inputs as they are, or operators of other kinds stand before it.
// Precondition: check(model) passed.
std::optional<RowSource> source_of_trees(const model::Model& model, std::size_t node);

}  // namespace slipway::scoring
