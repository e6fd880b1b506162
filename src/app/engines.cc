// SPDX-License-Identifier: Apache-2.0
#include "app/engines.h"

#include <utility>

#include "base/env.h"
#include "base/log.h"
#include "plan/engine_choice.h"
#include "scoring/measure.h"

namespace slipway::app {

Result<plan::EngineOptions> measure_engines(const plan::Plan& plan, const std::string& home) {
  plan::EngineOptions options;
  for (auto& [node, measured] : scoring::measured_tables(plan.model(), options.isa)) {
    for (const auto& name : measured.disabled)
      log_error("engine {} gives other bits than the reference engine here and is not used", name);
    options.tables.emplace(node, std::move(measured.table));
  }
  if (options.tables.empty()) return options;
  RETURN_IF_ERROR(
      plan::EngineChoice(posix_env(), home).write(plan.digest(), options.isa, options.tables));
  return options;
}

}  // namespace slipway::app
