// The points at which the tests of base/math look, the same on every machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace slipway::math {

class TestPoints {
 public:
  explicit TestPoints(std::uint64_t seed) : state_(seed) {}

  // splitmix64 (Steele, Lea and Flood, 2014)
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  double between(double low, double high) {
    return low + (high - low) * (static_cast<double>(bits() >> 11) * 0x1p-53);
  }

  // Either sign, every exponent from 2^low to 2^high equally often; -1023 stands for subnormal.
  double of_size(int low, int high) {
    const std::uint64_t significand = bits() & 0x800FFFFFFFFFFFFFu;
    const auto exponents = static_cast<std::uint64_t>(high - low + 1);
    const std::uint64_t exponent = bits() % exponents + static_cast<std::uint64_t>(low + 1023);
    return std::bit_cast<double>(significand | exponent << 52);
  }

  // One in four of_size, the others between: near zero and far out, but mostly where it matters.
  struct Range {
    double low, high;
    int smallest, largest;
  };
  double in(const Range& range) {
    if ((bits() & 3) == 0) return of_size(range.smallest, range.largest);
    return between(range.low, range.high);
  }

 private:
  std::uint64_t state_;
};

}  // namespace slipway::math
