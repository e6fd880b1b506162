// SPDX-License-Identifier: Apache-2.0
#include "model/blob.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/json_writer.h"
#include "model/container.h"

namespace slipway::model {
namespace {

constexpr std::string_view kKind = "slipway.model";
constexpr int kVersion = 1;

// Names as they stand in the file, in the order of the enums. Append only.
constexpr std::array<std::string_view, 4> kTasks{"regression", "binary", "multiclass", "ranking"};
constexpr std::array<std::string_view, 8> kLinks{"identity",      "sigmoid",   "softmax", "exp",
                                                 "signed_square", "log1p_exp", "scale",   "divide"};
constexpr std::array<std::string_view, 2> kInputKinds{"number", "category"};
constexpr std::array<std::string_view, 3> kCategoryTypes{"text", "number", "bool"};

template <typename Enum, std::size_t N>
std::string_view word_of(Enum value, const std::array<std::string_view, N>& words) {
  return words[static_cast<std::size_t>(value)];
}

Error bad(std::string what) {
  return Error(Code::kDataLoss, "model.slip.content", std::move(what));
}

template <typename Enum, std::size_t N>
Result<Enum> enum_of(JsonView view, const std::array<std::string_view, N>& words,
                     std::string_view what) {
  const auto word = view.as_string();
  for (std::size_t i = 0; word && i < N; ++i) {
    if (words[i] == *word) return static_cast<Enum>(i);
  }
  return bad(fmt::format(
      "{} is {}, which this slipway does not know: use a slipway as new as the one that wrote it",
      what, word ? fmt::format("'{}'", *word) : std::string(view.describe())));
}

Result<std::string> text_of(JsonView view, std::string_view what) {
  const auto text = view.as_string();
  if (!text) return bad(fmt::format("{} is {}, a string expected", what, view.describe()));
  return std::string(*text);
}

Result<std::uint32_t> uint_of(JsonView view, std::string_view what) {
  const auto number = view.as_uint64();
  if (!number || *number > 0xFFFFFFFFU)
    return bad(fmt::format("{} is {}, a small integer expected", what, view.describe()));
  return static_cast<std::uint32_t>(*number);
}

Result<double> double_of(JsonView view, std::string_view what) {
  const auto number = view.as_double();
  if (!number) return bad(fmt::format("{} is {}, a number expected", what, view.describe()));
  return *number;
}

Result<std::vector<std::string>> texts_of(JsonView view, std::string_view what) {
  std::vector<std::string> texts;
  for (const JsonView item : view.array()) {
    ASSIGN_OR_RETURN(texts.emplace_back(), text_of(item, what));
  }
  return texts;
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const auto& text : texts) json.value(text);
  json.end_array();
}

// ---- the graph ----

// Every array of a TreeEnsemble with its name in the file: one list for writing and reading.
template <typename Ensemble, typename Visit>
Result<void> for_each_array(Ensemble& e, Visit visit) {
  RETURN_IF_ERROR(visit("base", e.base));
  RETURN_IF_ERROR(visit("roots", e.roots));
  RETURN_IF_ERROR(visit("tree_output", e.tree_output));
  RETURN_IF_ERROR(visit("feature", e.feature));
  RETURN_IF_ERROR(visit("threshold", e.threshold));
  RETURN_IF_ERROR(visit("rule", e.rule));
  RETURN_IF_ERROR(visit("left", e.left));
  RETURN_IF_ERROR(visit("right", e.right));
  RETURN_IF_ERROR(visit("category_set", e.category_set));
  RETURN_IF_ERROR(visit("category_begin", e.category_begin));
  RETURN_IF_ERROR(visit("category_words", e.category_words));
  RETURN_IF_ERROR(visit("leaf_value", e.leaf_value));
  RETURN_IF_ERROR(visit("linear_constant", e.linear_constant));
  RETURN_IF_ERROR(visit("linear_begin", e.linear_begin));
  RETURN_IF_ERROR(visit("linear_feature", e.linear_feature));
  return visit("linear_coefficient", e.linear_coefficient);
}

std::string buffer_name(std::size_t node, std::string_view array) {
  return fmt::format("{}.{}", node, array);
}

void write_node(std::size_t index, const Node& node, JsonWriter& json, ContainerWriter& container) {
  json.begin_object().member("input", node.input);
  if (const auto* link = std::get_if<Link>(&node.op)) {
    json.member("op", word_of(link->kind, kLinks)).member("scale", link->scale).end_object();
    return;
  }
  const auto& trees = std::get<TreeEnsemble>(node.op);
  json.member("op", "trees").member("width", trees.width).member("outputs", trees.outputs);
  json.member("leaf_width", trees.leaf_width).member("flush_below", trees.flush_below);
  json.member("float32_inputs", trees.float32_inputs)
      .member("float32_sums", trees.float32_sums)
      .end_object();
  const auto written =
      for_each_array(trees, [&](std::string_view name, const auto& array) -> Result<void> {
        if (!array.empty()) container.add(buffer_name(index, name), array.span());
        return {};
      });
  CHECK(written.has_value());
}

Result<Operator> read_trees(std::size_t index, JsonView view, const Container& container) {
  TreeEnsemble trees;
  ASSIGN_OR_RETURN(trees.width, uint_of(view.find("width"), "width"));
  ASSIGN_OR_RETURN(trees.outputs, uint_of(view.find("outputs"), "outputs"));
  ASSIGN_OR_RETURN(trees.flush_below, double_of(view.find("flush_below"), "flush_below"));
  ASSIGN_OR_RETURN(trees.leaf_width, uint_of(view.find("leaf_width"), "leaf_width"));
  trees.float32_inputs = view.find("float32_inputs").as_bool().value_or(false);
  trees.float32_sums = view.find("float32_sums").as_bool().value_or(false);
  RETURN_IF_ERROR(for_each_array(trees, [&](std::string_view name, auto& array) -> Result<void> {
    const std::string buffer = buffer_name(index, name);
    if (!container.has(buffer)) return {};
    using T = std::remove_cvref_t<decltype(array[0])>;
    ASSIGN_OR_RETURN(array, container.array<T>(buffer));
    return {};
  }));
  return Operator(std::move(trees));
}

Result<Node> read_node(std::size_t index, JsonView view, const Container& container) {
  Node node;
  ASSIGN_OR_RETURN(node.input, uint_of(view.find("input"), "a node's input"));
  if (view.find("op").as_string() == "trees") {
    ASSIGN_OR_RETURN(node.op, read_trees(index, view, container));
    return node;
  }
  Link link;
  ASSIGN_OR_RETURN(link.kind, enum_of<LinkKind>(view.find("op"), kLinks, "an operator"));
  ASSIGN_OR_RETURN(link.scale, double_of(view.find("scale"), "scale"));
  node.op = link;
  return node;
}

// ---- what stands around it ----

void write_inputs(const std::vector<Input>& inputs, JsonWriter& json) {
  json.key("inputs").begin_array();
  for (const auto& input : inputs) {
    json.begin_object().member("name", input.name).member("kind", word_of(input.kind, kInputKinds));
    if (input.kind == InputKind::kCategory) {
      json.member("category_type", word_of(input.category_type, kCategoryTypes));
      write_texts(json, "categories", input.categories);
    }
    json.end_object();
  }
  json.end_array();
}

Result<std::vector<Input>> read_inputs(JsonView view) {
  std::vector<Input> inputs;
  for (const JsonView item : view.array()) {
    Input input;
    ASSIGN_OR_RETURN(input.name, text_of(item.find("name"), "an input's name"));
    ASSIGN_OR_RETURN(input.kind,
                     enum_of<InputKind>(item.find("kind"), kInputKinds, "an input's kind"));
    if (input.kind == InputKind::kCategory) {
      ASSIGN_OR_RETURN(
          input.category_type,
          enum_of<CategoryType>(item.find("category_type"), kCategoryTypes, "a category type"));
      ASSIGN_OR_RETURN(input.categories, texts_of(item.find("categories"), "a category"));
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

void write_outputs(const Model& model, JsonWriter& json) {
  json.member("margin", model.margin).member("prediction", model.prediction);
  json.key("outputs").begin_object().member("task", word_of(model.outputs.task, kTasks));
  json.member("float32", model.outputs.float32);
  write_texts(json, "classes", model.outputs.classes);
  json.end_object();
  json.key("exactness").begin_object().member("margin_bits", model.exactness.margin_bits);
  json.member("prediction_ulp", model.exactness.prediction_ulp)
      .member("why", model.exactness.why)
      .end_object();
}

Result<void> read_outputs(JsonView content, Model* model) {
  ASSIGN_OR_RETURN(model->margin, uint_of(content.find("margin"), "margin"));
  ASSIGN_OR_RETURN(model->prediction, uint_of(content.find("prediction"), "prediction"));
  const JsonView outputs = content.find("outputs");
  ASSIGN_OR_RETURN(model->outputs.task, enum_of<Task>(outputs.find("task"), kTasks, "the task"));
  model->outputs.float32 = outputs.find("float32").as_bool().value_or(false);
  ASSIGN_OR_RETURN(model->outputs.classes, texts_of(outputs.find("classes"), "a class"));
  const JsonView exactness = content.find("exactness");
  model->exactness.margin_bits = exactness.find("margin_bits").as_bool().value_or(false);
  ASSIGN_OR_RETURN(model->exactness.prediction_ulp,
                   uint_of(exactness.find("prediction_ulp"), "prediction_ulp"));
  ASSIGN_OR_RETURN(model->exactness.why, text_of(exactness.find("why"), "why"));
  return {};
}

}  // namespace

bool is_blob(std::string_view bytes) { return Container::has_magic(bytes); }

std::string write_blob(const Model& model) {
  ContainerWriter container(kKind, kVersion);
  std::string content;
  JsonWriter json(&content);
  json.begin_object().key("source").begin_object().member("library", model.source.library);
  json.member("version", model.source.version).member("format", model.source.format).end_object();
  write_inputs(model.inputs, json);
  json.key("nodes").begin_array();
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    write_node(i, model.nodes[i], json, container);
  json.end_array();
  write_outputs(model, json);
  write_texts(json, "notes", model.notes);
  json.end_object();
  return std::move(container).finish(content);
}

Result<Model> read_blob(std::string_view bytes, std::shared_ptr<const void> owner) {
  ASSIGN_OR_RETURN(const Container container,
                   Container::open(bytes, std::move(owner), kKind, kVersion));
  const JsonView content = container.content();
  Model model;
  const JsonView source = content.find("source");
  ASSIGN_OR_RETURN(model.source.library, text_of(source.find("library"), "library"));
  ASSIGN_OR_RETURN(model.source.version, text_of(source.find("version"), "version"));
  ASSIGN_OR_RETURN(model.source.format, text_of(source.find("format"), "format"));
  ASSIGN_OR_RETURN(model.inputs, read_inputs(content.find("inputs")));
  std::size_t index = 0;
  for (const JsonView node : content.find("nodes").array()) {
    ASSIGN_OR_RETURN(Node read, read_node(index++, node, container));
    model.nodes.push_back(std::move(read));
  }
  RETURN_IF_ERROR(read_outputs(content, &model));
  ASSIGN_OR_RETURN(model.notes, texts_of(content.find("notes"), "a note"));
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
