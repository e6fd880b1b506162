// Distances between the empirical distribution functions of two sorted samples, exact, in one pass.
//
//   const SortedDistances d = sorted_distances(reference, current);    // ascending, finite, not empty
//   d.ks, d.wasserstein
//
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace slipway::evaluation {

struct SortedDistances {
  double ks = 0;  // sup |F - G|: the two-sample Kolmogorov-Smirnov statistic
  double wasserstein =
      0;  // integral of |F - G|: the earth mover's distance, in the unit of the values
};
SortedDistances sorted_distances(std::span<const double> reference,
                                 std::span<const double> current);

}  // namespace slipway::evaluation
