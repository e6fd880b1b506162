// The exact parts of kolmogorov.h, which says what they are for: a matrix power and two counts of lattice paths.
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway::evaluation {

// P(D_n <= d) after Marsaglia, Tsang and Wang; 1/2 < n d; time grows with (n d)^3 log n.
double kolmogorov_matrix_cdf(std::int64_t n, double d);

// P(D_nm >= d) for two samples without ties, all orders equally likely: the share of paths from (0, 0) to (n, m) that somewhere
// leave |x / n - y / m| < d. Time grows with n m d.
double ks_paths_p(std::int64_t n, std::int64_t m, double d);

}  // namespace slipway::evaluation
