// SPDX-License-Identifier: Apache-2.0
#include "model/blob.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "base/text.h"
#include "model/container.h"

namespace slipway::model {
namespace {

constexpr std::string_view kKind = "slipway.model";
constexpr int kVersion = 2;

// Names as they stand in the file, in the order of the enums. Append only.
constexpr std::array<std::string_view, 7> kTasks{"regression", "binary",    "multiclass", "ranking",
                                                 "label",      "transform", "targets"};
constexpr std::array<std::string_view, 4> kInputKinds{"number", "category", "hash", "text"};
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

// ---- the graph: every operator by its list of fields ----

std::string buffer_name(std::size_t node, std::string_view array) {
  return fmt::format("{}.{}", node, array);
}

// Writes one field: arrays as buffers, all else into the header.
class FieldWriter {
 public:
  FieldWriter(std::size_t node, JsonWriter* json, ContainerWriter* container)
      : node_(node), json_(json), container_(container) {}

  template <typename T>
  void write(std::string_view name, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      json_->member(name, words(value)[static_cast<std::size_t>(value)]);
    } else if constexpr (std::is_same_v<T, double>) {
      json_->member(name, number_text(value));  // text: infinities too
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      write_texts(*json_, name, value);
    } else {
      json_->member(name, value);
    }
  }
  template <typename T>
  void write(std::string_view name, const Array<T>& array) {
    if (!array.empty()) container_->add(buffer_name(node_, name), array.span());
  }

 private:
  std::size_t node_;
  JsonWriter* json_;
  ContainerWriter* container_;
};

class FieldReader {
 public:
  FieldReader(std::size_t node, JsonView view, const Container& container)
      : node_(node), view_(view), container_(container) {}

  Result<void> read(std::string_view name, bool* value) const {
    *value = view_.find(name).as_bool().value_or(false);
    return {};
  }
  Result<void> read(std::string_view name, std::uint32_t* value) const {
    ASSIGN_OR_RETURN(*value, uint_of(view_.find(name), name));
    return {};
  }
  Result<void> read(std::string_view name, double* value) const {
    ASSIGN_OR_RETURN(const std::string text, text_of(view_.find(name), name));
    const auto number = parse_double(text);
    if (!number) return bad(fmt::format("{} is '{}', a number expected", name, text));
    *value = *number;
    return {};
  }
  Result<void> read(std::string_view name, std::vector<std::string>* value) const {
    ASSIGN_OR_RETURN(*value, texts_of(view_.find(name), name));
    return {};
  }
  template <typename T>
  Result<void> read(std::string_view name, Array<T>* array) const {
    const std::string buffer = buffer_name(node_, name);
    if (!container_.has(buffer)) return {};
    ASSIGN_OR_RETURN(*array, container_.array<T>(buffer));
    return {};
  }
  template <typename T>
  requires std::is_enum_v<T> Result<void> read(std::string_view name, T* value)
  const {
    ASSIGN_OR_RETURN(*value, enum_of<T>(view_.find(name), words(T{}), name));
    return {};
  }

