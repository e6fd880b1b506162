// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/math/elementary.h"

namespace slipway::scoring {
namespace {

using model::Metric;

template <typename Term>
double sum_over(const double* a, const double* b, std::size_t width, Term term) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += term(a[i], b[i]);
  return sum;
}

double dot(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return x * y; });
}

double squared(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return (x - y) * (x - y); });
}

double manhattan(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return std::abs(x - y); });
}

double largest_gap(const double* a, const double* b, std::size_t width) {
  double largest = 0;
  for (std::size_t i = 0; i < width; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

double minkowski(const double* a, const double* b, std::size_t width, double p) {
  const double sum =
      sum_over(a, b, width, [p](double x, double y) { return math::pow(std::abs(x - y), p); });
  return math::pow(sum, 1 / p);
}

double cosine(const double* a, const double* b, std::size_t width) {
  const double size_a = std::sqrt(dot(a, a, width));
  const double size_b = std::sqrt(dot(b, b, width));
  const double product = dot(a, b, width) / (size_a == 0 ? 1 : size_a) / (size_b == 0 ? 1 : size_b);
  return std::clamp(1 - product, 0.0, 2.0);
}

double canberra(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) {
    const double size = std::abs(x) + std::abs(y);
    return size > 0 ? std::abs(x - y) / size : 0;
  });
}

double bray_curtis(const double* a, const double* b, std::size_t width) {
  const double sum = sum_over(a, b, width, [](double x, double y) { return std::abs(x + y); });
  return sum > 0 ? manhattan(a, b, width) / sum : 0;
}

double nan_euclidean(const double* a, const double* b, std::size_t width) {
  double sum = 0;
  double present = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const double gap = a[i] - b[i];
    if (std::isnan(gap)) continue;
    sum += gap * gap;
    present += 1;
  }
  if (present == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(sum / present * static_cast<double>(width));
}

double differing(const double* a, const double* b, std::size_t width) {
  return sum_over(a, b, width, [](double x, double y) { return x != y ? 1.0 : 0.0; });
}

}  // namespace

double distance(Metric metric, double p, const double* a, const double* b, std::size_t width) {
  switch (metric) {
    case Metric::kDot:
      return dot(a, b, width);
    case Metric::kSquaredEuclidean:
      return squared(a, b, width);
    case Metric::kEuclidean:
      return std::sqrt(squared(a, b, width));
    case Metric::kManhattan:
      return manhattan(a, b, width);
    case Metric::kChebyshev:
      return largest_gap(a, b, width);
    case Metric::kMinkowski:
      return minkowski(a, b, width, p);
    case Metric::kCosine:
      return cosine(a, b, width);
    case Metric::kHamming:
      return differing(a, b, width) / static_cast<double>(width);
    case Metric::kCanberra:
      return canberra(a, b, width);
    case Metric::kBrayCurtis:
      return bray_curtis(a, b, width);
    case Metric::kNanEuclidean:
      return nan_euclidean(a, b, width);
  }
  return 0;
}

}  // namespace slipway::scoring
