// Operators that pass on, choose and join columns.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/classes.h"
#include "model/import/onnx/lift.h"

namespace slipway::model {
namespace {

using Kind = Lifted::Kind;

Result<void> pass_on(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  lifter.give(node, 0, Lifted(*x));
  return {};
}

Result<void> constant(const OnnxNode& node, Lifter& lifter) {
  const OnnxAttribute* value = node.find("value");
  if (value == nullptr || !value->tensor) return not_lifted("a Constant is not a tensor");
  lifter.give_constant(node, &*value->tensor);
  return {};
}

// Labels are told by their number among the classes, whatever type they are of.
Result<void> cast(const OnnxNode& node, Lifter& lifter) {
  const std::int64_t to = integer_or(node, "to", 0);
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  if (x->kind == Kind::kConstant && x->type == to) return pass_on(node, lifter);
  const bool label = !x->classes.empty() && (to == kOnnxInt64 || to == kOnnxString);
  if (label && (to == x->type || x->type == kOnnxInt64 || x->type == kOnnxInt32)) {
    Lifted out = *x;
    out.type = to;
    lifter.give(node, 0, std::move(out));
    return {};
  }
  if (x->kind == Kind::kTexts && to == kOnnxString) return pass_on(node, lifter);
  ASSIGN_OR_RETURN(Lifted out, lifter.numbers(node, 0));
  const bool widens = to == kOnnxDouble || to == out.type ||
                      (to == kOnnxInt64 && out.type != kOnnxFloat && out.type != kOnnxDouble);
  if (!widens && to != kOnnxFloat)
    return not_lifted(
        fmt::format("Cast makes {} of {}", onnx_type_name(to), onnx_type_name(out.type)));
  out.type = to;
  if (to == kOnnxFloat) out.id = lifter.round(kOnnxFloat, out.id);
  lifter.give(node, 0, std::move(out));
  return {};
}

// All inputs side by side: Concat, FeatureVectorizer.
Result<void> join_columns(const OnnxNode& node, Lifter& lifter) {
  Lifted out;
  std::vector<ValueId> parts;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, i));
    if (i == 0) out = *x;
    if (i == 0) out.width = 0, out.texts.clear();
    if (x->kind != out.kind || x->type != out.type || x->rank != out.rank)
      return not_lifted(fmt::format("{} joins what is of different types", node.type));
    if (x->kind == Kind::kTexts) {
      out.texts.insert(out.texts.end(), x->texts.begin(), x->texts.end());
    } else {
      ASSIGN_OR_RETURN(const Lifted part, lifter.numbers(node, i));
      parts.push_back(part.id);
      out.exact = out.exact && part.exact;
      out.rounded = true;
    }
    out.width += x->width;
    if (out.width > kMaxOnnxColumns) return not_lifted("more columns than a row may have");
  }
  if (node.inputs.empty() || (out.rank < 2))
    return not_lifted(fmt::format("{} joins rows", node.type));
  if (!parts.empty())
    out.id = parts.size() == 1 ? parts[0] : lifter.add(std::move(parts), Concat{});
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> concat(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  const std::int64_t axis = integer_or(node, "axis", 0);
  if (axis != -1 && axis != static_cast<std::int64_t>(x->rank) - 1)
    return not_lifted("Concat does not join columns");
  return join_columns(node, lifter);
}

Result<void> feature_vectorizer(const OnnxNode& node, Lifter& lifter) {
  RETURN_IF_ERROR(join_columns(node, lifter));
  ASSIGN_OR_RETURN(const Lifted* const out, lifter.find(node.outputs.at(0)));
  const auto sizes = integers_of(node, "inputdimensions");
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) total += size;
  if (out->type == kOnnxFloat && total == out->width) return {};
  return not_lifted("FeatureVectorizer cuts its inputs");
}

