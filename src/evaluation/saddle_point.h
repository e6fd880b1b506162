// Probabilities of the binomial and Poisson distributions that keep their relative precision for any size: differences of
// large logarithms of factorials are avoided by expanding around the mean.
//
//   binomial_mass(n, k, p)        // C(n, k) p^k (1 - p)^(n - k)
//
// Pure functions; safe from any thread. Source: Loader, "Fast and accurate computation of binomial probabilities" (2000).
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway::evaluation {

// ln(n!) - ln(sqrt(2 pi n) (n / e)^n), for any real n > 0 (the factorial being the gamma function of n + 1).
double stirling_error(double n);
// x ln(x / mean) + mean - x: >= 0, for x >= 0 and mean > 0.
double deviance(double x, double mean);
// 0 <= k <= n, both whole; 0 <= p <= 1.
double binomial_mass(double n, double k, double p);
// mean^x e^-mean / gamma(x + 1), for real x >= 0 and mean > 0.
double poisson_mass(double x, double mean);

}  // namespace slipway::evaluation
