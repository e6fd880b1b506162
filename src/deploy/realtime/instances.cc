// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/instances.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "deploy/realtime/cell.h"

namespace slipway::deploy::realtime {
namespace {

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

Error bad_value(std::size_t row, const InputColumn& column, JsonView value) {
  return bad_cell("instance", row, column, value.describe());
}

Error missing_of(std::size_t row, JsonView instance, const InputColumn& column) {
  std::vector<std::string> names;
  for (const JsonMember member : instance.object()) names.emplace_back(member.key);
  return missing_column(column, names).with_context(fmt::format("instance {}", row));
}

// What can be seen without reading the values, so that no memory is taken for rows that are not
// there.
Result<void> check_instance(JsonView instance, std::size_t row, const InputTable& inputs) {
  if (instance.is_object()) {
    if (instance.size() >= inputs.size()) return {};
    for (const InputColumn& column : inputs.columns()) {
      if (instance.find(column.name).is_missing()) return missing_of(row, instance, column);
    }
    return {};
  }
  if (!instance.is_array()) {
    return invalid("realtime.instance",
                   "instance {} must be an object of columns, or an array of numbers by position; "
                   "found {}",
                   row, instance.describe());
  }
  if (!inputs.all_numbers()) {
    return invalid("realtime.instance",
                   "instance {} is an array, but this model has categories among its columns: an "
                   "object of columns expected",
                   row);
  }
  if (instance.size() == inputs.size()) return {};
  return invalid("realtime.instance", "instance {} has {} values, the model has {} columns", row,
                 instance.size(), inputs.size());
}

Result<void> read_array(JsonView instance, std::size_t row, const InputTable& inputs,
                        RowBuilder* rows) {
  std::size_t column = 0;
  for (const JsonView value : instance.array()) {
    const InputColumn& wanted = inputs.columns()[column];
    if (!put_json(value, inputs, column, row, rows)) return bad_value(row, wanted, value);
    ++column;
  }
  return {};
}

Result<void> read_object(JsonView instance, std::size_t row, const InputTable& inputs,
                         std::vector<std::uint64_t>* seen, RowBuilder* rows) {
  std::size_t found = 0;
  for (const JsonMember member : instance.object()) {
    const auto column = inputs.find(member.key, found);
    if (!column) continue;
    const InputColumn& wanted = inputs.columns()[*column];
    if (std::exchange((*seen)[*column], row + 1) == row + 1) {
      return invalid("realtime.instance", "instance {} has column '{}' twice", row, wanted.name);
    }
    if (!put_json(member.value, inputs, *column, row, rows))
      return bad_value(row, wanted, member.value);
    ++found;
  }
  if (found == inputs.size()) return {};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if ((*seen)[i] != row + 1) return missing_of(row, instance, inputs.columns()[i]);
  }
  return {};
}

}  // namespace

Result<const frame::Frame*> decode_rows(JsonView instances, const InputTable& inputs,
                                        DecodeScratch* scratch) {
  std::size_t row = 0;
  for (const JsonView instance : instances.array()) {
    RETURN_IF_ERROR(check_instance(instance, row++, inputs));
  }
  RowBuilder rows(inputs, row, &scratch->rows);
  scratch->seen.assign(inputs.size(), 0);
  row = 0;
  for (const JsonView instance : instances.array()) {
    RETURN_IF_ERROR(instance.is_array()
                        ? read_array(instance, row, inputs, &rows)
                        : read_object(instance, row, inputs, &scratch->seen, &rows));
    ++row;
  }
  return &rows.finish();
}

Result<const frame::Frame*> decode_instances(JsonView root, const InputTable& inputs,
                                             DecodeScratch* scratch) {
  const JsonView instances = root.find("instances");
  if (!instances.is_array()) {
    return invalid("realtime.request", "the body must be an object with an array 'instances'{}",
                   root.is_object() ? fmt::format(", found {} there", instances.describe())
                                    : fmt::format(", found {}", root.describe()));
  }
  return decode_rows(instances, inputs, scratch);
}

}  // namespace slipway::deploy::realtime
