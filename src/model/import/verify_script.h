// The Python that --verify-with-python runs: it loads a model file with the library that made it and
// leaves that library's answers as .npy files. It is here because it knows the libraries, as the
// readers do; src/app/verify.h says how it is run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slipway::model {

extern const std::string_view kVerifyScript;

}  // namespace slipway::model
