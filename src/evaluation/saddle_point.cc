// SPDX-License-Identifier: Apache-2.0
#include "evaluation/saddle_point.h"

#include <cmath>
#include <numbers>

#include "base/math/elementary.h"

namespace slipway::evaluation {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;

// Stirling's series, good to the last bit from 16 on.
double stirling_series(double n) {
  const double s = n * n;
  return (1.0 / 12 - (1.0 / 360 -
                      (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 / s) / s) / s) / s) /
                         s) /
         n;
}

}  // namespace

double stirling_error(double n) {
  // error(n) = error(n + 1) + (n + 1/2) ln(1 + 1/n) - 1, which follows from (n + 1)! = (n + 1) n!.
  double climbed = 0;
  for (; n < 16; ++n) climbed += (n + 0.5) * math::log1p(1 / n) - 1;
  return climbed + stirling_series(n);
}

double deviance(double x, double mean) {
  if (x == 0) return mean;
  const double v = (x - mean) / (x + mean);
  if (std::abs(v) >= 0.1) return x * math::log(x / mean) + mean - x;
  // x ln(x / mean) = 2 x artanh(v), whose first term cancels against mean - x: leave both out.
  double sum = (x - mean) * v, term = 2 * x * v;
  for (int k = 3; k < 1000; k += 2) {
    term *= v * v;
    const double next = sum + term / k;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

double binomial_mass(double n, double k, double p) {
  if (p <= 0 || p >= 1) return (p <= 0 ? k == 0 : k == n) ? 1.0 : 0.0;
  if (k == 0) return math::exp(n * math::log1p(-p));
  if (k == n) return math::exp(n * math::log(p));
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
                          deviance(k, n * p) - deviance(n - k, n * (1 - p));
  return math::exp(exponent) * std::sqrt(n / (kTwoPi * k * (n - k)));
}

double poisson_mass(double x, double mean) {
  if (x == 0) return math::exp(-mean);
  return math::exp(-stirling_error(x) - deviance(x, mean)) / std::sqrt(kTwoPi * x);
}

}  // namespace slipway::evaluation
