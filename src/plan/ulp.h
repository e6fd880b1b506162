// How far two numbers are apart, counted in representable numbers between them.
//
//   ulp_distance(1.0, std::nextafter(1.0, 2.0)) == 1
//   ulp_distance(1.0F, std::nextafter(1.0F, 2.0F)) == 1       // floats, counted in floats
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace slipway::plan {

// Equal as numbers: all NaNs are alike, and -0 equals 0 (no library tells them apart in its
// output).
inline bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// 0 if same_number; the largest value there is if exactly one is NaN, or one is infinite and the
// other is not.
template <std::floating_point T>
std::uint64_t ulp_distance(T a, T b) {
  if (same_number(a, b)) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<std::uint64_t>::max();
  // The bits of a number, ordered: negative numbers run backwards below zero.
  using Bits = std::conditional_t<sizeof(T) == sizeof(float), std::int32_t, std::int64_t>;
  const auto ordered = [](T x) -> std::int64_t {
    const auto bits = std::bit_cast<Bits>(x);
    return bits < 0 ? std::numeric_limits<Bits>::min() - bits : bits;
  };
  const std::int64_t x = ordered(a);
  const std::int64_t y = ordered(b);
  return x > y ? static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y)
               : static_cast<std::uint64_t>(y) - static_cast<std::uint64_t>(x);
}

}  // namespace slipway::plan
