// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/infer_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
constexpr std::size_t kIdBytesMax = 256;

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

bool accepts(Wire wire, DataType type) {
  switch (wire) {
    case Wire::kNumber:
      return type != DataType::kBytes;
    case Wire::kCategoryNumber:
      return type != DataType::kBytes && type != DataType::kBool;
    case Wire::kCategoryText:
      return type == DataType::kBytes;
    case Wire::kCategoryBool:
      return type == DataType::kBool;
  }
  return false;
}

Result<void> parse_tensors(JsonView items, std::vector<Tensor>* tensors) {
  tensors->clear();
  if (!items.is_array() || items.size() == 0) {
    return invalid("realtime.request", "'inputs' must be an array of tensors, found {}",
                   items.is_array() ? "an empty one" : items.describe());
  }
  for (const JsonView item : items.array()) {
    ASSIGN_OR_RETURN(const Tensor tensor, parse_tensor(item));
    tensors->push_back(tensor);
  }
  return {};
}

// Whether the tensors are one matrix by position rather than columns by name.
bool is_by_position(const std::vector<Tensor>& tensors, const InputTable& inputs) {
  if (tensors.size() != 1) return false;
  const Tensor& tensor = tensors.front();
  if (tensor.rank == 2 && tensor.width == inputs.size() && inputs.all_numbers()) return true;
  std::size_t count = 0;
  return !inputs.find(tensor.name, 0) && !inputs.find_tensor(tensor.name, &count);
}

Result<const frame::Frame*> rows_by_position(const Tensor& tensor, const InputTable& inputs,
                                             DecodeScratch* scratch) {
  if (!inputs.all_numbers()) {
    return invalid("realtime.column_type",
                   "input '{}': this model has categories among its columns, so each column must "
                   "come as a tensor of its own, by name",
                   tensor.name);
  }
  if (tensor.rank > 2) {
    return invalid("realtime.shape", "input '{}': shape must be [rows] or [rows, columns]",
                   tensor.name);
  }
  if (tensor.width != inputs.size()) {
    return invalid("realtime.shape", "input '{}': shape [rows, {}] expected, found {}", tensor.name,
                   inputs.size(), tensor.shape_text());
  }
  if (tensor.type == DataType::kBytes) {
    return invalid("realtime.datatype", "input '{}': numbers expected, found BYTES", tensor.name);
  }
  RETURN_IF_ERROR(check_size(tensor));
  RowBuilder rows(inputs, tensor.rows, &scratch->rows);
  if (tensor.rows == 1) {
    RETURN_IF_ERROR(read_numbers(tensor, rows.single_row()));
    return &rows.finish();
  }
  scratch->values.resize(tensor.rows * tensor.width);
  RETURN_IF_ERROR(read_numbers(tensor, scratch->values));
  for (std::size_t column = 0; column < inputs.size(); ++column) {
    const std::span<double> out = rows.numbers(column);
    for (std::size_t row = 0; row < tensor.rows; ++row) {
      out[row] = scratch->values[row * tensor.width + column];
    }
  }
  return &rows.finish();
}

// Which column each tensor is; that none is missing or comes twice; that types and sizes fit.
Result<void> match_columns(const InputTable& inputs, DecodeScratch* scratch) {
  const std::vector<Tensor>& tensors = scratch->tensors;
  scratch->columns.assign(tensors.size(), kNoColumn);
  scratch->seen.assign(inputs.size(), 0);
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    std::size_t count = 1;
    auto column = inputs.find(tensor.name, i);
    if (!column) column = inputs.find_tensor(tensor.name, &count);
    if (!column) continue;
    for (std::size_t c = *column; c < *column + count; ++c) {
      if (std::exchange(scratch->seen[c], 1) != 0)
        return invalid("realtime.tensor", "input '{}' is given twice", tensor.name);
    }
    if (!accepts(inputs.columns()[*column].wire, tensor.type)) {
      return invalid("realtime.datatype", "input '{}' wants {}, found datatype {}", tensor.name,
                     wanted(inputs.columns()[*column].wire), name_of(tensor.type));
    }
    if (tensor.width != count) {
      return invalid("realtime.shape", "input '{}': shape {} expected, found {}", tensor.name,
                     count == 1 ? "[rows] or [rows, 1]" : inputs.shape_text(tensor.name),
                     tensor.shape_text());
    }
    if (!first) first = i;
    if (tensor.rows != tensors[*first].rows) {
      return invalid("realtime.shape", "input '{}' has {} rows, but '{}' has {}", tensor.name,
                     tensor.rows, tensors[*first].name, tensors[*first].rows);
    }
    RETURN_IF_ERROR(check_size(tensor));
    scratch->columns[i] = *column;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (scratch->seen[i] != 0) continue;
    std::vector<std::string> names;
    names.reserve(tensors.size());
    for (const Tensor& tensor : tensors) names.emplace_back(tensor.name);
    return missing_column(inputs.columns()[i], names);
  }
  return {};
}

