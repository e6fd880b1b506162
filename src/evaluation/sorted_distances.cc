// SPDX-License-Identifier: Apache-2.0
#include "evaluation/sorted_distances.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace slipway::evaluation {

SortedDistances sorted_distances(std::span<const double> reference,
                                 std::span<const double> current) {
  const auto n = static_cast<double>(reference.size()), m = static_cast<double>(current.size());
  SortedDistances out;
  std::size_t i = 0, j = 0;
  double gap = 0, previous = std::min(reference.front(), current.front());
  while (i < reference.size() || j < current.size()) {
    const bool from_reference =
        j == current.size() || (i < reference.size() && reference[i] <= current[j]);
    const double x = from_reference ? reference[i] : current[j];
    out.wasserstein += gap * (x - previous);
    while (i < reference.size() && reference[i] == x) ++i;
    while (j < current.size() && current[j] == x) ++j;
    gap = std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m);
    out.ks = std::max(out.ks, gap);
    previous = x;
  }
  return out;
}

}  // namespace slipway::evaluation
