// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/lifter.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "model/operator.h"

namespace slipway::model {
namespace {

std::string named(const OnnxNode& node) {
  return node.name.empty() ? std::string(node.type) : fmt::format("{} '{}'", node.type, node.name);
}

std::vector<std::uint32_t> run_of(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> columns(count);
  std::iota(columns.begin(), columns.end(), first);
  return columns;
}

}  // namespace

Error not_lifted(std::string why) {
  return Error(Code::kUnimplemented, "model.onnx.lift", std::move(why));
}

Lifter::Lifter(const OnnxFile& file, const OnnxInterface& face) : inputs_(inputs_of(face.inputs)) {
  std::uint32_t next = 0;
  std::size_t at = 0;
  for (const OnnxTensor& tensor : file.graph.initializers)
    values_[tensor.name] = {
        .kind = Lifted::Kind::kConstant, .type = tensor.type, .constant = &tensor};
  for (const OnnxValue& value : file.graph.inputs) {
    if (values_.count(value.name) != 0 || at >= face.inputs.size()) continue;
    const Tensor& tensor = face.inputs[at++];
    Lifted made{.type = value.type, .width = static_cast<std::uint32_t>(columns_of(tensor))};
    made.rank = tensor.dims.empty() ? 1 : 2;
    made.rounded = value.type != kOnnxFloat;
    if (tensor.type == ElementType::kText) {
      made.kind = Lifted::Kind::kTexts;
      made.texts = run_of(next, made.width);
    } else if (face.inputs.size() > 1) {
      made.id = select(0, run_of(next, made.width));
    }
    if (made.kind == Lifted::Kind::kNumbers && !is_float(tensor.type)) {
      Require whole{.what = Requirement::kInteger, .who = {fmt::format("{}", tensor.name)}};
      whole.names = column_names_of(tensor);
      made.id = add({made.id}, std::move(whole));
    }
    next += made.width;
    // Images and other rows of more than one dim are for ONNX Runtime.
    if (tensor.dims.size() <= 1) values_[value.name] = std::move(made);
  }
}

Result<const Lifted*> Lifter::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found != values_.end()) return &found->second;
  return not_lifted(fmt::format("'{}' has more dims than a table", name));
}

Result<const Lifted*> Lifter::value(const OnnxNode& node, std::size_t input) const {
  if (input < node.inputs.size() && !node.inputs[input].empty()) return find(node.inputs[input]);
  return not_lifted(fmt::format("{} has no input {}", named(node), input));
}

Result<const Lifted*> Lifter::raw_numbers(const OnnxNode& node, std::size_t input) const {
  ASSIGN_OR_RETURN(const Lifted* const x, value(node, input));
  if (x->kind == Lifted::Kind::kNumbers && x->classes.empty()) return x;
  return not_lifted(fmt::format("{} computes with texts, labels or constants", named(node)));
}

Result<Lifted> Lifter::numbers(const OnnxNode& node, std::size_t input) {
  ASSIGN_OR_RETURN(const Lifted* const x, raw_numbers(node, input));
  Lifted out = *x;
  if (!out.rounded) {
    out.id = round(out.type, out.id);
    out.rounded = true;
    values_[node.inputs[input]] = out;
  }
  return out;
}

Result<Lifted> Lifter::floats(const OnnxNode& node, std::size_t input) {
  ASSIGN_OR_RETURN(Lifted x, numbers(node, input));
  if (x.type == kOnnxFloat || x.type == kOnnxDouble) return x;
  return not_lifted(fmt::format("{} computes in {}", named(node), onnx_type_name(x.type)));
}

Result<const OnnxTensor*> Lifter::constant(const OnnxNode& node, std::size_t input) const {
  ASSIGN_OR_RETURN(const Lifted* const x, value(node, input));
  if (x->kind == Lifted::Kind::kConstant) return x->constant;
  return not_lifted(
      fmt::format("{} takes a computed value where a constant is usual", named(node)));
}

