// How long scoring takes, and which engine is quickest for how many rows.
//
//   const Timing t = time_batches(scorer, rows, 32, {.seconds = 0.05});
//   ASSIGN_OR_RETURN(const EngineTable table, measured_table(ensemble, rows, options));
//
// Times are CPU times of the calling thread, so that neighbours on a shared machine do not count;
// rows rotate, so that no branch predictor learns them. Not for tests to decide on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/model.h"
#include "scoring/engine/choice.h"

namespace slipway::scoring {

struct Timing {
  double ns_per_row = 0;  // the median of the samples
  double p10_ns = 0;      // per row
  double p99_ns = 0;
  std::size_t samples = 0;
  double cpu_share = 0;  // CPU time of wall time: low on a machine that others use
};

struct TimingOptions {
  double seconds = 0.05;         // of a measurement
  double sample_seconds = 2e-4;  // calls are repeated up to this long for a sample
  bool wall = false;  // times the clock, not the CPU: of calls that several threads share
};

// Times run(first row, rows) with batches of `batch` from `rows` rows, turn by turn. Precondition:
// 0 < batch; run takes any first row for which the batch ends within `rows`.
Timing time_batches(std::size_t rows, std::size_t batch,
                    const std::function<void(std::size_t first, std::size_t rows)>& run,
                    const TimingOptions& options = {});

struct Measured {
  EngineTable table;
  std::vector<std::string> disabled;  // engines whose results were not the reference engine's
};

// Times the engines that can be made at 1, 8, 32, 64, 128 and 1024 rows and gives the quickest for
// each; a narrower one is kept where a wider one is less than 5 % quicker. Every engine must give
// the reference engine's bits on these rows, else it is left out and named. `rows` are `count` rows
// of the ensemble's width.
Measured measured_table(const model::TreeEnsemble& ensemble, const double* rows, std::size_t count,
                        isa::Isa isa, const TimingOptions& options = {.seconds = 0.004});

// The same for every ensemble of a model, on rows drawn from its own thresholds (draw.h): some 150 ms
// each.
std::map<std::size_t, Measured> measured_tables(const model::Model& model, isa::Isa isa);

}  // namespace slipway::scoring
