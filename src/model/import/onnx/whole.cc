// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/whole.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/classes.h"
#include "model/import/onnx/tensors.h"
#include "model/import/onnx/zipmap.h"

namespace slipway::model {
namespace {

// ONNX Runtime's sums depend on how many rows it is given at once, and on the CPU.
constexpr double kRelative = 1e-5;

void add_tensor(const Tensor& tensor, std::vector<std::string>* names,
                std::vector<ElementType>* types, std::vector<std::uint32_t>* begin,
                std::vector<std::uint32_t>* dims) {
  names->push_back(tensor.name);
  types->push_back(tensor.type);
  dims->insert(dims->end(), tensor.dims.begin(), tensor.dims.end());
  begin->push_back(static_cast<std::uint32_t>(dims->size()));
}

// Builds the operator, and the values that its tensors read.
class Whole {
 public:
  explicit Whole(Model* model) : model_(model) {}

  void take(const std::vector<Tensor>& tensors) {
    for (const Tensor& tensor : tensors) {
      const auto columns = static_cast<std::uint32_t>(columns_of(tensor));
      const bool text = tensor.type == ElementType::kText;
      text_input_.push_back(text ? next_ : 0);
      inputs_.push_back(text || tensors.size() == 1 ? 0 : select(0, next_, columns));
      add_tensor(tensor, &op_.inputs, &input_type_, &input_begin_, &input_dims_);
      next_ += columns;
    }
  }
  void give(const Tensor& tensor) {
    add_tensor(tensor, &op_.outputs, &output_type_, &output_begin_, &output_dims_);
  }

  ValueId select(ValueId from, std::uint32_t first, std::uint32_t count) {
    std::vector<std::uint32_t> columns(count);
    std::iota(columns.begin(), columns.end(), first);
    return add({.inputs = {from}, .op = Select{.columns = std::move(columns)}});
  }

  ValueId finish(std::string_view bytes, std::uint32_t batch, std::vector<std::string> classes) {
    op_.bytes = std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    op_.batch = batch;
    op_.input_type = std::move(input_type_);
    op_.input_begin = std::move(input_begin_);
    op_.input_dims = std::move(input_dims_);
    op_.text_input = std::move(text_input_);
    op_.pooling = std::vector<Pooling>(op_.outputs.size(), Pooling::kNone);
    op_.output_type = std::move(output_type_);
    op_.output_begin = std::move(output_begin_);
    op_.output_dims = std::move(output_dims_);
    op_.label = classes.empty() ? 0 : 1;
    op_.classes = std::move(classes);
    return add({.inputs = std::move(inputs_), .op = std::move(op_)});
  }

 private:
  ValueId add(Node node) {
    model_->nodes.push_back(std::move(node));
    return static_cast<ValueId>(model_->nodes.size());
  }

  Model* model_;
  OnnxGraph op_;
  std::uint32_t next_ = 0;
  std::vector<ValueId> inputs_;
  std::vector<ElementType> input_type_, output_type_;
  std::vector<std::uint32_t> input_begin_{0}, input_dims_, output_begin_{0}, output_dims_;
  std::vector<std::uint32_t> text_input_;
};

// What comes out, by what the file says of it.
struct Answers {
  std::vector<Tensor> tensors;
  std::vector<std::string> classes;  // of the first tensor's labels, if it is a classifier's
};

bool is_label(const OnnxValue& value) {
  return value.is_tensor && (value.type == kOnnxString || value.type == kOnnxInt64);
}

Result<Answers> answers_of(const OnnxGraphParts& graph, std::uint32_t batch) {
  Answers answers;
  if (graph.outputs.empty())
    return Error(Code::kUnimplemented, "model.onnx.shape", "nothing comes out of the graph");
  if (graph.outputs.size() <= 2 && is_label(graph.outputs[0]))
    answers.classes = classes_of(graph, graph.outputs[0].name);
  const bool classifier = !answers.classes.empty();
  const auto classes = static_cast<std::uint32_t>(answers.classes.size());
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    OnnxValue value = graph.outputs[i];
    std::optional<std::uint32_t> columns;
    if (classifier) columns = i == 0 ? 1 : classes;
    if (value.is_sequence_of_maps) {
      const OnnxNode* zipmap = maker_of(graph, value.name);
      if (zipmap != nullptr && zipmap->type == "ZipMap" && !class_labels(*zipmap).empty()) {
        columns = static_cast<std::uint32_t>(class_labels(*zipmap).size());
        value = {.name = value.name, .is_tensor = true, .type = kOnnxFloat};
      }
    }
    ASSIGN_OR_RETURN(answers.tensors.emplace_back(), output_of(value, batch, columns));
  }
  const auto& last = answers.tensors.back();
  const bool fits = classifier && columns_of(answers.tensors[0]) == 1 &&
                    (answers.tensors.size() == 1 ||
                     (is_float(last.type) && columns_of(last) == classes && classes >= 2));
  const std::set<std::string> distinct(answers.classes.begin(), answers.classes.end());
  if (!fits || distinct.size() != answers.classes.size()) answers.classes.clear();
  return answers;
}

Result<void> name_columns(Outputs* outputs) {
  std::set<std::string> seen;
  for (const Tensor& tensor : outputs->tensors) {
    for (std::string& name : column_names_of(tensor)) {
      if (!seen.insert(name).second)
        return Error(Code::kUnimplemented, "model.onnx.names",
                     fmt::format("two columns that come out would be named '{}'", name));
      outputs->names.push_back(std::move(name));
    }
  }
  return {};
}

Result<void> name_outputs(const Answers& answers, ValueId all, Whole* whole, Model* model) {
  Outputs& out = model->outputs;
  out.tensors = answers.tensors;
  out.classes = answers.classes;
  const Tensor& last = answers.tensors.back();
  out.float32 = last.type == ElementType::kFloat32;
  model->margin = model->prediction = all;
  const auto classes = static_cast<std::uint32_t>(answers.classes.size());
  if (classes > 0 && answers.tensors.size() == 1) {
    out.task = Task::kLabel;
  } else if (classes > 0) {
    out.task = classes == 2 ? Task::kBinary : Task::kMulticlass;
    out.label = whole->select(all, 0, 1);
    model->margin = model->prediction = whole->select(all, 1, classes);
  } else if (answers.tensors.size() == 1 && columns_of(last) == 1 && is_float(last.type)) {
    out.task = Task::kRegression;
  } else {
    out.task = Task::kTransform;
    return name_columns(&out);
  }
  return {};
}

}  // namespace

Result<Model> run_whole(const OnnxFile& file, std::string_view bytes) {
  ASSIGN_OR_RETURN(const OnnxInterface face, interface_of(file));
  ASSIGN_OR_RETURN(const Answers answers, answers_of(file.graph, face.batch));
  Model model;
  model.inputs = inputs_of(face.inputs);
  model.tensors = face.inputs;
  std::string plain;
  if (has_zipmap(file.graph)) {
    ASSIGN_OR_RETURN(plain, without_zipmaps(file, bytes));
    bytes = plain;
  }
  Whole whole(&model);
  whole.take(face.inputs);
  for (const Tensor& tensor : answers.tensors) whole.give(tensor);
  const ValueId all = whole.finish(bytes, face.batch, answers.classes);
  RETURN_IF_ERROR(name_outputs(answers, all, &whole, &model));
  model.exactness = {.margin_bits = false,
                     .relative = kRelative,
                     .why =
                         "ONNX Runtime computes it, and adds in an order that depends on how many "
                         "rows it gets at once and on the CPU"};
  return model;
}

}  // namespace slipway::model
