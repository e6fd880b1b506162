// The Python that `slipway bench --against` runs: other libraries and slipway's C interface, turn by
// turn in one process, on the same rows. It is here because it knows the libraries, as the readers
// do; src/app/rivals.h says how it is run.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace slipway::model {

extern const std::string_view kRivalsScript;

}  // namespace slipway::model
