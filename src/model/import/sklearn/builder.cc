// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "base/text.h"

namespace slipway::model::sklearn {
namespace {

constexpr int kMaxNesting = 50;

}  // namespace

Builder::Builder(std::vector<std::string> input_names)
    : uses_(input_names.size(), Use::kNone),
      adopted_(input_names.size()),
      texts_(input_names.size()),
      codes_(input_names.size()) {
  widths_.push_back(static_cast<std::uint32_t>(input_names.size()));
  for (auto& name : input_names) model_.inputs.push_back({.name = std::move(name)});
}

Table Builder::inputs() const {
  Table table;
  for (const auto& input : model_.inputs)
    table.columns.push_back({input.name, static_cast<int>(table.columns.size())});
  return table;
}

Result<ValueId> Builder::add(std::vector<ValueId> inputs, Operator op) {
  std::vector<std::uint32_t> widths;
  for (const ValueId input : inputs) widths.push_back(widths_[input]);
  ASSIGN_OR_RETURN(const std::uint32_t width, width_of(op, widths));
  model_.nodes.push_back({std::move(inputs), std::move(op)});
  widths_.push_back(width);
  return static_cast<ValueId>(model_.nodes.size());
}

Result<ValueId> Builder::arith(ValueId in, Arith kind, std::vector<double> operand) {
  return add({in}, Arithmetic{kind, std::move(operand)});
}
Result<ValueId> Builder::combine(Arith kind, ValueId a, ValueId b) {
  return add({a, b}, Combine{kind});
}
Result<ValueId> Builder::map(ValueId in, MapKind kind) { return add({in}, Map{kind}); }
Result<ValueId> Builder::reduce(ValueId in, ReduceKind kind) { return add({in}, Reduce{kind}); }
Result<ValueId> Builder::select(ValueId in, std::vector<std::uint32_t> columns) {
  return add({in}, Select{std::move(columns)});
}
Result<ValueId> Builder::concat(std::vector<ValueId> in) {
  if (in.size() == 1) return in[0];
  return add(std::move(in), Concat{});
}
Result<ValueId> Builder::constant(ValueId in, std::vector<double> values) {
  return add({in}, Constant{std::move(values)});
}
Result<ValueId> Builder::matmul(ValueId in, const Matrix& weights, std::vector<double> bias) {
  return add({in},
             MatMul{static_cast<std::uint32_t>(weights.columns), weights.values, std::move(bias)});
}
Result<ValueId> Builder::link(ValueId in, LinkKind kind, double scale) {
  return add({in}, Link{kind, scale});
}

Result<Table> Builder::select(const Table& in, const std::vector<std::uint32_t>& columns) {
  Table out;
  for (const std::uint32_t column : columns) {
    if (column >= in.width())
      return Error(Code::kInvalidArgument, "model.sklearn.column",
                   fmt::format("column {} of {}", column, in.width()));
    out.columns.push_back(in.columns[column]);
  }
  ASSIGN_OR_RETURN(out.value, select(in.value, columns));
  return out;
}

Result<Table> Builder::concat(const std::vector<Table>& in) {
  Table out;
  std::vector<ValueId> values;
  for (const Table& table : in) {
    values.push_back(table.value);
    out.columns.insert(out.columns.end(), table.columns.begin(), table.columns.end());
  }
  ASSIGN_OR_RETURN(out.value, concat(std::move(values)));
  return out;
}

Result<void> Builder::use(int input, Use as, const Estimator& by) {
  Use& use = uses_[static_cast<std::size_t>(input)];
  if (use == Use::kNone || use == as) {
    use = as;
    return {};
  }
  return by.error(
      "model.sklearn.column",
      fmt::format("takes column '{}' as {}, which another step takes as {}",
                  model_.inputs[static_cast<std::size_t>(input)].name,
                  as == Use::kText ? "text" : "number", as == Use::kText ? "number" : "text"));
}

Result<void> Builder::use_as_numbers(const Table& in, const Estimator& by) {
  for (const Column& column : in.columns) {
    if (column.input >= 0) RETURN_IF_ERROR(use(column.input, Use::kNumber, by));
  }
  return {};
}

Result<ValueId> Builder::numbers(const Table& in, Requirement what, const Estimator& by) {
  RETURN_IF_ERROR(use_as_numbers(in, by));
  if (always_finite(in.value)) return in.value;
  std::vector<std::string> names;
  for (const Column& column : in.columns) names.push_back(column.name);
  return add({in.value}, Require{what, std::move(names), {std::string(by.name())}});
}

// Counts of words: very many columns, and each is a small number.
bool Builder::always_finite(ValueId value) const {
  if (value == 0) return false;
  const Node& node = model_.nodes[value - 1];
  if (std::holds_alternative<TextWeights>(node.op)) return always_finite(node.inputs[0]);
  return std::holds_alternative<TextCounts>(node.op);
}

Result<std::uint32_t> Builder::read_text(const Table& in, const Estimator& by) {
  if (in.width() != 1)
    return by.error("model.sklearn.column",
                    fmt::format("it takes the text of one column, not of {}", in.width()));
  RETURN_IF_ERROR(use_as_text(in.columns[0], by));
  texts_[static_cast<std::size_t>(in.columns[0].input)] = true;
  return static_cast<std::uint32_t>(in.columns[0].input);
}

bool Builder::is_text(const Column& column) const {
  return column.input >= 0 && uses_[static_cast<std::size_t>(column.input)] == Use::kText;
}

Result<void> Builder::use_as_text(const Column& column, const Estimator& by) {
  if (column.input >= 0) return use(column.input, Use::kText, by);
  return by.error("model.sklearn.column",
                  fmt::format("takes column '{}' as text, but an earlier step made numbers of it",
                              column.name));
}

Result<double> Builder::key_of(const Column& column, const Scalar& scalar, const Estimator& by) {
  if (scalar.kind == Scalar::Kind::kMissing) return std::numeric_limits<double>::quiet_NaN();
  if (scalar.kind != Scalar::Kind::kText) {
    if (column.input >= 0) RETURN_IF_ERROR(use(column.input, Use::kNumber, by));
    return scalar.number;
  }
  RETURN_IF_ERROR(use_as_text(column, by));
  auto& codes = codes_[static_cast<std::size_t>(column.input)];
  const auto [at, is_new] = codes.emplace(scalar.text, static_cast<double>(codes.size()));
  if (is_new)
    model_.inputs[static_cast<std::size_t>(column.input)].categories.push_back(scalar.text);
  return at->second;
}

Result<std::vector<ValueId>> Builder::graft(const Model& model, const Table& in,
                                            const Estimator& by) {
  if (model.inputs.size() != in.width())
    return by.error("model.sklearn.column", fmt::format("its booster takes {} columns, {} come in",
                                                        model.inputs.size(), in.width()));
  for (std::size_t c = 0; c < in.width(); ++c) {
    const Column& column = in.columns[c];
    if (column.input < 0) continue;  // made by a step before: a number, or a category's code
    const auto at = static_cast<std::size_t>(column.input);
    const bool number = model.inputs[c].kind == InputKind::kNumber;
    RETURN_IF_ERROR(use(column.input, number ? Use::kNumber : Use::kText, by));
    if (number) continue;
    std::string name = std::move(model_.inputs[at].name);
    model_.inputs[at] = model.inputs[c];
    model_.inputs[at].name = std::move(name);
    adopted_[at] = true;
  }
  std::vector<ValueId> values{in.value};
  for (const Node& node : model.nodes) {
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(values[input]);
    ASSIGN_OR_RETURN(values.emplace_back(), add(std::move(inputs), node.op));
  }
  return values;
}

void Builder::bound(double relative, std::uint32_t ulp, std::string_view why) {
  exactness_.relative = std::max(exactness_.relative, relative);
  exactness_.prediction_ulp = std::max(exactness_.prediction_ulp, ulp);
  if (why.empty() || exactness_.why.find(why) != std::string::npos) return;
  exactness_.why += fmt::format("{}{}", exactness_.why.empty() ? "" : "; ", why);
}

void Builder::version(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() < 2) return;
  const auto major = parse_int64(parts[0]);
  const auto minor = parse_int64(parts[1]);
  if (major && minor && *major >= 0 && *major < 100 && *minor >= 0 && *minor < 100)
    version_ = static_cast<int>(*major * 100 + *minor);
}

