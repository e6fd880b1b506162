// SPDX-License-Identifier: Apache-2.0
#include <cstddef>

#include "base/math/elementary.h"

namespace slipway::math {
namespace {

template <typename T>
double largest(std::span<const T> in) {
  double max = static_cast<double>(in[0]);
  for (const T x : in) {
    const auto value = static_cast<double>(x);
    if (value > max || value != value) max = value;  // a NaN stays: nothing compares above it
  }
  return max;
}

}  // namespace

void softmax(std::span<const double> in, std::span<double> out) {
  if (in.empty()) return;
  const double max = largest(in);
  double sum = 0;
  for (std::size_t i = 0; i < in.size(); ++i) sum += out[i] = exp(in[i] - max);
  for (double& p : out) p /= sum;
}

// Exponentials are taken twice: kept in `out` they would lose the digits that the last division
// needs.
void softmax(std::span<const float> in, std::span<float> out) {
  if (in.empty()) return;
  const double max = largest(in);
  double sum = 0;
  for (const float x : in) sum += exp(static_cast<double>(x) - max);
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = static_cast<float>(exp(static_cast<double>(in[i]) - max) / sum);
  }
}

}  // namespace slipway::math
