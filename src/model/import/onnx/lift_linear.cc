// Products: linear models and the layers of small networks.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/classes.h"
#include "model/import/onnx/lift.h"

namespace slipway::model {
namespace {

// The kernel passes over zeros of a row, which must not hide 0 * infinity.
Result<void> check_finite(const std::vector<double>& weights) {
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return std::isfinite(w); }))
    return {};
  return not_lifted("a weight is not finite");
}

// weights: rows of `columns`, one per input column.
Result<Lifted> product(const Lifted& x, std::vector<double> weights, std::uint32_t columns,
                       std::vector<double> bias, Lifter& lifter) {
  if (x.rank != 2 || weights.size() != std::uint64_t{x.width} * columns || columns == 0 ||
      (!bias.empty() && bias.size() != columns))
    return not_lifted("a product's sizes do not fit");
  RETURN_IF_ERROR(check_finite(weights));
  Lifted out = x;
  out.width = columns;
  out.exact = false;
  out.id = lifter.round(x.type, lifter.add({x.id}, MatMul{.columns = columns,
                                                          .weights = std::move(weights),
                                                          .bias = std::move(bias)}));
  return out;
}

std::vector<double> transposed(const std::vector<double>& matrix, std::size_t rows,
                               std::size_t columns) {
  std::vector<double> out(matrix.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}

Result<void> matmul(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, 0));
  ASSIGN_OR_RETURN(const OnnxTensor* const right, lifter.constant(node, 1));
  if (right->type != x.type || right->dims.size() != 2) return not_lifted("MatMul of no matrix");
  ASSIGN_OR_RETURN(std::vector<double> weights, right->numbers());
  ASSIGN_OR_RETURN(Lifted out, product(x, std::move(weights),
                                       static_cast<std::uint32_t>(right->dims[1]), {}, lifter));
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> gemm(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, 0));
  ASSIGN_OR_RETURN(const OnnxTensor* const right, lifter.constant(node, 1));
  const bool turned = integer_or(node, "transB", 0) != 0;
  if (right->type != x.type || right->dims.size() != 2 || real_or(node, "alpha", 1) != 1 ||
      real_or(node, "beta", 1) != 1 || integer_or(node, "transA", 0) != 0)
    return not_lifted("Gemm scales or turns rows");
  ASSIGN_OR_RETURN(std::vector<double> weights, right->numbers());
  const auto rows = static_cast<std::size_t>(right->dims[0]);
  const auto columns = static_cast<std::size_t>(right->dims[1]);
  if (turned) weights = transposed(weights, rows, columns);
  const std::size_t outputs = turned ? rows : columns;
  std::vector<double> bias;
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    ASSIGN_OR_RETURN(const OnnxTensor* const added, lifter.constant(node, 2));
    ASSIGN_OR_RETURN(bias, added->numbers());
    const bool row = added->dims.size() == 1 || (added->dims.size() == 2 && added->dims[0] == 1);
    if (bias.size() != outputs || (!row && outputs != 1)) return not_lifted("Gemm adds no row");
  }
  ASSIGN_OR_RETURN(Lifted out, product(x, std::move(weights), static_cast<std::uint32_t>(outputs),
                                       std::move(bias), lifter));
  lifter.give(node, 0, std::move(out));
  return {};
}

// Scores of a linear model: ai.onnx.ml's operators compute in float, whatever comes in.
Result<Lifted> scores(const OnnxNode& node, std::size_t targets, Lifter& lifter) {
  ASSIGN_OR_RETURN(Lifted x, lifter.numbers(node, 0));
  if (x.type != kOnnxFloat) {
    x.id = lifter.round(kOnnxFloat, x.id);
    x.type = kOnnxFloat;
  }
  std::vector<double> weights = reals_of(node, "coefficients");
  std::vector<double> bias = reals_of(node, "intercepts");
  if (targets == 0 || weights.size() != targets * x.width)
    return not_lifted(
        fmt::format("{} has {} coefficients for {} columns", node.type, weights.size(), x.width));
  weights = transposed(weights, targets, x.width);
  return product(x, std::move(weights), static_cast<std::uint32_t>(targets), std::move(bias),
                 lifter);
}

Result<void> linear_regressor(const OnnxNode& node, Lifter& lifter) {
  const std::int64_t targets = integer_or(node, "targets", 1);
  if (text_or(node, "post_transform", "NONE") != "NONE" || targets < 1 || targets > 1 << 20)
    return not_lifted("LinearRegressor transforms");
  ASSIGN_OR_RETURN(Lifted out, scores(node, static_cast<std::size_t>(targets), lifter));
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> linear_classifier(const OnnxNode& node, Lifter& lifter) {
  const std::vector<std::string> classes = class_labels(node);
  const std::string_view transform = text_or(node, "post_transform", "NONE");
  if (classes.size() < 2 || reals_of(node, "intercepts").size() != classes.size())
    return not_lifted("LinearClassifier has fewer scores than classes");
  ASSIGN_OR_RETURN(const Lifted raw, scores(node, classes.size(), lifter));
  Lifted label = raw;
  label.id = lifter.add({raw.id}, Reduce{.kind = ReduceKind::kArgMax});
  label.width = label.rank = 1;
  label.type = texts_of(node, "classlabels_strings").empty() ? kOnnxInt64 : kOnnxString;
  label.classes = classes;
  Lifted out = raw;
  if (transform == "LOGISTIC")
    out.id = lifter.add({raw.id}, Link{.kind = LinkKind::kLogisticMirrored});
  else if (transform == "SOFTMAX")
    out.id = lifter.add({raw.id}, Link{.kind = LinkKind::kSoftmaxFloatSum});
  else if (transform != "NONE")
    return not_lifted(fmt::format("LinearClassifier transforms by {}", transform));
  lifter.margin = raw.id;
  lifter.exact_margin = false;
  lifter.give(node, 0, std::move(label));
  lifter.give(node, 1, std::move(out));
  return {};
}

constexpr std::array kRules{LiftRule{"", "MatMul", matmul}, LiftRule{"", "Gemm", gemm},
                            LiftRule{"ai.onnx.ml", "LinearRegressor", linear_regressor},
                            LiftRule{"ai.onnx.ml", "LinearClassifier", linear_classifier}};

}  // namespace

std::span<const LiftRule> linear_rules() { return kRules; }

}  // namespace slipway::model
