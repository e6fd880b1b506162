// --rows and --expect: the training library's own answers, compared.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "app/arguments.h"
#include "base/result.h"
#include "plan/parity.h"

namespace slipway::app {

// Nothing if neither option is given; an error if one is without the other.
Result<std::optional<plan::ParityVectors>> read_parity(const plan::Plan& plan,
                                                       const Arguments& arguments);

}  // namespace slipway::app