void Builder::step(std::string_view text) {
  model_.steps.push_back(std::string(static_cast<std::size_t>(depth_) * 2, ' ') +
                         std::string(text));
}

Result<void> Builder::enter(const Estimator& estimator) {
  if (++nesting_ <= kMaxNesting) return {};
  return estimator.error(
      "model.sklearn.nesting",
      fmt::format("estimators lie more than {} deep inside each other", kMaxNesting));
}

void Builder::drop_unused_inputs(Model* model) const {
  std::vector<bool> used(model->inputs.size());
  for (const Node& node : model->nodes) {
    const bool reads =
        std::find(node.inputs.begin(), node.inputs.end(), ValueId{0}) != node.inputs.end();
    if (!reads) continue;
    if (const auto* text = std::get_if<TextCounts>(&node.op)) {
      used[text->input] = true;
      continue;
    }
    const auto* select = std::get_if<Select>(&node.op);
    if (select == nullptr) return;  // something reads them all
    for (const std::uint32_t column : select->columns) used[column] = true;
  }
  std::vector<std::uint32_t> place(used.size());
  std::vector<Input> kept;
  for (std::size_t i = 0; i < used.size(); ++i) {
    place[i] = static_cast<std::uint32_t>(kept.size());
    if (used[i]) kept.push_back(std::move(model->inputs[i]));
  }
  model->inputs = std::move(kept);
  for (Node& node : model->nodes) {
    if (node.inputs.empty() || node.inputs[0] != 0) continue;
    if (auto* text = std::get_if<TextCounts>(&node.op)) {
      text->input = place[text->input];
      continue;
    }
    auto* select = std::get_if<Select>(&node.op);
    std::vector<std::uint32_t> columns;
    for (const std::uint32_t column : select->columns) columns.push_back(place[column]);
    select->columns = std::move(columns);
  }
}

Result<Model> Builder::finish(Source source, Outputs outputs, ValueId margin, ValueId prediction,
                              bool drop_unused) && {
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    if (uses_[i] != Use::kText || adopted_[i]) continue;
    model_.inputs[i].kind = texts_[i] ? InputKind::kText : InputKind::kCategory;
    model_.inputs[i].unseen_is_missing = false;
  }
  model_.source = std::move(source);
  outputs.float32 = model_.outputs.float32;
  model_.outputs = std::move(outputs);
  model_.margin = margin;
  model_.prediction = prediction;
  model_.exactness = exactness_;
  if (drop_unused) drop_unused_inputs(&model_);
  RETURN_IF_ERROR(check(model_));
  return std::move(model_);
}

}  // namespace slipway::model::sklearn
