// One tree of a LightGBM dump, whose nodes hang in each other, as the lines of a text file, whose
// nodes have numbers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace slipway::model {

// kInvalidArgument "model.lightgbm.dump".
Error dump_error(std::string_view what);

// Appends num_leaves and what follows it, up to an empty line. `tree` is an item of tree_info.
Result<void> append_dump_tree(JsonView tree, std::string* out);

}  // namespace slipway::model
