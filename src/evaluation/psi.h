// Population stability index between two binned samples, and the shares it is computed from.
//
//   const auto psi = population_stability_index(reference_counts, current_counts, Fill::kFloor);
//   if (psi && *psi >= 0.2) ...           // industry habit: < 0.1 stable, 0.1-0.2 moving, >= 0.2 drifted
//
// Source: Siddiqi, "Credit Risk Scorecards" (2006). Pure functions; safe from any thread. Both samples are counted in the
// same bins (bins.h), and the spans have the same length.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway::evaluation {

// What an empty bin counts as, since its logarithm would be infinite. Shares are not renormalised afterwards.
enum class Fill : std::uint8_t {
  kFloor,  // every share counts as at least 1e-4, on both sides alike: one stray row moves nothing
  kEvidently,  // empty bins only, per side: 1e-4, or a millionth of the smallest share if that is 1e-4 or less
};

// counts / sum of counts; all zero for an empty sample.
std::vector<double> shares_of(std::span<const std::int64_t> counts);

// sum over bins of (c - r) * ln(c / r): >= 0, in nats. Absent if a sample has no rows.
std::optional<double> population_stability_index(std::span<const std::int64_t> reference_counts,
                                                 std::span<const std::int64_t> current_counts,
                                                 Fill fill);

}  // namespace slipway::evaluation
