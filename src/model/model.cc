// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <variant>

#include "base/utf8.h"

namespace slipway::model {
namespace {

Error bad(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

std::uint64_t columns_of(const std::vector<Tensor>& tensors) {
  std::uint64_t columns = 0;
  for (const Tensor& tensor : tensors) columns += model::columns_of(tensor);
  return columns;
}

// Other bytes would come back changed from model.slip, and no request in JSON could say them.
Result<void> check_utf8(const char* what, std::string_view text) {
  const std::size_t good = valid_utf8_prefix(text);
  if (good == text.size()) return {};
  return bad("model.graph.utf8",
             fmt::format("{} is not UTF-8: byte {:#04x} after '{}'", what,
                         static_cast<unsigned char>(text[good]), text.substr(0, good)));
}

Result<void> check_all_utf8(const char* what, const std::vector<std::string>& texts) {
  for (const auto& text : texts) RETURN_IF_ERROR(check_utf8(what, text));
  return {};
}

Result<void> check_names(const Model& model) {
  for (const auto& input : model.inputs) {
    RETURN_IF_ERROR(check_utf8("the name of an input", input.name));
    RETURN_IF_ERROR(check_all_utf8("a category", input.categories));
  }
  for (const auto* tensors : {&model.tensors, &model.outputs.tensors}) {
    for (const auto& tensor : *tensors) RETURN_IF_ERROR(check_utf8("a tensor's name", tensor.name));
  }
  RETURN_IF_ERROR(check_all_utf8("a class", model.outputs.classes));
  for (const auto& classes : model.outputs.targets)
    RETURN_IF_ERROR(check_all_utf8("a class", classes));
  return check_all_utf8("the name of an output", model.outputs.names);
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
  if (model.tensors.empty() || columns_of(model.tensors) == model.inputs.size()) return {};
  return bad("model.graph.tensors", fmt::format("tensors of {} columns for {} inputs",
                                                columns_of(model.tensors), model.inputs.size()));
}

Result<void> check_output_tensors(const Outputs& outputs, std::uint32_t columns) {
  const auto& tensors = outputs.tensors;
  if (tensors.empty()) return {};
  const bool classes = !outputs.classes.empty();
  const std::size_t wanted = classes ? (outputs.task == Task::kLabel ? 1 : 2) : 1;
  const bool labels = !classes || columns_of(tensors[0]) == 1;
  if (outputs.task == Task::kTransform ? columns_of(tensors) == columns
                                       : tensors.size() == wanted && labels)
    return {};
  return bad("model.graph.tensors",
             fmt::format("{} tensors do not fit {} columns", tensors.size(), columns));
}

// A tensor of texts is a run of the model's inputs, all of them text.
Result<void> check_texts(const Model& model, const OnnxGraph& op) {
  for (std::size_t i = 0; i < op.input_type.size(); ++i) {
    if (op.input_type[i] != ElementType::kText) continue;
    const std::uint64_t columns = model::columns_of(op.input_dims.data() + op.input_begin[i],
                                                    op.input_begin[i + 1] - op.input_begin[i]);
    for (std::uint64_t at = op.text_input[i]; at < op.text_input[i] + columns; ++at) {
      if (at < model.inputs.size() && model.inputs[at].kind == InputKind::kText) continue;
      return bad("model.graph.text",
                 fmt::format("input {} is no text for tensor '{}'", at, op.inputs[i]));
    }
  }
  return {};
}

// Texts stand beside value 0, not in it.
Result<void> check_text(const Model& model, const Node& node) {
  std::vector<std::uint32_t> inputs;
  if (const auto* op = std::get_if<TextCounts>(&node.op)) inputs = {op->input};
  if (const auto* op = std::get_if<Tokenize>(&node.op)) inputs = {op->input};
  const auto* hashed = std::get_if<HashColumns>(&node.op);
  for (std::size_t i = 0; hashed != nullptr && i < hashed->inputs.size(); ++i)
    if (i < hashed->as.size() && hashed->as[i] != HashedAs::kNumber)
      inputs.push_back(hashed->inputs[i]);
  for (const std::uint32_t input : inputs) {
    const bool is_text = input < model.inputs.size() &&
                         model.inputs[input].kind == InputKind::kText && node.inputs.size() == 1 &&
                         node.inputs[0] == 0;
    if (!is_text)
      return bad("model.graph.text",
                 fmt::format("input {} is no text for {}", input, name_of(node.op)));
  }
  if (hashed != nullptr && (node.inputs.size() != 1 || node.inputs[0] != 0))
    return bad("model.graph.text", "columns are hashed as they come in, and these are made");
  return {};
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
  if (const auto* graph = std::get_if<OnnxGraph>(&node.op))
    RETURN_IF_ERROR(check_texts(model, *graph));
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
  RETURN_IF_ERROR(check_output_tensors(model.outputs, columns));
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

Result<std::vector<std::uint32_t>> checked_widths(const Model& model) {
  std::vector<std::uint32_t> widths{static_cast<std::uint32_t>(model.inputs.size())};
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    ASSIGN_OR_RETURN(const std::uint32_t width, check_node(model, i, widths));
    widths.push_back(width);
  }
  return widths;
}

}  // namespace

std::vector<std::uint32_t> widths_of(const Model& model) {
  std::vector<std::uint32_t> widths{static_cast<std::uint32_t>(model.inputs.size())};
  for (const Node& node : model.nodes) {
    if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) {
      widths.push_back(trees->outputs);
      continue;
    }
    std::vector<std::uint32_t> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(widths[input]);
    widths.push_back(width_of(node.op, inputs).value());
  }
  return widths;
}

Result<void> check(const Model& model) {
  RETURN_IF_ERROR(check_names(model));
  RETURN_IF_ERROR(check_inputs(model));
  ASSIGN_OR_RETURN(const auto widths, checked_widths(model));
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
