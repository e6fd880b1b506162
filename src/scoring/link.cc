// SPDX-License-Identifier: Apache-2.0
#include "scoring/link.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/math/elementary.h"

namespace slipway::scoring {
namespace {

using model::LinkKind;

template <typename Function>
void each(Rows in, double* out, Function function) {
  for (std::size_t i = 0; i < in.rows * in.width; ++i) out[i] = function(in.values[i]);
}

void softmax_rows(Rows in, double* out) {
  for (std::size_t row = 0; row < in.rows; ++row) {
    math::softmax({in.values + row * in.width, in.width}, {out + row * in.width, in.width});
  }
}

// As the libraries write it, so infinite where exp(x) is.
double log1p_exp(double x) { return math::log1p(math::exp(x)); }

// ---- in float: values are floats that came as doubles; each operation rounds ----

// The 1e-16 that XGBoost adds to the denominator, which is at least 1, never changes it.
float sigmoid_float(float x, float largest) {
  return 1.0F / (math::exp(std::min(-x, largest)) + 1.0F);
}

void softmax_float_rows(Rows in, double* out) {
  for (std::size_t row = 0; row < in.rows; ++row) {
    const double* x = in.values + row * in.width;
    double* p = out + row * in.width;
    const auto max = static_cast<float>(*std::max_element(x, x + in.width));
    double sum = 0;
    for (std::size_t j = 0; j < in.width; ++j) {
      sum += p[j] = math::exp(static_cast<float>(x[j]) - max);
    }
    const auto divisor = static_cast<float>(sum);
    for (std::size_t j = 0; j < in.width; ++j) p[j] = static_cast<float>(p[j]) / divisor;
  }
}

float logistic_mirrored(float x) {
  const float v = 1.0F / (1.0F + math::exp(-std::abs(x)));
  return x < 0 ? 1.0F - v : v;
}

void softmax_float_sum_rows(Rows in, double* out) {
  for (std::size_t row = 0; row < in.rows; ++row) {
    const double* x = in.values + row * in.width;
    double* p = out + row * in.width;
    float max = std::numeric_limits<float>::lowest();
    for (std::size_t j = 0; j < in.width; ++j) max = x[j] > max ? static_cast<float>(x[j]) : max;
    float sum = 0;
    for (std::size_t j = 0; j < in.width; ++j) {
      const float each = math::exp(static_cast<float>(x[j]) - max);
      p[j] = each;
      sum += each;
    }
    for (std::size_t j = 0; j < in.width; ++j) p[j] = static_cast<float>(p[j]) / sum;
  }
}

void sort_rows(Rows in, double* out) {
  // NaN last: an order, which < alone is not.
  const auto below = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  std::copy_n(in.values, in.rows * in.width, out);
  for (std::size_t row = 0; row < in.rows; ++row) {
    std::stable_sort(out + row * in.width, out + (row + 1) * in.width, below);
  }
}

}  // namespace

void apply_link(const model::Link& link, Rows in, double* out) {
  const double scale = link.scale;
  switch (link.kind) {
    case LinkKind::kIdentity:
      return each(in, out, [](double x) { return x; });
    // Not math::sigmoid, which is exact also where this formula is not: the library's own formula
    // is the truth here.
    case LinkKind::kSigmoid:
      return each(in, out, [=](double x) { return 1.0 / (1.0 + math::exp(-scale * x)); });
    case LinkKind::kSoftmax:
      return softmax_rows(in, out);
    case LinkKind::kExp:
      return each(in, out, [](double x) { return math::exp(x); });
    case LinkKind::kSignedSquare:
      return each(in, out, [](double x) { return std::copysign(x * x, x); });
    case LinkKind::kLog1pExp:
      return each(in, out, log1p_exp);
    case LinkKind::kScale:
      return each(in, out, [=](double x) { return scale * x; });
    case LinkKind::kDivide:
      return each(in, out, [=](double x) { return x / scale; });
    case LinkKind::kSigmoidFloat:
      return each(in, out, [largest = static_cast<float>(scale)](double x) {
        return sigmoid_float(static_cast<float>(x), largest);
      });
    case LinkKind::kSoftmaxFloat:
      return softmax_float_rows(in, out);
    case LinkKind::kExpFloat:
      return each(in, out, [](double x) { return math::exp(static_cast<float>(x)); });
    case LinkKind::kSortRow:
      return sort_rows(in, out);
    case LinkKind::kLogisticMirrored:
      return each(in, out, [](double x) { return logistic_mirrored(static_cast<float>(x)); });
    case LinkKind::kSoftmaxFloatSum:
      return softmax_float_sum_rows(in, out);
  }
}

}  // namespace slipway::scoring
