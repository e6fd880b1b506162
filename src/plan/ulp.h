// How far two numbers are apart, counted in representable numbers between them.
//
//   ulp_distance(1.0, std::nextafter(1.0, 2.0)) == 1
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace slipway::plan {

// Equal as numbers: all NaNs are alike, and -0 equals 0 (no library tells them apart in its
// output).
inline bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// 0 if same_number; the largest value there is if exactly one is NaN, or one is infinite and the
// other is not.
inline std::uint64_t ulp_distance(double a, double b) {
  if (same_number(a, b)) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<std::uint64_t>::max();
  // The bits of a double, ordered: negative numbers run backwards below zero.
  const auto ordered = [](double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits : bits;
  };
  const std::int64_t x = ordered(a);
  const std::int64_t y = ordered(b);
  return x > y ? static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y)
               : static_cast<std::uint64_t>(y) - static_cast<std::uint64_t>(x);
}

}  // namespace slipway::plan
