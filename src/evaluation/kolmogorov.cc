// SPDX-License-Identifier: Apache-2.0
#include "evaluation/kolmogorov.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/math/elementary.h"
#include "evaluation/kolmogorov_paths.h"
#include "evaluation/saddle_point.h"

namespace slipway::evaluation {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kPi2 = kPi * kPi;

// P(D_n <= d) for 1/2n <= d <= 1/n: n! (2d - 1/n)^n.
double smallest_cdf(std::int64_t n, double d) {
  const auto size = static_cast<double>(n);
  double cdf = 1;
  for (std::int64_t k = 1; k <= n && cdf > 0; ++k) {
    cdf *= static_cast<double>(k) / size * (2 * size * d - 1);
  }
  return cdf;
}

// The limit law and three terms of its expansion in 1 / sqrt(n), written with theta functions so that few terms suffice.
double pelz_good_cdf(std::int64_t n, double d) {
  const double z = std::sqrt(static_cast<double>(n)) * d;
  const double z2 = z * z, z3 = z2 * z, z4 = z2 * z2, z6 = z4 * z2, z7 = z6 * z, z8 = z4 * z4;
  if (z < 0.05) return 0;
  double k0 = 0, k1 = 0, k2 = 0, k3 = 0, k2_whole = 0, k3_whole = 0;
  const int terms = static_cast<int>(std::ceil(16 * z / kPi));
  for (int k = terms; k >= 1; --k) {
    const double odd = 2 * k - 1, m2 = odd * odd * kPi2, m4 = m2 * m2, m6 = m4 * m2;
    const double q = math::exp(-m2 / (8 * z2));
    k0 += q;
    k1 += q * (m2 / 4 - z2);
    k2 += q * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * m2 / 4 + (1 - 2 * z2) * m4 / 16);
    k3 += q * (-30 * z6 - 90 * z8 + (135 * z4 - 96 * z6) * m2 / 4 + (212 * z4 - 60 * z2) * m4 / 16 +
               (5 - 30 * z2) * m6 / 64);
    const double w2 = kPi2 * k * k, r = math::exp(-w2 / (2 * z2));
    k2_whole += r * w2;
    k3_whole += r * w2 * (3 * z2 - w2);
  }
  const double root = std::sqrt(2 * kPi);
  const double t0 = root * k0 / z, t1 = root * k1 / (6 * z4);
  const double t2 = root * (k2 / (72 * z7) - k2_whole / (36 * z3));
  const double t3 = root * (k3 / (6480 * z7 * z3) + k3_whole / (216 * z6));
  const double s = 1 / std::sqrt(static_cast<double>(n));
  return t0 + s * (t1 + s * (t2 + s * t3));
}

}  // namespace

double smirnov_sf(std::int64_t n, double d) {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  const auto size = static_cast<double>(n);
  const auto last = static_cast<std::int64_t>(std::floor(size * (1 - d)));
  // The terms are a smooth function of k that vanishes at both ends when n is large: sampling it is as good as summing it.
  const std::int64_t step = std::max<std::int64_t>(1, n / 4096);
  double sum = 0;
  for (std::int64_t k = 0; k <= last; k += step) {
    const auto count = static_cast<double>(k);
    const double p = d + count / size;
    if (p < 1) sum += d / p * binomial_mass(size, count, p);
  }
  return std::min(1.0, sum * static_cast<double>(step));
}

double kolmogorov_sf(std::int64_t n, double d) {
  const auto size = static_cast<double>(n);
  const double nd = size * d, nd2 = nd * d;
  if (d >= 1) return 0;
  if (nd <= 0.5) return 1;
  if (nd <= 1) return std::clamp(1 - smallest_cdf(n, d), 0.0, 1.0);
  double sf = 0;
  if (d >= 0.5 || nd2 > (n <= 140 ? 4.0 : 2.2)) {
    sf = nd2 >= 370 ? 0 : 2 * smirnov_sf(n, d);
  } else if (n <= 140 || (n <= 100'000 && nd * std::sqrt(d) <= 1.4)) {
    sf = 1 - kolmogorov_matrix_cdf(n, d);
  } else {
    sf = 1 - pelz_good_cdf(n, d);
  }
  return std::clamp(sf, 0.0, 1.0);
}

double ks_two_sample_p(std::int64_t n, std::int64_t m, double d) {
  constexpr std::int64_t kExactRows = 10'000;
  constexpr double kExactExponent = 14;  // p is about 2 e^(-2 * 14) = 1.4e-12 there
  const double effective =
      static_cast<double>(n) * static_cast<double>(m) / static_cast<double>(n + m);
  if (std::max(n, m) <= kExactRows && effective * d * d <= kExactExponent) {
    return ks_paths_p(n, m, d);
  }
  return kolmogorov_sf(std::max<std::int64_t>(1, std::llrint(effective)), d);
}

}  // namespace slipway::evaluation
