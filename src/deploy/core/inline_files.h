// Files that a caller sends along with a load: where they lie within the model's folder, and as base64.
//
//   ASSIGN_OR_RETURN(std::string bytes, decode_base64("AAEC"));
//   RETURN_IF_ERROR(write_inline_files({{"1/model.onnx", bytes}}, folder));
//
// A path is relative, of at most three names, and never leaves the folder. Errors: kInvalidArgument
// "deploy.inline_file", kInternal for a path that is too long (as Triton). Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace slipway::deploy {

// RFC 4648, with or without padding; no spaces.
Result<std::string> decode_base64(std::string_view text);

Result<void> write_inline_files(const std::vector<std::pair<std::string, std::string>>& files,
                                const std::string& folder);

}  // namespace slipway::deploy
