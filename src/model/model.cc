// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <fmt/format.h>

#include <set>
#include <utility>

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

Result<void> check_node(const Model& model, std::size_t index) {
  const Node& node = model.nodes[index];
  if (node.input > index) {
    return bad(
        "model.graph.order",
        fmt::format("node {} reads value {}, which is not made before it", index, node.input));
  }
  if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) {
    const std::uint32_t width = model.columns_of(node.input);
    if (trees->width != width) {
      return bad("model.graph.width",
                 fmt::format("node {} expects rows of {} columns, its input has {}", index,
                             trees->width, width));
    }
    return check(*trees);
  }
  return {};
}

Result<void> check_outputs(const Model& model) {
  if (model.margin > model.nodes.size() || model.prediction > model.nodes.size()) {
    return bad("model.graph.output",
               fmt::format("outputs are values {} and {}, but the graph makes {}", model.margin,
                           model.prediction, model.nodes.size()));
  }
  const std::uint32_t columns = model.columns_of(model.prediction);
  const std::size_t classes = model.outputs.classes.size();
  switch (model.outputs.task) {
    case Task::kBinary:
      if (columns == 1 && classes == 2) return {};
      break;
    case Task::kMulticlass:
      if (columns == classes && classes >= 1) return {};
      break;
    default:
      if (classes == 0 && columns >= 1) return {};
      break;
  }
  return bad("model.graph.classes",
             fmt::format("{} with {} classes, but predictions have {} columns",
                         name_of(model.outputs.task), classes, columns));
}

}  // namespace

std::uint32_t Model::columns_of(ValueId value) const {
  while (value > 0) {
    const Node& node = nodes[value - 1];
    if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) return trees->outputs;
    value = node.input;  // a link keeps the width
  }
  return static_cast<std::uint32_t>(inputs.size());
}

Result<void> check(const Model& model) {
  RETURN_IF_ERROR(check_inputs(model));
  for (std::size_t i = 0; i < model.nodes.size(); ++i) RETURN_IF_ERROR(check_node(model, i));
  return check_outputs(model);
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
  }
  return "";
}

}  // namespace slipway::model
