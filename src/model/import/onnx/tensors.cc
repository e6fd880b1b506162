// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/tensors.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

namespace slipway::model {
namespace {

constexpr std::uint64_t kMaxColumns = std::uint64_t{1} << 20;  // of one tensor's row

Error refuse(const char* reason, std::string what) {
  return Error(Code::kUnimplemented, reason, std::move(what));
}

Result<ElementType> type_of(const OnnxValue& value) {
  if (!value.is_tensor)
    return refuse("model.onnx.tensor_type",
                  fmt::format("'{}' is a sequence, map or optional: slipway takes tensors; export "
                              "the model with tensors (skl2onnx: options={{'zipmap': False}})",
                              value.name));
  if (const auto type = element_type_of(value.type)) return *type;
  return refuse("model.onnx.tensor_type",
                fmt::format("tensor '{}' is of {}: put a Cast to float before or behind it",
                            value.name, onnx_type_name(value.type)));
}

Error free_dim(const OnnxValue& value, std::size_t dim) {
  const std::string name(value.dims[dim].second);
  return refuse("model.onnx.shape",
                fmt::format("dim {} of tensor '{}' is free{}: a table's rows have all the same "
                            "shape; fix it with python -m onnxruntime.tools."
                            "make_dynamic_shape_fixed --dim_param {} --dim_value SIZE IN OUT",
                            dim, value.name, name.empty() ? "" : fmt::format(" ('{}')", name),
                            name.empty() ? "NAME" : name));
}

// Dims but the first.
Result<std::vector<std::uint32_t>> row_of(const OnnxValue& value) {
  std::vector<std::uint32_t> dims;
  std::uint64_t columns = 1;
  for (std::size_t d = 1; d < value.dims.size(); ++d) {
    const std::int64_t dim = value.dims[d].first;
    if (dim < 0) return free_dim(value, d);
    if (dim == 0 || static_cast<std::uint64_t>(dim) > kMaxColumns ||
        (columns *= static_cast<std::uint64_t>(dim)) > kMaxColumns)
      return refuse("model.onnx.shape",
                    fmt::format("a row of tensor '{}' has no, or more than {} columns", value.name,
                                kMaxColumns));
    dims.push_back(static_cast<std::uint32_t>(dim));
  }
  return dims;
}

Result<std::uint32_t> batch_of(const OnnxValue& value) {
  const std::int64_t batch = value.dims[0].first;
  if (batch < 0) return std::uint32_t{0};
  if (batch >= 1 && static_cast<std::uint64_t>(batch) <= kMaxColumns)
    return static_cast<std::uint32_t>(batch);
  return refuse("model.onnx.shape",
                fmt::format("tensor '{}' takes {} rows at once", value.name, batch));
}

}  // namespace

std::optional<ElementType> element_type_of(std::int64_t type) {
  switch (type) {
    case kOnnxFloat:
      return ElementType::kFloat32;
    case kOnnxDouble:
      return ElementType::kFloat64;
    case kOnnxInt8:
      return ElementType::kInt8;
    case kOnnxInt16:
      return ElementType::kInt16;
    case kOnnxInt32:
      return ElementType::kInt32;
    case kOnnxInt64:
      return ElementType::kInt64;
    case kOnnxUInt8:
      return ElementType::kUInt8;
    case kOnnxUInt16:
      return ElementType::kUInt16;
    case kOnnxUInt32:
      return ElementType::kUInt32;
    case kOnnxUInt64:
      return ElementType::kUInt64;
    case kOnnxBool:
      return ElementType::kBool;
    case kOnnxString:
      return ElementType::kText;
    default:
      return std::nullopt;
  }
}

Result<OnnxInterface> interface_of(const OnnxFile& file) {
  OnnxInterface face;
  std::set<std::string_view> filled;
  for (const OnnxTensor& each : file.graph.initializers) filled.insert(each.name);
  for (const OnnxValue& value : file.graph.inputs) {
    if (filled.count(value.name) != 0) continue;
    Tensor tensor{.name = std::string(value.name)};
    ASSIGN_OR_RETURN(tensor.type, type_of(value));
    if (value.dims.empty())
      return refuse("model.onnx.shape",
                    fmt::format("tensor '{}' has no batch among its dims: each row needs its own",
                                value.name));
    ASSIGN_OR_RETURN(tensor.dims, row_of(value));
    ASSIGN_OR_RETURN(const std::uint32_t batch, batch_of(value));
    if (batch != 0 && face.batch != 0 && batch != face.batch)
      return refuse("model.onnx.shape",
                    fmt::format("tensor '{}' takes {} rows at once, another one {}", value.name,
                                batch, face.batch));
    if (batch != 0) face.batch = batch;
    face.inputs.push_back(std::move(tensor));
  }
  if (face.inputs.empty())
    return refuse("model.onnx.shape", "the graph takes no input: it gives the same for every row");
  return face;
}

Result<Tensor> output_of(const OnnxValue& value, std::uint32_t batch,
                         std::optional<std::uint32_t> columns) {
  Tensor tensor{.name = std::string(value.name)};
  ASSIGN_OR_RETURN(tensor.type, type_of(value));
  const bool open = value.dims.size() == 2 && value.dims[1].first < 0;
  if (columns && (!value.has_shape || open)) {
    if (*columns > 1) tensor.dims = {*columns};
    return tensor;
  }
  if (value.dims.empty())
    return refuse("model.onnx.shape",
                  fmt::format("the shape of tensor '{}' is not in the file, or has no batch: let "
                              "onnx.shape_inference.infer_shapes write it",
                              value.name));
  ASSIGN_OR_RETURN(tensor.dims, row_of(value));
  ASSIGN_OR_RETURN(const std::uint32_t rows, batch_of(value));
  if (rows != 0 && rows != batch)
    return refuse("model.onnx.shape",
                  fmt::format("tensor '{}' comes out for {} rows, {} go in", value.name, rows,
                              batch == 0 ? "any number" : fmt::format("{}", batch)));
  return tensor;
}

std::vector<Input> inputs_of(const std::vector<Tensor>& tensors) {
  std::vector<Input> inputs;
  for (const Tensor& tensor : tensors) {
    const bool text = tensor.type == ElementType::kText;
    for (std::string& name : column_names_of(tensor))
      inputs.push_back(
          {.name = std::move(name), .kind = text ? InputKind::kText : InputKind::kNumber});
  }
  return inputs;
}

}  // namespace slipway::model
