// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/output_tensors.h"

#include <array>

#include "base/text.h"
#include "plan/outputs.h"

namespace slipway::deploy::realtime {
namespace {

using frame::Column;
using frame::TypeId;
using model::ElementType;

constexpr JsonWriter::Options kDialect{.pretty = false,
                                       .non_finite = JsonWriter::NonFinite::kToken};

template <typename T>
T at(const Column& column, std::int64_t row) {
  return column.values<T>()[static_cast<std::size_t>(row)];
}

// Labels are text among our columns, whatever their tensor's type.
void write_text(std::string_view text, ElementType type, JsonWriter* json) {
  const auto number = type == ElementType::kText ? std::nullopt : parse_int64(text);
  number ? json->value(*number) : json->value(text);
}

void write_value(const Column& column, std::int64_t row, ElementType type, JsonWriter* json) {
  switch (column.type().id) {
    case TypeId::kFloat32:
      json->value(at<float>(column, row));
      return;
    case TypeId::kFloat64:
      json->value(at<double>(column, row));
      return;
    case TypeId::kInt8:
      json->value(static_cast<std::int64_t>(at<std::int8_t>(column, row)));
      return;
    case TypeId::kInt16:
      json->value(static_cast<std::int64_t>(at<std::int16_t>(column, row)));
      return;
    case TypeId::kInt32:
      json->value(static_cast<std::int64_t>(at<std::int32_t>(column, row)));
      return;
    case TypeId::kInt64:
      json->value(at<std::int64_t>(column, row));
      return;
    case TypeId::kUInt8:
      json->value(static_cast<std::uint64_t>(at<std::uint8_t>(column, row)));
      return;
    case TypeId::kUInt16:
      json->value(static_cast<std::uint64_t>(at<std::uint16_t>(column, row)));
      return;
    case TypeId::kUInt32:
      json->value(static_cast<std::uint64_t>(at<std::uint32_t>(column, row)));
      return;
    case TypeId::kUInt64:
      json->value(at<std::uint64_t>(column, row));
      return;
    case TypeId::kBool:
      json->value(column.bool_at(row));
      return;
    default:
      write_text(column.text_at(row), type, json);
  }
}

void write_values(const OutputTensor& tensor, const frame::Frame& scores, std::int64_t row,
                  JsonWriter* json) {
  for (std::size_t c = 0; c < tensor.count; ++c)
    write_value(scores.column(tensor.first + c), row, tensor.type, json);
}

}  // namespace

std::vector<OutputTensor> output_tensors(const plan::Plan& plan) {
  const model::Outputs& outputs = plan.model().outputs;
  const std::size_t columns = plan.output_schema().size();
  std::vector<OutputTensor> tensors;
  std::size_t next = 0;
  for (const auto& each : outputs.tensors) {
    OutputTensor tensor{.name = each.name, .type = each.type, .dims = each.dims, .first = next};
    tensor.count = model::columns_of(each);
    // A classifier's second tensor has a column per class, whatever the file says of its shape.
    if (plan::is_classifier(outputs) && next > 0) {
      tensor.count = columns - next;
      tensor.dims = {static_cast<std::uint32_t>(tensor.count)};
    }
    next += tensor.count;
    tensors.push_back(std::move(tensor));
  }
  return next == columns ? tensors : std::vector<OutputTensor>();
}

std::string_view datatype_of(ElementType type) {
  static constexpr std::array<std::string_view, 12> kNames{"FP32",   "FP64",   "INT8",  "INT16",
                                                           "INT32",  "INT64",  "UINT8", "UINT16",
                                                           "UINT32", "UINT64", "BOOL",  "BYTES"};
  return kNames[static_cast<std::size_t>(type)];
}

void write_tensor(const OutputTensor& tensor, const frame::Frame& scores, std::string* out) {
  JsonWriter json(out, kDialect);
  json.begin_object().member("name", tensor.name).member("datatype", datatype_of(tensor.type));
  json.key("shape").begin_array().value(scores.rows());
  for (const std::uint32_t dim : tensor.dims) json.value(dim);
  json.end_array().key("data").begin_array();
  for (std::int64_t row = 0; row < scores.rows(); ++row) write_values(tensor, scores, row, &json);
  json.end_array().end_object();
}

void write_row(const OutputTensor& tensor, const frame::Frame& scores, std::int64_t row,
               JsonWriter* json) {
  if (tensor.count == 1) return write_values(tensor, scores, row, json);
  json->begin_array();
  write_values(tensor, scores, row, json);
  json->end_array();
}

}  // namespace slipway::deploy::realtime
