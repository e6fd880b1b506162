// SPDX-License-Identifier: Apache-2.0
#include "base/math/elementary.h"

namespace slipway::math {
namespace tables {
#include "base/math/gen/erf.inc"
}  // namespace tables

namespace {

// |x| < 1/4. Split as x + x/8 + x tail, the last is so small that its roundings do not show.
double erf_near_zero(double x) {
  using namespace tables;
  const double square = x * x;
  double tail = kErfNearZero[10];
  for (int i = 9; i >= 0; --i) tail = kErfNearZero[i] + square * tail;
  return x + (0.125 * x + x * tail);
}

}  // namespace

double erf(double x) {
  using namespace tables;
  const double size = x < 0 ? -x : x;
  if (!(size < 6)) return x != x ? x : x > 0 ? 1 : -1;
  if (size < 0x1p-900) return erf_near_zero(x * 0x1p+100) * 0x1p-100;  // parts may be subnormal
  if (size < kErfFirst * kErfStep) return erf_near_zero(x);
  const int index = static_cast<int>(size / kErfStep);
  const ErfEntry& entry = kErfTable[index - kErfFirst];
  const double h = size - (index + 0.5) * kErfStep;
  double slope = entry.slope[8];
  for (int i = 7; i >= 0; --i) slope = entry.slope[i] + h * slope;
  const double result = entry.hi + (entry.lo + h * slope);
  return x < 0 ? -result : result;
}

float erf(float x) { return static_cast<float>(erf(static_cast<double>(x))); }

}  // namespace slipway::math
