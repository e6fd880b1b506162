// Rows to measure and check engines with where the user gave none: values drawn from a forest's own
// thresholds, so that every branch is taken.
//
//   const std::vector<double> rows = draw_rows(ensemble, 2048, seed);      // row-major
//
// The same seed gives the same rows on every machine. Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/model.h"
#include "model/tree_ensemble.h"

namespace slipway::scoring {

// Numbers: uniform over the bins that a feature's thresholds make, 1 in 50 missing. Categories:
// uniform over those of the sets, and one beyond. Features that no split reads: 0.
std::vector<double> draw_rows(const model::TreeEnsemble& ensemble, std::size_t count,
                              std::uint64_t seed);

// The same for all inputs of a model: features of trees that read the inputs themselves as above,
// other numbers from -2 to 2, categories among those listed. Texts are not drawn.
std::vector<double> draw_inputs(const model::Model& model, std::size_t count, std::uint64_t seed);

}  // namespace slipway::scoring
