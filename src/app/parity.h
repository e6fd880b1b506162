// The training library's own answers, compared.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "app/arguments.h"
#include "app/console.h"
#include "base/result.h"
#include "plan/parity.h"

namespace slipway::app {

// By --rows and --expect, or by --verify-with-python (app/verify.h) on the model's `file`. Nothing if
// no option is given; an error if one is without the other.
Result<std::optional<plan::ParityVectors>> read_parity(const plan::Plan& plan,
                                                       const std::string& file,
                                                       const Arguments& arguments,
                                                       const Console& console);

}  // namespace slipway::app