 private:
  std::size_t node_;
  JsonView view_;
  const Container& container_;
};

void write_node(std::size_t index, const Node& node, JsonWriter& json, ContainerWriter& container) {
  json.begin_object().member("op", name_of(node.op)).key("inputs").begin_array();
  for (const ValueId input : node.inputs) json.value(input);
  json.end_array();
  FieldWriter writer(index, &json, &container);
  std::visit(
      [&](const auto& op) {
        std::apply([&](const auto&... f) { (writer.write(f.name, op.*(f.member)), ...); },
                   op.fields());
      },
      node.op);
  json.end_object();
}

template <typename Op>
Result<Operator> read_operator(const FieldReader& reader) {
  Op op;
  Result<void> read;
  const auto one = [&](const auto& f) {
    if (read) read = reader.read(f.name, &(op.*(f.member)));
  };
  std::apply([&](const auto&... f) { (one(f), ...); }, Op::fields());
  RETURN_IF_ERROR(std::move(read));
  return Operator(std::move(op));
}

// Tries the operators of the variant by name.
template <std::size_t I = 0>
Result<Operator> read_named(std::string_view name, const FieldReader& reader) {
  if constexpr (I == std::variant_size_v<Operator>) {
    return bad(fmt::format(
        "operator '{}' is not known: use a slipway as new as the one that wrote it", name));
  } else {
    using Op = std::variant_alternative_t<I, Operator>;
    return Op::kName == name ? read_operator<Op>(reader) : read_named<I + 1>(name, reader);
  }
}

Result<Node> read_node(std::size_t index, JsonView view, const Container& container) {
  Node node;
  for (const JsonView input : view.find("inputs").array()) {
    ASSIGN_OR_RETURN(node.inputs.emplace_back(), uint_of(input, "a node's input"));
  }
  ASSIGN_OR_RETURN(const std::string name, text_of(view.find("op"), "an operator"));
  ASSIGN_OR_RETURN(node.op, read_named(name, FieldReader(index, view, container)));
  return node;
}

// ---- what stands around it ----

void write_inputs(const std::vector<Input>& inputs, JsonWriter& json) {
  json.key("inputs").begin_array();
  for (const auto& input : inputs) {
    json.begin_object().member("name", input.name).member("kind", word_of(input.kind, kInputKinds));
    if (input.kind == InputKind::kCategory || input.kind == InputKind::kText) {
      json.member("category_type", word_of(input.category_type, kCategoryTypes));
      json.member("unseen_is_missing", input.unseen_is_missing);
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
    if (input.kind == InputKind::kCategory || input.kind == InputKind::kText) {
      ASSIGN_OR_RETURN(
          input.category_type,
          enum_of<CategoryType>(item.find("category_type"), kCategoryTypes, "a category type"));
      input.unseen_is_missing = item.find("unseen_is_missing").as_bool().value_or(true);
      ASSIGN_OR_RETURN(input.categories, texts_of(item.find("categories"), "a category"));
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// Nothing at all where there are none, as files written before tensors were known have it.
void write_tensors(const std::vector<Tensor>& tensors, JsonWriter& json) {
  if (tensors.empty()) return;
  json.key("tensors").begin_array();
  for (const auto& tensor : tensors) {
    json.begin_object().member("name", tensor.name);
    json.member("type", words(tensor.type)[static_cast<std::size_t>(tensor.type)]);
    json.key("dims").begin_array();
    for (const std::uint32_t dim : tensor.dims) json.value(dim);
    json.end_array().end_object();
  }
  json.end_array();
}

Result<std::vector<Tensor>> read_tensors(JsonView view) {
  std::vector<Tensor> tensors;
  for (const JsonView item : view.array()) {
    Tensor tensor;
    ASSIGN_OR_RETURN(tensor.name, text_of(item.find("name"), "a tensor's name"));
    ASSIGN_OR_RETURN(tensor.type, enum_of<ElementType>(item.find("type"), words(ElementType{}),
                                                       "a tensor's type"));
    for (const JsonView dim : item.find("dims").array()) {
      ASSIGN_OR_RETURN(tensor.dims.emplace_back(), uint_of(dim, "a tensor's dim"));
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

void write_outputs(const Model& model, JsonWriter& json) {
  json.member("margin", model.margin).member("prediction", model.prediction);
  json.key("outputs").begin_object().member("task", word_of(model.outputs.task, kTasks));
  json.member("float32", model.outputs.float32);
  if (model.outputs.label) json.member("label", *model.outputs.label);
  write_texts(json, "classes", model.outputs.classes);
  write_texts(json, "names", model.outputs.names);
  if (!model.outputs.targets.empty()) {
    json.key("targets").begin_array();
    for (const auto& classes : model.outputs.targets) {
      json.begin_array();
      for (const auto& name : classes) json.value(name);
      json.end_array();
    }
    json.end_array();
  }
  write_tensors(model.outputs.tensors, json);
  json.end_object();
  json.key("exactness").begin_object().member("margin_bits", model.exactness.margin_bits);
  json.member("prediction_ulp", model.exactness.prediction_ulp)
      .member("relative", model.exactness.relative)
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
  ASSIGN_OR_RETURN(model->outputs.names, texts_of(outputs.find("names"), "a column's name"));
  for (const JsonView classes : outputs.find("targets").array()) {
    ASSIGN_OR_RETURN(model->outputs.targets.emplace_back(), texts_of(classes, "a class"));
  }
  ASSIGN_OR_RETURN(model->outputs.tensors, read_tensors(outputs.find("tensors")));
  if (const JsonView label = outputs.find("label"); !label.is_missing()) {
    ASSIGN_OR_RETURN(model->outputs.label, uint_of(label, "the label"));
  }
  const JsonView exactness = content.find("exactness");
  model->exactness.margin_bits = exactness.find("margin_bits").as_bool().value_or(false);
  ASSIGN_OR_RETURN(model->exactness.prediction_ulp,
                   uint_of(exactness.find("prediction_ulp"), "prediction_ulp"));
  ASSIGN_OR_RETURN(model->exactness.relative, double_of(exactness.find("relative"), "relative"));
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
  write_tensors(model.tensors, json);
  json.key("nodes").begin_array();
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    write_node(i, model.nodes[i], json, container);
  json.end_array();
  write_outputs(model, json);
  write_texts(json, "steps", model.steps);
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
  ASSIGN_OR_RETURN(model.tensors, read_tensors(content.find("tensors")));
  std::size_t index = 0;
  for (const JsonView node : content.find("nodes").array()) {
    ASSIGN_OR_RETURN(Node read, read_node(index++, node, container));
    model.nodes.push_back(std::move(read));
  }
  RETURN_IF_ERROR(read_outputs(content, &model));
  ASSIGN_OR_RETURN(model.steps, texts_of(content.find("steps"), "a step"));
  ASSIGN_OR_RETURN(model.notes, texts_of(content.find("notes"), "a note"));
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace slipway::model
