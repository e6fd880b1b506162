// SPDX-License-Identifier: Apache-2.0
#include "evaluation/psi.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/math/elementary.h"
#include "evaluation/finite.h"

namespace slipway::evaluation {
namespace {

constexpr double kSmallShare = 1e-4;

double smallest_positive(std::span<const double> shares) {
  double smallest = 1;
  for (const double share : shares) {
    if (share > 0) smallest = std::min(smallest, share);
  }
  return smallest;
}

void fill_empty(std::vector<double>& shares, Fill fill) {
  if (fill == Fill::kFloor) {
    for (double& share : shares) share = std::max(share, kSmallShare);
    return;
  }
  const double smallest = smallest_positive(shares);
  std::replace(shares.begin(), shares.end(), 0.0,
               smallest <= kSmallShare ? smallest / 1e6 : kSmallShare);
}

bool is_empty(std::span<const double> shares) {
  return std::all_of(shares.begin(), shares.end(), [](double share) { return share == 0; });
}

}  // namespace

std::vector<double> shares_of(std::span<const std::int64_t> counts) {
  const std::int64_t rows = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  std::vector<double> shares(counts.size(), 0.0);
  if (rows == 0) return shares;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) shares[bin] = ratio(counts[bin], rows);
  return shares;
}

std::optional<double> population_stability_index(std::span<const std::int64_t> reference_counts,
                                                 std::span<const std::int64_t> current_counts,
                                                 Fill fill) {
  DCHECK(reference_counts.size() == current_counts.size());
  std::vector<double> reference = shares_of(reference_counts), current = shares_of(current_counts);
  if (is_empty(reference) || is_empty(current)) return std::nullopt;
  fill_empty(reference, fill);
  fill_empty(current, fill);
  double psi = 0;
  for (std::size_t bin = 0; bin < reference.size(); ++bin) {
    psi += (current[bin] - reference[bin]) * math::log(current[bin] / reference[bin]);
  }
  return finite(psi);
}

}  // namespace slipway::evaluation
