// SPDX-License-Identifier: Apache-2.0
#include "evaluation/chi_square.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "evaluation/saddle_point.h"

namespace slipway::evaluation {
namespace {

constexpr int kTermsMax = 1'000'000;  // both expansions take some sqrt(a) terms
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// P(a, x) = x^a e^-x / gamma(a + 1) * (1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...)
double lower_series(double a, double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < kTermsMax && term > sum * kEpsilon; ++k) {
    term *= x / (a + k);
    sum += term;
  }
  return poisson_mass(a, x) * sum;
}

// Q(a, x) = x^a e^-x / gamma(a) * 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...))
double upper_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, value = d;
  for (int k = 1; k < kTermsMax; ++k) {
    const double an = -k * (k - a);
    b += 2;
    d = an * d + b;
    c = b + an / c;
    if (std::abs(d) < kTiny) d = kTiny;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    value *= d * c;
    if (std::abs(d * c - 1) < kEpsilon) break;
  }
  return poisson_mass(a, x) * a * value;
}

double total_of(std::span<const std::int64_t> counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

ChiSquare with_p(double statistic, std::size_t categories) {
  if (std::isinf(statistic)) return {statistic, 0};
  return {statistic, gamma_q(static_cast<double>(categories - 1) / 2, statistic / 2)};
}

}  // namespace

double gamma_q(double a, double x) {
  if (x <= 0) return 1;
  const double q = x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
  return std::clamp(q, 0.0, 1.0);
}

std::optional<ChiSquare> chi_square_two_samples(std::span<const std::int64_t> reference,
                                                std::span<const std::int64_t> current) {
  const double n = total_of(reference), m = total_of(current);
  if (n == 0 || m == 0) return std::nullopt;
  double statistic = 0;
  std::size_t categories = 0;
  for (std::size_t k = 0; k < reference.size(); ++k) {
    const auto r = static_cast<double>(reference[k]), c = static_cast<double>(current[k]);
    if (r + c == 0) continue;
    ++categories;
    const double expected_r = n * (r + c) / (n + m), expected_c = m * (r + c) / (n + m);
    statistic += (r - expected_r) * (r - expected_r) / expected_r;
    statistic += (c - expected_c) * (c - expected_c) / expected_c;
  }
  if (categories < 2) return std::nullopt;
  return with_p(statistic, categories);
}

std::optional<ChiSquare> chi_square_fit(std::span<const std::int64_t> reference,
                                        std::span<const std::int64_t> current) {
  const double n = total_of(reference), m = total_of(current);
  if (n == 0 || m == 0) return std::nullopt;
  double statistic = 0;
  std::size_t categories = 0;
  for (std::size_t k = 0; k < reference.size(); ++k) {
    if (reference[k] + current[k] == 0) continue;
    ++categories;
    const double expected = static_cast<double>(reference[k]) / n * m;
    const double difference = static_cast<double>(current[k]) - expected;
    statistic +=
        expected > 0 ? difference * difference / expected : std::numeric_limits<double>::infinity();
  }
  if (categories < 2) return std::nullopt;
  return with_p(statistic, categories);
}

}  // namespace slipway::evaluation
