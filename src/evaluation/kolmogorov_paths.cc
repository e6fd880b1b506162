// SPDX-License-Identifier: Apache-2.0
#include "evaluation/kolmogorov_paths.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/math/elementary.h"

namespace slipway::evaluation {
namespace {

// Square, with a power of two taken out so that high powers neither overflow nor vanish.
struct ScaledMatrix {
  std::size_t size = 0;
  std::vector<double> cells;
  int exponent = 0;

  double& at(std::size_t row, std::size_t column) { return cells[row * size + column]; }
  double at(std::size_t row, std::size_t column) const { return cells[row * size + column]; }
};

ScaledMatrix product(const ScaledMatrix& a, const ScaledMatrix& b) {
  ScaledMatrix out{a.size, std::vector<double>(a.cells.size(), 0.0), a.exponent + b.exponent};
  for (std::size_t i = 0; i < a.size; ++i) {
    for (std::size_t k = 0; k < a.size; ++k) {
      const double left = a.at(i, k);
      if (left == 0) continue;
      for (std::size_t j = 0; j < a.size; ++j) out.at(i, j) += left * b.at(k, j);
    }
  }
  constexpr int kStep = 128;
  if (std::abs(out.at(a.size / 2, a.size / 2)) > std::ldexp(1.0, kStep)) {
    for (double& cell : out.cells) cell = std::ldexp(cell, -kStep);
    out.exponent += kStep;
  }
  return out;
}

ScaledMatrix identity(std::size_t size) {
  ScaledMatrix out{size, std::vector<double>(size * size, 0.0)};
  for (std::size_t i = 0; i < size; ++i) out.at(i, i) = 1;
  return out;
}

// H of the paper: ones on and below the first superdiagonal, first column and last row bent by h, all over (i - j + 1)!.
ScaledMatrix transition(std::size_t k, double h) {
  const std::size_t size = 2 * k - 1;
  ScaledMatrix out{size, std::vector<double>(size * size, 0.0)};
  std::vector<double> inverse_factorial(size + 1, 1.0), power(size + 1, 1.0);
  for (std::size_t i = 1; i <= size; ++i) {
    inverse_factorial[i] = inverse_factorial[i - 1] / static_cast<double>(i);
    power[i] = power[i - 1] * h;
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size && j <= i + 1; ++j)
      out.at(i, j) = inverse_factorial[i + 1 - j];
  }
  for (std::size_t i = 0; i < size; ++i) {
    out.at(i, 0) = (1 - power[i + 1]) * inverse_factorial[i + 1];
    out.at(size - 1, size - 1 - i) = out.at(i, 0);
  }
  const double corner = 2 * h > 1 ? math::pow(2 * h - 1, static_cast<double>(size)) : 0.0;
  out.at(size - 1, 0) = (1 - 2 * power[size] + corner) * inverse_factorial[size];
  return out;
}

// The share of paths outside for samples of one size, n, and a distance of h steps (Hodges): an alternating sum over
// reflections, nested so that each factor is below 1.
double square_paths_p(std::int64_t n, std::int64_t h) {
  double p = 0;
  for (std::int64_t k = n / h; k >= 0; --k) {
    double factor = 1;
    for (std::int64_t j = 0; j < h; ++j) {
      factor *= static_cast<double>(n - k * h - j) / static_cast<double>(n + k * h + j + 1);
    }
    p = factor * (1 - p);
  }
  return 2 * p;
}

// For n >= m, column by column over x: cell y holds the share of paths to (x, y) that have been outside, |x n' - y m'| >= h in
// steps of 1 / lcm. A path's last step came from the left with probability x / (x + y). Above the strip it is 1.
double strip_paths_p(std::int64_t n, std::int64_t m, std::int64_t h) {
  const std::int64_t g = std::gcd(n, m), x_step = m / g, y_step = n / g;
  const auto end_of = [&](std::int64_t x) {  // first y above the strip
    return std::min((x_step * x + h + y_step - 1) / y_step, m + 1);
  };
  const auto begin_of = [&](std::int64_t x) {  // first y within
    const std::int64_t below = x_step * x - h;
    return below < 0 ? 0 : std::min(below / y_step + 1, m);
  };
  std::vector<double> outside(static_cast<std::size_t>(m) + 2, 1.0);
  std::fill_n(outside.begin(), end_of(0), 0.0);
  for (std::int64_t x = 1; x <= n; ++x) {
    const std::int64_t begin = begin_of(x), end = end_of(x);
    if (end <= begin) return 1;
    double value = begin == 0 ? 0.0 : 1.0;
    for (std::int64_t y = begin; y < end; ++y) {
      const auto at = static_cast<std::size_t>(y);
      const auto left = static_cast<double>(x), down = static_cast<double>(y);
      value = (outside[at] * left + value * down) / (left + down);
      outside[at] = value;
    }
  }
  return outside[static_cast<std::size_t>(m)];
}

}  // namespace

double kolmogorov_matrix_cdf(std::int64_t n, double d) {
  const auto size = static_cast<double>(n);
  const double k = std::ceil(size * d);
  ScaledMatrix base = transition(static_cast<std::size_t>(k), k - size * d);
  ScaledMatrix power = identity(base.size);
  for (std::int64_t left = n; left > 0; left /= 2) {
    if (left % 2 == 1) power = product(power, base);
    if (left > 1) base = product(base, base);
  }
  double cdf = power.at(base.size / 2, base.size / 2);
  int exponent = power.exponent;
  for (std::int64_t i = 1; i <= n; ++i) {  // n! / n^n
    cdf *= static_cast<double>(i) / size;
    if (cdf < 0x1p-128) cdf *= 0x1p128, exponent -= 128;
  }
  return std::ldexp(cdf, exponent);
}

double ks_paths_p(std::int64_t n, std::int64_t m, double d) {
  if (n < m) std::swap(n, m);
  const auto lcm = static_cast<double>(std::lcm(n, m));
  const std::int64_t h = std::llrint(d * lcm);
  if (h == 0) return 1;
  return std::clamp(n == m ? square_paths_p(n, h) : strip_paths_p(n, m, h), 0.0, 1.0);
}

}  // namespace slipway::evaluation
