// Arithmetic, scalers, imputers and functions of single numbers.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/lift.h"

namespace slipway::model {
namespace {

// A constant that is the same for every row: a number, or one per column.
Result<std::vector<double>> row_constant(const OnnxTensor& tensor, std::uint32_t width) {
  ASSIGN_OR_RETURN(std::vector<double> numbers, tensor.numbers());
  bool row = numbers.size() == 1 || numbers.size() == width;
  for (std::size_t d = 0; d + 1 < tensor.dims.size(); ++d) row = row && tensor.dims[d] == 1;
  if (row && tensor.dims.size() <= 2 && !numbers.empty()) return numbers;
  return not_lifted(fmt::format("constant '{}' is no row of {}", tensor.name, width));
}

Result<void> with_constant(const OnnxNode& node, Lifter& lifter, std::size_t at, Arith kind) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, at));
  ASSIGN_OR_RETURN(const OnnxTensor* const tensor, lifter.constant(node, 1 - at));
  if (tensor->type != x.type) return not_lifted(fmt::format("{} mixes types", node.type));
  if (x.rank == 3 || (x.rank == 1 && tensor->dims.size() > 1))
    return not_lifted(fmt::format("{} broadcasts", node.type));
  ASSIGN_OR_RETURN(std::vector<double> operand, row_constant(*tensor, x.width));
  if (x.rank == 1 && operand.size() != 1)
    return not_lifted(fmt::format("{} broadcasts", node.type));
  Lifted out = x;
  out.id = lifter.arith(x, kind, std::move(operand));
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> combine(const OnnxNode& node, Lifter& lifter, Arith kind, Arith reversed) {
  // Before opset 7 a constant could meet any axis.
  if (node.find("axis") != nullptr) return not_lifted(fmt::format("{} names an axis", node.type));
  ASSIGN_OR_RETURN(const Lifted* const left, lifter.value(node, 0));
  ASSIGN_OR_RETURN(const Lifted* const right, lifter.value(node, 1));
  if (right->kind == Lifted::Kind::kConstant) return with_constant(node, lifter, 0, kind);
  if (left->kind == Lifted::Kind::kConstant) return with_constant(node, lifter, 1, reversed);
  ASSIGN_OR_RETURN(const Lifted a, lifter.floats(node, 0));
  ASSIGN_OR_RETURN(const Lifted b, lifter.floats(node, 1));
  if (a.type != b.type || a.rank != 2 || b.rank != 2 ||
      (a.width != b.width && a.width != 1 && b.width != 1))
    return not_lifted(fmt::format("{} mixes types or shapes", node.type));
  Lifted out = a;
  out.width = std::max(a.width, b.width);
  out.exact = a.exact && b.exact;
  out.id = lifter.round(a.type, lifter.add({a.id, b.id}, Combine{.kind = kind}));
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> add(const OnnxNode& node, Lifter& lifter) {
  return combine(node, lifter, Arith::kAdd, Arith::kAdd);
}
Result<void> sub(const OnnxNode& node, Lifter& lifter) {
  return combine(node, lifter, Arith::kSub, Arith::kRsub);
}
Result<void> mul(const OnnxNode& node, Lifter& lifter) {
  return combine(node, lifter, Arith::kMul, Arith::kMul);
}
Result<void> div(const OnnxNode& node, Lifter& lifter) {
  return combine(node, lifter, Arith::kDiv, Arith::kRdiv);
}

Result<void> mapped(const OnnxNode& node, Lifter& lifter, MapKind kind, bool exact) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, 0));
  Lifted out = x;
  out.exact = x.exact && exact;
  out.id = lifter.map(x, kind);
  lifter.give(node, 0, std::move(out));
  return {};
}

template <MapKind kKind, bool kExact>
Result<void> function(const OnnxNode& node, Lifter& lifter) {
  return mapped(node, lifter, kKind, kExact);
}

// A list of one per column, or one for all.
Result<std::vector<double>> per_column(const OnnxNode& node, std::string_view name,
                                       std::uint32_t width) {
  std::vector<double> values = reals_of(node, name);
  if (values.size() == 1 || values.size() == width) return values;
  return not_lifted(fmt::format("{} has {} values in '{}' for {} columns", node.type, values.size(),
                                name, width));
}

