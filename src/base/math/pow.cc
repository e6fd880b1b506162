// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstdint>
#include <limits>

#include "base/math/elementary.h"
#include "base/math/exp_core.h"
#include "base/math/log_core.h"

namespace slipway::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

enum class Parity { kNotInteger, kEven, kOdd };

Parity parity(double y) {
  const double size = y < 0 ? -y : y;
  if (size >= 0x1p+53) return Parity::kEven;
  const auto whole = static_cast<std::int64_t>(size);
  if (static_cast<double>(whole) != size) return Parity::kNotInteger;
  return (whole & 1) != 0 ? Parity::kOdd : Parity::kEven;
}

bool is_negative(double x) { return (std::bit_cast<std::uint64_t>(x) >> 63) != 0; }

// x is +-0 or +-infinity: only its sign and the direction of y count. y is a number, not zero.
double pow_of_extreme(double x, double y) {
  const double size = (x == 0) == (y > 0) ? 0 : kInfinity;
  return is_negative(x) && parity(y) == Parity::kOdd ? -size : size;
}

// x positive, finite and not 1, y finite and not zero.
double pow_of_positive(double x, double y) {
  const double size = y < 0 ? -y : y;
  if (size < 0x1p-65) return 1;  // |log x| < 745, so y log x is far below the last bit of 1
  if (size > 0x1p+64) return (x > 1) == (y > 0) ? kInfinity : 0;  // |log x| > 2^-54
  const DoubleDouble log_x = log_parts_any(x);
  const DoubleDouble product = two_product(y, log_x.hi);
  const DoubleDouble power = fast_two_sum(product.hi, product.lo + y * log_x.lo);
  if (power.hi > kExpOverflow + 1) return kInfinity;
  if (power.hi < kExpUnderflow - 1) return 0;
  return exp_parts(power.hi, power.lo).value();
}

}  // namespace

double pow(double x, double y) {
  if (y == 0 || x == 1) return 1;  // even for NaN
  if (x != x || y != y) return kNaN;
  if (x == 0 || x == kInfinity || x == -kInfinity) return pow_of_extreme(x, y);
  const double size = x < 0 ? -x : x;
  if (y == kInfinity || y == -kInfinity) {
    if (size == 1) return 1;
    return (size > 1) == (y > 0) ? kInfinity : 0;
  }
  if (x > 0) return pow_of_positive(x, y);
  const Parity kind = parity(y);
  if (kind == Parity::kNotInteger) return kNaN;
  const double result = size == 1 ? 1 : pow_of_positive(size, y);
  return kind == Parity::kOdd ? -result : result;
}

float pow(float x, float y) {
  return static_cast<float>(pow(static_cast<double>(x), static_cast<double>(y)));
}

}  // namespace slipway::math
