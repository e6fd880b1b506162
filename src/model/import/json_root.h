// Which keys the outermost object of a JSON text has, without parsing it: how formats that share
// JSON are told apart.
//
//   if (has_root_key(bytes, "learner")) ...        // XGBoost
//
// Looks no further than the key. The text need not be valid; the parser that comes next will say.
// Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slipway::model {

// False for what is no object. Keys are compared as they are written, escapes and all.
bool has_root_key(std::string_view json, std::string_view key);

}  // namespace slipway::model
