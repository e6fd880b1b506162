// Pearson's chi-square test on the counts of two samples over the same categories.
//
//   const auto test = chi_square_two_samples(reference_counts, current_counts);
//   if (test && test->p < 0.05) ...
//
// Pure functions; safe from any thread. The spans have the same length.
// Source of the incomplete gamma function: Gautschi, "A computational procedure for incomplete gamma functions" (1979):
// a series below the mean, a continued fraction (modified Lentz) above it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace slipway::evaluation {

struct ChiSquare {
  double statistic = 0;  // may be infinite, see chi_square_fit
  double p = 1;
};

// Homogeneity of the 2 x k table, without Yates's correction; both samples count as samples. Absent below two categories.
std::optional<ChiSquare> chi_square_two_samples(std::span<const std::int64_t> reference,
                                                std::span<const std::int64_t> current);

// Goodness of fit, the reference's shares taken as the truth, as Evidently does: a category that the reference lacks makes the
// statistic infinite and p zero. Absent below two categories.
std::optional<ChiSquare> chi_square_fit(std::span<const std::int64_t> reference,
                                        std::span<const std::int64_t> current);

// The upper regularised incomplete gamma function Q(a, x), a > 0, x >= 0.
double gamma_q(double a, double x);

}  // namespace slipway::evaluation
