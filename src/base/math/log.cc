// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "base/math/elementary.h"
#include "base/math/log_core.h"

namespace slipway::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// log at the points where it is not an ordinary number: zero, below, infinity, NaN.
double log_outside(double x) {
  if (x == 0) return -kInfinity;
  return x < 0 ? std::numeric_limits<double>::quiet_NaN() : x;
}

}  // namespace

double log(double x) {
  if (!(x > 0 && x < kInfinity)) return log_outside(x);
  const DoubleDouble result = log_parts_any(x);
  return result.hi + result.lo;
}

double log1p(double x) {
  if (!(x > -1 && x < kInfinity)) return x == -1 ? -kInfinity : log_outside(x);
  if (x > -0x1p-54 && x < 0x1p-54) return x;
  if (x > -0x1p-8 && x < 0x1p-8) {
    const DoubleDouble result = log1p_near_zero({x, 0});
    return result.hi + result.lo;
  }
  // log(hi + lo) = log(hi) + lo/hi - ..., and the square of lo/hi is out of sight.
  const DoubleDouble sum = two_sum(1, x);
  const DoubleDouble result = log_parts(sum.hi);
  return result.hi + (result.lo + sum.lo / sum.hi);
}

float log(float x) { return static_cast<float>(log(static_cast<double>(x))); }
float log1p(float x) { return static_cast<float>(log1p(static_cast<double>(x))); }

}  // namespace slipway::math
