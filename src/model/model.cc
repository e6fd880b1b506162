// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <variant>

namespace slipway::model {
namespace {

Error bad(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

Result<void> check_inputs(const Model& model) {
  std::set<std::string_view> names;
  for (const auto& input : model.inputs) {
    if (input.name.empty()) return bad("model.graph.input", "an input has no name");
    if (!names.insert(input.name).second) {
      return bad("model.graph.input", fmt::format("two inputs are named '{}'", input.name));
    }
    const std::set<std::string_view> distinct(input.categories.begin(), input.categories.end());
    if (distinct.size() != input.categories.size()) {
      return bad("model.graph.categories",
                 fmt::format("input '{}' lists a category twice", input.name));
    }
  }
  return {};
}

// Texts stand beside value 0, not in it.
Result<void> check_text(const Model& model, const Node& node) {
  std::optional<std::uint32_t> input;
  if (const auto* op = std::get_if<TextCounts>(&node.op)) input = op->input;
  if (const auto* op = std::get_if<Tokenize>(&node.op)) input = op->input;
  if (!input) return {};
  const bool is_text = *input < model.inputs.size() &&
                       model.inputs[*input].kind == InputKind::kText && node.inputs.size() == 1 &&
                       node.inputs[0] == 0;
  if (is_text) return {};
  return bad("model.graph.text",
             fmt::format("input {} is no text for {}", *input, name_of(node.op)));
}

Result<std::uint32_t> check_node(const Model& model, std::size_t index,
                                 const std::vector<std::uint32_t>& widths) {
  const Node& node = model.nodes[index];
  RETURN_IF_ERROR(check_text(model, node));
  std::vector<std::uint32_t> inputs;
  for (const ValueId input : node.inputs) {
    if (input > index) {
      return bad("model.graph.order",
                 fmt::format("node {} reads value {}, which is not made before it", index, input));
    }
    inputs.push_back(widths[input]);
  }
  auto width = width_of(node.op, inputs);
  if (!width)
    return std::move(width).error().with_context(
        fmt::format("node {} ({})", index, name_of(node.op)));
  return width;
}

Result<void> check_targets(const Outputs& outputs, std::uint32_t columns) {
  bool sound = !outputs.targets.empty();
  for (const auto& classes : outputs.targets) sound = sound && !classes.empty();
  const std::size_t count = outputs.targets.size();
  if (sound && (columns == count || columns == count + outputs.target_classes())) return {};
  return bad("model.graph.classes",
             fmt::format("{} targets with {} classes, but predictions have {} columns", count,
                         outputs.target_classes(), columns));
}

Result<void> check_outputs(const Model& model, const std::vector<std::uint32_t>& widths) {
  const ValueId label = model.outputs.label.value_or(0);
  if (model.margin >= widths.size() || model.prediction >= widths.size() ||
      label >= widths.size()) {
    return bad("model.graph.output",
               fmt::format("outputs are values {}, {} and {}, but the graph makes {}", model.margin,
                           model.prediction, label, model.nodes.size()));
  }
  if (model.outputs.label && widths[label] != 1)
    return bad("model.graph.output", "the label is not one column");
  const std::uint32_t columns = widths[model.prediction];
  const std::size_t classes = model.outputs.classes.size();
  const std::size_t names = model.outputs.names.size();
  switch (model.outputs.task) {
    case Task::kBinary:
      if ((columns == 1 || columns == 2) && classes == 2) return {};
      break;
    case Task::kMulticlass:
      if (columns == classes && classes >= 1) return {};
      break;
    case Task::kLabel:
      if (columns == 1 && classes >= 1) return {};
      break;
    case Task::kTransform:
      if (columns == names && columns >= 1) return {};
      break;
    case Task::kTargets:
      return check_targets(model.outputs, columns);
    default:
      if (classes == 0 && columns >= 1) return {};
      break;
  }
  return bad("model.graph.classes",
             fmt::format("{} with {} classes and {} names, but predictions have {} columns",
                         name_of(model.outputs.task), classes, names, columns));
}

}  // namespace

Result<std::vector<std::uint32_t>> widths_of(const Model& model) {
  std::vector<std::uint32_t> widths{static_cast<std::uint32_t>(model.inputs.size())};
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    ASSIGN_OR_RETURN(const std::uint32_t width, check_node(model, i, widths));
    widths.push_back(width);
  }
  return widths;
}

Result<void> check(const Model& model) {
  RETURN_IF_ERROR(check_inputs(model));
  ASSIGN_OR_RETURN(const auto widths, widths_of(model));
  return check_outputs(model, widths);
}

std::string_view name_of(Task task) {
  switch (task) {
    case Task::kRegression:
      return "regression";
    case Task::kBinary:
      return "binary classification";
    case Task::kMulticlass:
      return "multiclass classification";
    case Task::kRanking:
      return "ranking";
    case Task::kLabel:
      return "classification without probabilities";
    case Task::kTransform:
      return "transformation";
    case Task::kTargets:
      return "classification of several targets";
  }
  return "";
}

}  // namespace slipway::model
