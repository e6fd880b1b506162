// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "base/math/elementary.h"
#include "base/math/exp_core.h"

namespace slipway::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = 0x1p-54;  // f(x) rounds to x below it, for every f(x) = x + x^2/2 + ...

}  // namespace

double exp(double x) {
  if (!(x <= kExpOverflow)) return x + kInfinity;  // also for NaN
  if (x < kExpUnderflow) return 0;
  return exp_parts(x).value();
}

double expm1(double x) {
  if (x > -kTiny && x < kTiny) return x;
  if (x < -50) return -1;
  if (!(x <= 700)) return exp(x);  // the 1 is far below its last bit
  const DoubleDouble result = expm1_parts(x);
  return result.hi + result.lo;
}

// tanh(x) = (e^2x - 1) / (e^2x + 1)
double tanh(double x) {
  const double size = x < 0 ? -x : x;
  if (!(size <= 20)) return x != x ? x : x > 0 ? 1 : -1;
  if (size < 0x1p-28) return x;  // x - x^3/3
  const DoubleDouble above = expm1_parts(2 * size);
  const DoubleDouble below = two_sum(2, above.hi);
  const double result = divide(above, {below.hi, below.lo + above.lo});
  return x < 0 ? -result : result;
}

double sigmoid(double x) {
  if (!(x >= -40)) return exp(x);  // 1 + e^x rounds to 1
  if (x > 40) return 1;
  const ExpParts e = exp_parts(-x);
  const double power = power_of_two(e.exponent);
  const DoubleDouble sum = two_sum(1, e.hi * power);
  return reciprocal(fast_two_sum(sum.hi, sum.lo + e.lo * power));
}

float exp(float x) { return static_cast<float>(exp(static_cast<double>(x))); }
float expm1(float x) { return static_cast<float>(expm1(static_cast<double>(x))); }
float tanh(float x) { return static_cast<float>(tanh(static_cast<double>(x))); }
float sigmoid(float x) { return static_cast<float>(sigmoid(static_cast<double>(x))); }

}  // namespace slipway::math
