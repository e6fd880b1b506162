// The Python that --verify-with-python runs: it loads a model file with the library that made it and
// leaves that library's answers as .npy files. src/app/verify.h says how it is run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slipway::app {

extern const std::string_view kVerifyScript;

}  // namespace slipway::app
