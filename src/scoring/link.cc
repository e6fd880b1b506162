// SPDX-License-Identifier: Apache-2.0
#include "scoring/link.h"

#include <cmath>

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
  }
}

}  // namespace slipway::scoring
