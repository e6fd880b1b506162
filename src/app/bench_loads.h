// slipway bench --loads: what loading a model costs, from its file to its first answer.
//
//   ASSIGN_OR_RETURN(const LoadTimes times, time_loads(reference, options, row, texts, 50));
//
// CPU time of the process, the file in the page cache; a package's parity rows are part of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "deploy/core/load.h"
#include "scoring/scorer.h"

namespace slipway::app {

struct LoadTimes {
  std::size_t loads = 0;
  double median_ms = 0, p10_ms = 0, p99_ms = 0;
};

// `row`: an encoded row of the model, with its texts. Precondition: 0 < loads. Errors: those of load_model and of scoring.
Result<LoadTimes> time_loads(const std::string& reference, const deploy::LoadOptions& options,
                             std::span<const double> row, scoring::Texts texts, std::size_t loads);

std::string load_times_text(const LoadTimes& times);
std::string load_times_json(const std::string& model, const LoadTimes& times);

}  // namespace slipway::app
