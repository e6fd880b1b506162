// A number as the unevaluated sum of two doubles: twice the digits, for the steps that need them.
//
//   const DoubleDouble sum = two_sum(a, b);       // sum.hi + sum.lo == a + b, exactly
//
// Exact as long as nothing overflows or underflows. Without FMA: products split their factors.
// Sources: Knuth (two_sum), Dekker, "A floating-point technique for extending the available
// precision" (1971).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace slipway::math {

struct DoubleDouble {
  double hi, lo;
};

inline DoubleDouble two_sum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// For |a| >= |b|, or a == 0.
inline DoubleDouble fast_two_sum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// The upper 26 bits of the significand, and the other 27. Cut by a mask: quicker than Dekker's way
// with a multiplication, and nothing can overflow.
inline DoubleDouble split(double a) {
  const double hi = std::bit_cast<double>(std::bit_cast<std::uint64_t>(a) & 0xFFFFFFFFF8000000u);
  return {hi, a - hi};
}

// a * b; only the product of the two low parts is rounded, at 2^-106 of the whole.
inline DoubleDouble two_product(double a, double b) {
  const double product = a * b;
  const DoubleDouble x = split(a), y = split(b);
  return {product, ((x.hi * y.hi - product) + x.hi * y.lo + x.lo * y.hi) + x.lo * y.lo};
}

// What n - q * d leaves, for a q of 26 bits that is near n / d: every product here is exact.
inline double remainder(DoubleDouble n, double q, DoubleDouble d) {
  const DoubleDouble parts = split(d.hi);
  return ((n.hi - q * parts.hi) - q * parts.lo) + (n.lo - q * d.lo);
}

// n / d and 1 / d to about 75 bits, before the one rounding; each .lo is at most an ulp or so of
// its .hi.
inline double divide(DoubleDouble n, DoubleDouble d) {
  const double q = split(n.hi / d.hi).hi;
  return q + remainder(n, q, d) / d.hi;
}
inline double reciprocal(DoubleDouble d) {
  const double near = 1 / d.hi;
  const double q = split(near).hi;
  return q + remainder({1, 0}, q, d) * near;
}

// 2^exponent, for -1022 <= exponent <= 1023.
inline double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace slipway::math
