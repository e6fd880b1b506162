// --verify-with-python: the model file in the user's own Python, in a process of its own, and that
// library's answers as parity vectors. The one place where a model file is ever executed: only when
// asked for, and it says so on stderr.
//
//   ASSIGN_OR_RETURN(const auto vectors, vectors_from_python(loaded, "model.pkl", arguments, console));
//
// Rows are those of --rows, or else drawn from what the model looks at (sample_rows.h). Errors:
// kFailedPrecondition "app.python.*", with what Python said last.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/arguments.h"
#include "app/console.h"
#include "base/result.h"
#include "plan/parity.h"

namespace slipway::app {

Result<plan::ParityVectors> vectors_from_python(const plan::Plan& plan, const std::string& file,
                                                const Arguments& arguments, const Console& console);

}  // namespace slipway::app
