// The distribution of the Kolmogorov-Smirnov statistic, for finite samples.
//
//   kolmogorov_sf(n, d)                  // P(D_n >= d), one sample of n against a continuous distribution
//   ks_two_sample_p(n, m, d)             // P(D_nm >= d), two samples
//
// Pure functions; safe from any thread. Absolute error below 1e-9 against scipy's kstwo and ks_2samp, whose choice of method
// by region is followed. Sources: Simard and L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution" (2011), for
// the regions; Marsaglia, Tsang and Wang (2003); Smirnov's sum; Pelz and Good (1976); Hodges, "The significance
// probability of the Smirnov two-sample test" (1958).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace slipway::evaluation {

double kolmogorov_sf(std::int64_t n, double d);

// P(D+_n >= d), one-sided: exact up to n = 4096, beyond that the same sum by the trapezoid rule (error far below 1e-12).
double smirnov_sf(std::int64_t n, double d);

// Exact (a count of lattice paths) if both samples have at most 10,000 values and p is above about 1e-12, else kolmogorov_sf
// at the effective size n m / (n + m), rounded.
double ks_two_sample_p(std::int64_t n, std::int64_t m, double d);

}  // namespace slipway::evaluation