// (x - offset) * scale; of doubles, rounded to float at the end.
Result<void> scaler(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(Lifted x, lifter.numbers(node, 0));
  if (x.type != kOnnxFloat && x.type != kOnnxDouble) {
    x.id = lifter.round(kOnnxFloat, x.id);
    x.type = kOnnxFloat;
  }
  ASSIGN_OR_RETURN(std::vector<double> offset, per_column(node, "offset", x.width));
  ASSIGN_OR_RETURN(std::vector<double> scale, per_column(node, "scale", x.width));
  if (offset.size() != scale.size()) return not_lifted("Scaler mixes one and many");
  Lifted out = x;
  out.id = lifter.arith(x, Arith::kSub, std::move(offset));
  out.id = lifter.arith(out, Arith::kMul, std::move(scale));
  if (x.type == kOnnxDouble) out.id = lifter.round(kOnnxFloat, out.id);
  out.type = kOnnxFloat;
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> imputer(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.numbers(node, 0));
  if (x.type != kOnnxFloat) return not_lifted("Imputer of no floats");
  ASSIGN_OR_RETURN(std::vector<double> to, per_column(node, "imputed_value_floats", x.width));
  if (to.size() != x.width) to.assign(x.width, to[0]);
  const double from = real_or(node, "replaced_value_float", 0);
  Lifted out = x;
  out.id =
      lifter.add({x.id}, Replace{.from = std::vector<double>(x.width, from), .to = std::move(to)});
  lifter.give(node, 0, std::move(out));
  return {};
}

// x > threshold. The difference is 0 where they are equal, and nowhere else.
Result<void> binarizer(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.numbers(node, 0));
  if (x.type != kOnnxFloat || !x.exact) return not_lifted("Binarizer of no exact floats");
  Lifted out = x;
  const ValueId beyond =
      lifter.add({x.id}, Arithmetic{.kind = Arith::kSub,
                                    .operand = std::vector<double>{real_or(node, "threshold", 0)}});
  out.id = lifter.add({beyond}, Map{.kind = MapKind::kIsPositive});
  lifter.give(node, 0, std::move(out));
  return {};
}

// Divided by the sum, the norm or the largest; a row of zeros stays.
Result<void> normalizer(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.numbers(node, 0));
  if (x.type != kOnnxFloat || x.rank != 2) return not_lifted("Normalizer of no floats");
  const std::string_view norm = text_or(node, "norm", "MAX");
  if (norm != "L1" && norm != "L2") return not_lifted("Normalizer by the largest");
  Lifted out = x;
  out.exact = false;
  ValueId size = lifter.add(
      {x.id}, Reduce{.kind = norm == "L1" ? ReduceKind::kSumAbs : ReduceKind::kSumSquares});
  if (norm == "L2") size = lifter.add({size}, Map{.kind = MapKind::kSqrt});
  size = lifter.add({size}, Replace{.from = std::vector<double>{0}, .to = std::vector<double>{1}});
  out.id = lifter.round(x.type, lifter.add({x.id, size}, Combine{.kind = Arith::kDiv}));
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> softmax(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, 0));
  const std::int64_t axis = integer_or(node, "axis", -1);
  if (x.rank != 2 || (axis != 1 && axis != -1)) return not_lifted("Softmax of another axis");
  Lifted out = x;
  out.exact = false;
  out.id = lifter.add(
      {x.id}, Link{.kind = x.type == kOnnxFloat ? LinkKind::kSoftmaxFloatSum : LinkKind::kSoftmax});
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> arg_max(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted x, lifter.floats(node, 0));
  const std::int64_t axis = integer_or(node, "axis", 0);
  if (x.rank != 2 || (axis != 1 && axis != -1) || integer_or(node, "select_last_index", 0) != 0)
    return not_lifted("ArgMax of another axis");
  Lifted out{.type = kOnnxInt64};
  out.rank = integer_or(node, "keepdims", 1) != 0 ? 2 : 1;
  out.exact = x.exact;
  out.id = lifter.add({x.id}, Reduce{.kind = ReduceKind::kArgMax});
  lifter.give(node, 0, std::move(out));
  return {};
}

constexpr std::array kRules{LiftRule{"", "Add", add},
                            LiftRule{"", "Sub", sub},
                            LiftRule{"", "Mul", mul},
                            LiftRule{"", "Div", div},
                            LiftRule{"", "Neg", function<MapKind::kNegate, true>},
                            LiftRule{"", "Abs", function<MapKind::kAbs, true>},
                            LiftRule{"", "Sqrt", function<MapKind::kSqrt, true>},
                            LiftRule{"", "Relu", function<MapKind::kRelu, true>},
                            LiftRule{"", "Exp", function<MapKind::kExp, false>},
                            LiftRule{"", "Log", function<MapKind::kLog, false>},
                            LiftRule{"", "Tanh", function<MapKind::kTanh, false>},
                            LiftRule{"", "Sigmoid", function<MapKind::kLogistic, false>},
                            LiftRule{"", "Softmax", softmax},
                            LiftRule{"", "ArgMax", arg_max},
                            LiftRule{"ai.onnx.ml", "Scaler", scaler},
                            LiftRule{"ai.onnx.ml", "Imputer", imputer},
                            LiftRule{"ai.onnx.ml", "Binarizer", binarizer},
                            LiftRule{"ai.onnx.ml", "Normalizer", normalizer}};

}  // namespace

std::span<const LiftRule> number_rules() { return kRules; }

}  // namespace slipway::model
