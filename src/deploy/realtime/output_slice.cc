// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/output_slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "base/text.h"
#include "deploy/realtime/infer_request.h"

namespace slipway::deploy::realtime {
namespace {

using frame::Column;
using frame::TypeId;

template <typename T>
void append_value(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// Labels are text among our columns, whatever their tensor's type (output_tensors.cc).
void append_text(std::string_view text, std::string_view datatype, std::string* out) {
  if (datatype == "BYTES") return append_element(text, out);
  const std::int64_t number = parse_int64(text).value_or(0);
  if (datatype == "INT32") return append_value(static_cast<std::int32_t>(number), out);
  append_value(number, out);
}

// Calls take(values) for a column of numbers with its span; false for texts and bools.
template <typename Take>
bool with_numbers(const Column& column, Take take) {
  switch (column.type().id) {
    case TypeId::kFloat32:
      return take(column.values<float>()), true;
    case TypeId::kFloat64:
      return take(column.values<double>()), true;
    case TypeId::kInt8:
      return take(column.values<std::int8_t>()), true;
    case TypeId::kInt16:
      return take(column.values<std::int16_t>()), true;
    case TypeId::kInt32:
      return take(column.values<std::int32_t>()), true;
    case TypeId::kInt64:
      return take(column.values<std::int64_t>()), true;
    case TypeId::kUInt8:
      return take(column.values<std::uint8_t>()), true;
    case TypeId::kUInt16:
      return take(column.values<std::uint16_t>()), true;
    case TypeId::kUInt32:
      return take(column.values<std::uint32_t>()), true;
    case TypeId::kUInt64:
      return take(column.values<std::uint64_t>()), true;
    default:
      return false;
  }
}

// As C++'s to_string has it, which is what Triton prints.
std::string class_text(const Column& column, std::size_t row) {
  std::string text;
  with_numbers(column, [&](auto values) {
    if constexpr (std::is_floating_point_v<typename decltype(values)::value_type>)
      text = fmt::format("{:.6f}", values[row]);
    else
      text = std::to_string(values[row]);
  });
  return text;
}

double number_at(const Column& column, std::size_t row) {
  double number = 0;
  with_numbers(column, [&](auto values) { number = static_cast<double>(values[row]); });
  return number;
}

}  // namespace

OutputSlice output_slice(const OutputLayout& layout, std::string_view name) {
  for (const OutputTensor& tensor : layout.tensors) {
    if (tensor.name == name)
      return {tensor.name, datatype_of(tensor.type), tensor.dims, tensor.first, tensor.count};
  }
  const std::string_view numbers = layout.is_float32 ? "FP32" : "FP64";
  const auto matrix = [&](std::size_t first, std::size_t count, bool always) {
    OutputSlice slice{.name = name, .datatype = numbers, .first = first, .count = count};
    if (always || count > 1) slice.dims = {static_cast<std::uint32_t>(count)};
    return slice;
  };
  if (name == kMargin) return matrix(layout.first_margin(), layout.margins, false);
  if (name == kPredictProba) return matrix(layout.first_value(), layout.values, true);
  OutputSlice slice =
      layout.is_classifier() ? matrix(0, layout.labels, false) : matrix(0, layout.values, false);
  if (layout.is_classifier()) slice.datatype = "BYTES";
  return slice;
}

std::vector<std::string_view> usual_outputs(const OutputLayout& layout) {
  std::vector<std::string_view> names;
  for (const OutputTensor& tensor : layout.tensors) names.push_back(tensor.name);
  if (!names.empty()) return names;
  names.push_back(kPredict);
  if (layout.has_probabilities()) names.push_back(kPredictProba);
  return names;
}

void append_element(std::string_view text, std::string* out) {
  append_value(static_cast<std::uint32_t>(text.size()), out);
  out->append(text);
}

void append_bytes(const OutputSlice& slice, const frame::Frame& scores, std::string* out) {
  for (std::int64_t row = 0; row < scores.rows(); ++row) {
    for (std::size_t c = 0; c < slice.count; ++c) {
      const Column& column = scores.column(slice.first + c);
      const auto at = static_cast<std::size_t>(row);
      if (with_numbers(column, [&](auto values) { append_value(values[at], out); })) continue;
      if (column.type().id == TypeId::kBool) {
        *out += column.bool_at(row) ? '\1' : '\0';
      } else {
        append_text(column.text_at(row), slice.datatype, out);
      }
    }
  }
}

Result<std::vector<std::string>> classification_of(const OutputSlice& slice,
                                                   const frame::Frame& scores, std::size_t classes,
                                                   std::span<const std::string> labels) {
  if (slice.is_text() || slice.datatype == "BOOL") {
    return Error(Code::kInvalidArgument, "realtime.output",
                 fmt::format("output '{}' is {}: classification is for outputs of numbers",
                             slice.name, slice.datatype));
  }
  const std::size_t wanted = std::min(classes, slice.count);
  std::vector<std::string> texts;
  std::vector<std::size_t> order(slice.count);
  for (std::int64_t row = 0; row < scores.rows(); ++row) {
    const auto at = static_cast<std::size_t>(row);
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Of equal ones the first; NaN last.
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const double left = number_at(scores.column(slice.first + a), at);
      const double right = number_at(scores.column(slice.first + b), at);
      return left > right || (left == left && right != right);
    });
    for (std::size_t i = 0; i < wanted; ++i) {
      std::string text = class_text(scores.column(slice.first + order[i]), at);
      fmt::format_to(std::back_inserter(text), ":{}", order[i]);
      if (order[i] < labels.size()) text.append(":").append(labels[order[i]]);
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

std::span<const std::string> labels_of(const Endpoint& endpoint, std::string_view output) {
  for (const auto& labels : endpoint.served->config->labels) {
    if (labels.output == output) return labels.names;
  }
  const model::Outputs& outputs = endpoint.plan().model().outputs;
  const OutputSlice slice = output_slice(endpoint.layout, output);
  if (outputs.classes.size() == slice.count && !slice.is_text()) return outputs.classes;
  return {};
}

}  // namespace slipway::deploy::realtime
