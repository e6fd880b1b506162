// log(x) to about 68 bits: what log, log1p and pow have in common. Internal to base/math.
//
// x = 2^k z with z in [0.708, 1.417); 1/c, the inverse of the middle of z's interval, has ten bits,
// so that r = z/c - 1 is exact as a sum of two doubles, and log x = k log 2 + log c + log(1 + r)
// keeps its relative precision next to 1, where k and log c are zero.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "base/math/double_double.h"

namespace slipway::math {

namespace tables {
#include "base/math/gen/log.inc"
}  // namespace tables

// log(1 + r.hi + r.lo) for |r.hi| <= 0.0053. The series stops where its terms are below 2^-72 of r.
inline DoubleDouble log1p_near_zero(DoubleDouble r) {
  const double x = r.hi;
  const DoubleDouble square = two_product(x, x);
  const double tail =
      (1.0 / 3 + x * (-1.0 / 4)) +
      square.hi * ((1.0 / 5 + x * (-1.0 / 6)) +
                   square.hi * ((1.0 / 7 + x * (-1.0 / 8)) + square.hi * (1.0 / 9)));
  const DoubleDouble head = fast_two_sum(x, -0.5 * square.hi);
  const double rest = x * square.hi * tail + (r.lo - 0.5 * square.lo - x * r.lo);
  return fast_two_sum(head.hi, head.lo + rest);
}

// x positive and normal; `exponent` is added to x's own (subnormal numbers are scaled by the
// caller).
inline DoubleDouble log_parts(double x, int exponent = 0) {
  using namespace tables;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t from_start = bits - kLogStart;
  const int k = static_cast<int>(static_cast<std::int64_t>(from_start) >> 52);
  const LogEntry& entry = kLogTable[(from_start >> (52 - kLogBits)) & ((1u << kLogBits) - 1)];
  const std::uint64_t z_bits = bits - (static_cast<std::uint64_t>(k) << 52);
  const auto z = std::bit_cast<double>(z_bits);
  const auto z_hi = std::bit_cast<double>(z_bits & 0xFFFFFFFFF8000000u);
  const double r_hi = z_hi * entry.inverse - 1.0;
  const double r_lo = (z - z_hi) * entry.inverse;

  const DoubleDouble near = log1p_near_zero(two_sum(r_hi, r_lo));
  const double count = k + exponent;
  const DoubleDouble far = two_sum(count * kLn2Hi + entry.log_hi, near.hi);
  return fast_two_sum(far.hi, far.lo + (count * kLn2Lo + entry.log_lo + near.lo));
}

// The same for any positive finite x.
inline DoubleDouble log_parts_any(double x) {
  return x < 0x1p-1022 ? log_parts(x * 0x1p+54, -54) : log_parts(x);
}

}  // namespace slipway::math
