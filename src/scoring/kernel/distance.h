// How far two points are from each other. Terms are added from the first column to the last.
//
//   const double d = distance(Metric::kMinkowski, 3, a, b, width);
//
// Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "model/operators/neighbors.h"

namespace slipway::scoring {

double distance(model::Metric metric, double p, const double* a, const double* b,
                std::size_t width);

}  // namespace slipway::scoring
