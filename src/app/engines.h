// Which engines are quickest for a model on this machine: measured once, kept beside the packages.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "plan/plan.h"

namespace slipway::app {

// Some 150 ms per ensemble of the model; nothing to do for one without. Writes what it found
// (plan/engine_choice.h) and gives the options to compile the model anew with. An engine that does not
// give the reference engine's bits is logged and left out.
Result<plan::EngineOptions> measure_engines(const plan::Plan& plan, const std::string& home);

}  // namespace slipway::app
