// Link functions: from a library's raw scores to its values or probabilities, by the formulas of
// that library.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "model/operators/field.h"

namespace slipway::model {

enum class LinkKind : std::uint8_t {
  kIdentity,
  kSigmoid,       // 1 / (1 + exp(-scale * x)), each column
  kSoftmax,       // over the columns
  kExp,           // each column
  kSignedSquare,  // sign(x) * x * x, each column
  kLog1pExp,      // log(1 + exp(x)), each column
  kScale,         // scale * x, each column: averages of a random forest are kDivide, which rounds
                  // differently
  kDivide,        // x / scale, each column

  // In float, every step rounded, as XGBoost has them:
  kSigmoidFloat,  // 1 / (exp(min(-x, scale)) + 1), each column
  kSoftmaxFloat,  // over the columns: exp(x - max) / float(their sum in double)
  kExpFloat,      // each column
  kSortRow,       // the columns of a row, rising

  // In float, as ONNX Runtime has them:
  kLogisticMirrored,  // 1 / (1 + exp(-|x|)), taken from 1 where x is negative; each column
  kSoftmaxFloatSum,   // over the columns: exp(x - max) / their sum, in float too
};

// Append only: the words stand in files.
constexpr std::array<std::string_view, 14> words(LinkKind) {
  return {"identity",          "sigmoid",          "softmax",   "exp",
          "signed_square",     "log1p_exp",        "scale",     "divide",
          "sigmoid_float",     "softmax_float",    "exp_float", "sort_row",
          "logistic_mirrored", "softmax_float_sum"};
}

struct Link {
  static constexpr std::string_view kName = "link";
  LinkKind kind = LinkKind::kIdentity;
  double scale = 1;
  static constexpr auto fields() {
    return std::tuple{field("kind", &Link::kind), field("scale", &Link::scale)};
  }
};

}  // namespace slipway::model