// Only what leaves each row's columns as they are.
Result<void> reshape(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  ASSIGN_OR_RETURN(const OnnxTensor* const shape, lifter.constant(node, 1));
  ASSIGN_OR_RETURN(const std::vector<double> dims, shape->numbers());
  if (integer_or(node, "allowzero", 0) != 0 || x->kind == Kind::kConstant)
    return not_lifted("Reshape of constants, or to no rows");
  Lifted out = *x;
  const double width = x->width;
  if (dims.size() == 1 && dims[0] == -1 && x->width == 1) {
    out.rank = 1;
  } else if (dims.size() == 2 && dims[1] == width && (dims[0] == -1 || dims[0] == 0)) {
    out.rank = 2;
  } else if (dims.size() == 2 && dims[0] == 0 && dims[1] == -1 && x->rank == 2) {
    out.rank = 2;
  } else {
    return not_lifted("Reshape changes more than dims of 1");
  }
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> flatten(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  if (integer_or(node, "axis", 1) != 1 || x->kind == Kind::kConstant)
    return not_lifted("Flatten of another axis");
  Lifted out = *x;
  out.rank = 2;
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<void> squeeze(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  // An attribute, and an input from opset 13 on.
  const auto listed = integers_of(node, "axes");
  std::vector<double> axes(listed.begin(), listed.end());
  if (node.inputs.size() > 1) {
    ASSIGN_OR_RETURN(const OnnxTensor* const list, lifter.constant(node, 1));
    ASSIGN_OR_RETURN(axes, list->numbers());
  }
  const bool last = axes.size() == 1 && (axes[0] == 1 || axes[0] == -1);
  if (x->rank != 2 || x->width != 1 || x->kind == Kind::kConstant || !last)
    return not_lifted("Squeeze of rows");
  Lifted out = *x;
  out.rank = 1;
  lifter.give(node, 0, std::move(out));
  return {};
}

// Columns by number; or, of a constant list, its entries by computed numbers: labels.
Result<void> array_feature_extractor(const OnnxNode& node, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.value(node, 0));
  if (x->kind == Kind::kConstant) {
    ASSIGN_OR_RETURN(const Lifted number, lifter.numbers(node, 1));
    Lifted out = number;
    if (number.width != 1 || number.type != kOnnxInt64)
      return not_lifted("labels are chosen by more than a number");
    out.type = x->type;
    out.classes = labels_in(*x->constant);
    if (out.classes.size() < 2)
      return not_lifted("labels are chosen from a list of fewer than two");
    lifter.give(node, 0, std::move(out));
    return {};
  }
  ASSIGN_OR_RETURN(const OnnxTensor* const indices, lifter.constant(node, 1));
  ASSIGN_OR_RETURN(const std::vector<double> numbers, indices->numbers());
  std::vector<std::uint32_t> columns;
  for (const double number : numbers) {
    if (!(number >= 0 && number < x->width))
      return not_lifted("a column is chosen that is not there");
    columns.push_back(static_cast<std::uint32_t>(number));
  }
  Lifted out = *x;
  out.width = static_cast<std::uint32_t>(columns.size());
  out.rank = 2;
  if (x->kind == Kind::kTexts) {
    out.texts.clear();
    for (const std::uint32_t column : columns) out.texts.push_back(x->texts[column]);
  } else {
    if (!x->classes.empty()) return not_lifted("columns are chosen from labels");
    out.id = lifter.select(x->id, std::move(columns));
  }
  lifter.give(node, 0, std::move(out));
  return {};
}

constexpr std::array kRules{
    LiftRule{"", "Identity", pass_on},
    LiftRule{"", "Constant", constant},
    LiftRule{"", "Cast", cast},
    LiftRule{"", "Concat", concat},
    LiftRule{"", "Reshape", reshape},
    LiftRule{"", "Flatten", flatten},
    LiftRule{"", "Squeeze", squeeze},
    LiftRule{"ai.onnx.ml", "ZipMap", pass_on},
    LiftRule{"ai.onnx.ml", "FeatureVectorizer", feature_vectorizer},
    LiftRule{"ai.onnx.ml", "ArrayFeatureExtractor", array_feature_extractor}};

}  // namespace

std::span<const LiftRule> column_rules() { return kRules; }

}  // namespace slipway::model
