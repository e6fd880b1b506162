// e^x as a table entry and a correction: what exp, expm1, tanh, sigmoid and pow have in common.
//
//   e^(x + x_lo) = 2^exponent * (hi + lo),  hi in [1, 2) exactly from the table,  |lo| < 0.003 hi
//
// Relative error of the sum below 2^-60. Internal to base/math.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "base/math/double_double.h"

namespace slipway::math {

namespace tables {
#include "base/math/gen/exp.inc"
}  // namespace tables

// Beyond these, e^x is infinite, or zero; between them the exponent of the parts lies in [-1076,
// 1025].
inline constexpr double kExpOverflow = 0x1.62e42fefa39efp+9;    // 709.78: the largest finite
inline constexpr double kExpUnderflow = -0x1.74910d52d3052p+9;  // -745.13: half the least subnormal

struct ExpParts {
  double hi, lo;
  int exponent;

  double value() const {
    const double sum = hi + lo;
    if (exponent >= -1021 && exponent <= 1023) return sum * power_of_two(exponent);
    if (exponent > 0) return sum * 2 * power_of_two(exponent - 1);
    return exponent == -1022 && sum >= 1 ? sum * 0x1p-1022 : subnormal();
  }

  // Rounds hi + lo once, where the result's last bit will be: a sum with 2^52 times that bit does.
  double subnormal() const {
    const double big = power_of_two(-1022 - exponent);
    const DoubleDouble sum = fast_two_sum(big, hi);
    const double rounded = (sum.hi + (sum.lo + lo)) - big;
    return rounded * power_of_two(exponent + 100) * 0x1p-100;
  }
};

// |x| <= 800, |x_lo| <= 2^-40.
inline ExpParts exp_parts(double x, double x_lo = 0) {
  using namespace tables;
  // Adding 1.5 * 2^52 leaves the nearest integer in the low bits of the sum.
  constexpr double kShift = 0x1.8p+52;
  const double shifted = x * kExpInverseStep + kShift;
  const auto steps = static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(shifted));
  const double count = shifted - kShift;
  const double r = ((x - count * kExpStepHi) - count * kExpStepLo) + x_lo;
  const double square = r * r;
  const double tail = (kExpTail[0] + r * kExpTail[1]) + square * (kExpTail[2] + r * kExpTail[3]);
  const ExpEntry& entry = kExpTable[steps & ((1 << kExpBits) - 1)];
  return {entry.hi, entry.lo + entry.hi * (r + square * tail), steps >> kExpBits};
}

// e^x - 1 for |x| <= 1/16; relative error of the sum below 2^-57.
inline DoubleDouble expm1_near_zero(double x) {
  using namespace tables;
  const double square = x * x;
  double even = kExpm1Tail[8], odd = kExpm1Tail[9];
  for (int i = 6; i >= 0; i -= 2) {
    even = kExpm1Tail[i] + square * even;
    odd = kExpm1Tail[i + 1] + square * odd;
  }
  return fast_two_sum(x, 0.5 * square + x * square * (even + x * odd));
}

// e^x - 1 for -50 <= x <= 700.
inline DoubleDouble expm1_parts(double x) {
  if (x > -0.0625 && x < 0.0625) return expm1_near_zero(x);
  const ExpParts e = exp_parts(x);
  const double power = power_of_two(e.exponent);
  const DoubleDouble rest = two_sum(e.hi * power, -1.0);
  return fast_two_sum(rest.hi, rest.lo + e.lo * power);
}

}  // namespace slipway::math