Result<ValueId> Lifter::codes(std::uint32_t text_input, const std::vector<std::string>& keys) {
  Input& input = inputs_[text_input];
  input.kind = InputKind::kCategory;
  input.unseen_is_missing = false;
  auto& known = input.categories;
  Lookup lookup{.begin = std::vector<std::uint32_t>{0, static_cast<std::uint32_t>(keys.size())},
                .missing = std::vector<double>{-1},
                .otherwise = std::vector<double>{-1},
                .refuse = std::vector<std::uint8_t>{2},  // ONNX has no missing text
                .names = {input.name}};
  std::vector<double> from, to;
  std::map<std::string_view, std::size_t> at;
  for (std::size_t i = 0; i < known.size(); ++i) at.emplace(known[i], i);
  const std::size_t before = known.size();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = at.find(keys[i]);
    from.push_back(static_cast<double>(found != at.end() ? found->second : known.size()));
    to.push_back(static_cast<double>(i));
    if (found == at.end()) known.push_back(keys[i]);
  }
  const std::map<std::string_view, int> distinct = [&] {
    std::map<std::string_view, int> all;
    for (std::size_t i = before; i < known.size(); ++i) ++all[known[i]];
    return all;
  }();
  if (distinct.size() != known.size() - before) return not_lifted("an encoder lists a text twice");
  lookup.keys = std::move(from);
  lookup.values = std::move(to);
  return add({select(0, {text_input})}, std::move(lookup));
}

ValueId Lifter::add(std::vector<ValueId> inputs, Operator op) {
  nodes_.push_back({.inputs = std::move(inputs), .op = std::move(op)});
  return static_cast<ValueId>(nodes_.size());
}

ValueId Lifter::round(std::int64_t type, ValueId value) {
  return type == kOnnxFloat ? add({value}, Map{.kind = MapKind::kToFloat32}) : value;
}

ValueId Lifter::arith(const Lifted& x, Arith kind, std::vector<double> operand) {
  return round(x.type, add({x.id}, Arithmetic{.kind = kind, .operand = std::move(operand)}));
}

ValueId Lifter::map(const Lifted& x, MapKind kind) {
  return round(x.type, add({x.id}, Map{.kind = kind}));
}

ValueId Lifter::select(ValueId from, std::vector<std::uint32_t> columns) {
  return add({from}, Select{.columns = std::move(columns)});
}

void Lifter::give(const OnnxNode& node, std::size_t output, Lifted made) {
  if (output < node.outputs.size() && !node.outputs[output].empty())
    values_[node.outputs[output]] = std::move(made);
}

void Lifter::give_constant(const OnnxNode& node, const OnnxTensor* tensor) {
  give(node, 0, {.kind = Lifted::Kind::kConstant, .type = tensor->type, .constant = tensor});
}

std::int64_t integer_or(const OnnxNode& node, std::string_view name, std::int64_t otherwise) {
  const OnnxAttribute* found = node.find(name);
  return found != nullptr && found->integer ? *found->integer : otherwise;
}

std::string_view text_or(const OnnxNode& node, std::string_view name, std::string_view otherwise) {
  const OnnxAttribute* found = node.find(name);
  return found != nullptr && found->text ? *found->text : otherwise;
}

double real_or(const OnnxNode& node, std::string_view name, double otherwise) {
  const OnnxAttribute* found = node.find(name);
  return found != nullptr && found->real ? *found->real : otherwise;
}

std::vector<double> reals_of(const OnnxNode& node, std::string_view name) {
  const OnnxAttribute* found = node.find(name);
  if (found == nullptr) return {};
  return {found->reals.begin(), found->reals.end()};
}

std::vector<std::int64_t> integers_of(const OnnxNode& node, std::string_view name) {
  const OnnxAttribute* found = node.find(name);
  return found == nullptr ? std::vector<std::int64_t>() : found->integers;
}

std::vector<std::string> texts_of(const OnnxNode& node, std::string_view name) {
  const OnnxAttribute* found = node.find(name);
  if (found == nullptr) return {};
  return {found->texts.begin(), found->texts.end()};
}

}  // namespace slipway::model
