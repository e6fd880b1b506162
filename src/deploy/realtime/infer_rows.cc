// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "deploy/realtime/infer_request.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
constexpr std::uint64_t kControl = 2;  // DecodeScratch::seen: nobody gave it, the server does

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
  for (const auto& group : inputs.groups()) {
    if (!group.control || scratch->seen[group.first] != 0) continue;
    std::fill_n(scratch->seen.begin() + static_cast<std::ptrdiff_t>(group.first), group.count,
                kControl);
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

double control_value(const ServingConfig::ControlInput& control,
                     const SequenceParameters& sequence) {
  switch (control.control) {
    case ServingConfig::Control::kStart:
      return sequence.start ? control.yes : control.no;
    case ServingConfig::Control::kEnd:
      return sequence.end ? control.yes : control.no;
    case ServingConfig::Control::kReady:
      return control.yes;
    case ServingConfig::Control::kCorrelationId:
      return sequence.id;
  }
  return 0;
}

void fill_controls(const InputTable& inputs, const SequenceParameters& sequence,
                   const DecodeScratch& scratch, RowBuilder* rows) {
  for (const auto& group : inputs.groups()) {
    if (!group.control || scratch.seen[group.first] != kControl) continue;
    for (std::size_t c = 0; c < group.count; ++c) {
      const std::span<double> out = rows->numbers(group.first + c);
      std::fill(out.begin(), out.end(), control_value(*group.control, sequence));
    }
  }
}

Result<const frame::Frame*> rows_by_name(const InputTable& inputs,
                                         const SequenceParameters& sequence,
                                         DecodeScratch* scratch) {
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
  fill_controls(inputs, sequence, *scratch, &rows);
  return &rows.finish();
}

}  // namespace

Error missing_column(const InputColumn& column, const std::vector<std::string>& names) {
  const auto near = nearest(column.name, names);
  return invalid("realtime.missing_column",
                 "column '{}' is missing: the model wants {} there{}; the request has: {}",
                 column.name, wanted(column.wire),
                 near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                 join(std::span(names).first(std::min<std::size_t>(names.size(), 30)), ", "));
}

Result<const frame::Frame*> rows_of_tensors(const InferTarget& target,
                                            const SequenceParameters& sequence,
                                            DecodeScratch* scratch) {
  const InputTable& inputs = target.inputs;
  for (const Tensor& tensor : scratch->tensors) {
    if (target.rows_max == 0 || tensor.rows <= static_cast<std::size_t>(target.rows_max)) continue;
    return invalid(
        "realtime.batch_size",
        "inference request batch-size must be <= {} (max_batch_size), input '{}' has {} rows",
        target.rows_max, tensor.name, tensor.rows);
  }
  return is_by_position(scratch->tensors, inputs)
             ? rows_by_position(scratch->tensors.front(), inputs, scratch)
             : rows_by_name(inputs, sequence, scratch);
}

}  // namespace slipway::deploy::realtime