// A tensor of many columns.
Result<void> spread_numbers(const Tensor& tensor, std::size_t first, DecodeScratch* scratch,
                            RowBuilder* rows) {
  scratch->values.resize(tensor.rows * tensor.width);
  RETURN_IF_ERROR(read_numbers(tensor, scratch->values));
  for (std::size_t c = 0; c < tensor.width; ++c) {
    const std::span<double> out = rows->numbers(first + c);
    for (std::size_t row = 0; row < tensor.rows; ++row)
      out[row] = scratch->values[row * tensor.width + c];
  }
  return {};
}

Result<const frame::Frame*> rows_by_name(const InputTable& inputs, DecodeScratch* scratch) {
  RETURN_IF_ERROR(match_columns(inputs, scratch));
  std::size_t count = 0;
  for (std::size_t i = 0; i < scratch->tensors.size(); ++i) {
    if (scratch->columns[i] != kNoColumn) count = scratch->tensors[i].rows;
  }
  RowBuilder rows(inputs, count, &scratch->rows);
  for (std::size_t i = 0; i < scratch->tensors.size(); ++i) {
    const std::size_t column = scratch->columns[i];
    if (column == kNoColumn) continue;
    const Tensor& tensor = scratch->tensors[i];
    switch (inputs.columns()[column].wire) {
      case Wire::kNumber:
      case Wire::kCategoryNumber:
        RETURN_IF_ERROR(tensor.width == 1 ? read_numbers(tensor, rows.numbers(column))
                                          : spread_numbers(tensor, column, scratch, &rows));
        break;
      case Wire::kCategoryText:
        RETURN_IF_ERROR(read_text(tensor, {&rows.text(column), tensor.width}));
        break;
      case Wire::kCategoryBool:
        RETURN_IF_ERROR(read_bools(tensor, &rows.bools(column)));
        break;
    }
  }
  return &rows.finish();
}

Result<void> parse_outputs(JsonView items, const std::vector<std::string>& names,
                           std::vector<std::string_view>* outputs) {
  if (items.is_missing()) return {};
  if (!items.is_array())
    return invalid("realtime.output", "'outputs' must be an array, found {}", items.describe());
  for (const JsonView item : items.array()) {
    const std::string_view name = item.find("name").as_string().value_or("");
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string last = names.size() > 1 ? " and " + names.back() : std::string();
      return invalid("realtime.output", "output '{}' is unknown: this model gives {}{}", name,
                     join(std::span(names).first(std::max<std::size_t>(names.size(), 2) - 1), ", "),
                     last);
    }
    if (std::find(outputs->begin(), outputs->end(), name) != outputs->end())
      return invalid("realtime.output", "output '{}' is asked for twice", name);
    outputs->push_back(name);
  }
  return {};
}

}  // namespace

bool InferRequest::wants_margin() const {
  return std::find(outputs.begin(), outputs.end(), kMargin) != outputs.end();
}

Error missing_column(const InputColumn& column, const std::vector<std::string>& names) {
  const auto near = nearest(column.name, names);
  return invalid("realtime.missing_column",
                 "column '{}' is missing: the model wants {} there{}; the request has: {}",
                 column.name, wanted(column.wire),
                 near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                 join(std::span(names).first(std::min<std::size_t>(names.size(), 30)), ", "));
}

Result<InferRequest> decode_infer(JsonView root, const InputTable& inputs,
                                  const std::vector<std::string>& names, DecodeScratch* scratch) {
  if (!root.is_object())
    return invalid("realtime.request", "the body must be an object, found {}", root.describe());
  JsonView tensors, wanted_outputs;
  std::string_view id;
  for (const JsonMember member : root.object()) {
    if (member.key == "inputs") tensors = member.value;
    if (member.key == "outputs") wanted_outputs = member.value;
    if (member.key == "id") {
      const auto given = member.value.as_string();
      if (!given || given->size() > kIdBytesMax) {
        return invalid("realtime.request", "'id' must be a string of at most {} bytes",
                       kIdBytesMax);
      }
      id = *given;
    }
  }
  RETURN_IF_ERROR(parse_tensors(tensors, &scratch->tensors));
  std::vector<std::string_view> outputs;
  RETURN_IF_ERROR(parse_outputs(wanted_outputs, names, &outputs));
  ASSIGN_OR_RETURN(const frame::Frame* const rows,
                   is_by_position(scratch->tensors, inputs)
                       ? rows_by_position(scratch->tensors.front(), inputs, scratch)
                       : rows_by_name(inputs, scratch));
  return InferRequest{.id = id, .rows = *rows, .outputs = std::move(outputs)};
}

}  // namespace slipway::deploy::realtime
