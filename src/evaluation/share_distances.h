// Distances between two distributions over the same bins, given as shares that sum to 1.
//
//   jensen_shannon(reference, current)      // 0 for equal ones, 0.8326 for ones that share no bin
//
// Pure functions; safe from any thread. The spans have the same length.
// Source of the first: Endres and Schindelin, "A new metric for probability distributions" (2003).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace slipway::evaluation {

// The square root of the Jensen-Shannon divergence in nats: a metric, 0 to sqrt(ln 2).
double jensen_shannon(std::span<const double> reference, std::span<const double> current);
// sqrt(sum (sqrt r - sqrt c)^2 / 2): 0 to 1.
double hellinger(std::span<const double> reference, std::span<const double> current);
// The largest difference of two shares of one bin: 0 to 1.
double l_infinity(std::span<const double> reference, std::span<const double> current);

}  // namespace slipway::evaluation
