// Parity vectors as a container: two tables of plain columns.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/json_writer.h"
#include "frame/builder.h"
#include "frame/numbers.h"
#include "model/container.h"
#include "plan/parity.h"

namespace slipway::plan {
namespace {

using frame::Column;
using frame::Field;
using frame::Frame;
using frame::Schema;
using frame::TypeId;
using model::Container;
using model::ContainerWriter;

constexpr std::string_view kKind = "slipway.parity";
constexpr int kVersion = 1;

// Text: the characters one after the other, each value's length, and -1 for null.
void write_text(const Column& column, const std::string& name, ContainerWriter* container) {
  std::vector<std::int32_t> lengths;
  std::string characters;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    const std::string_view text = column.text_at(row);
    lengths.push_back(column.is_null(row) ? -1 : static_cast<std::int32_t>(text.size()));
    characters += text;
  }
  container->add<std::int32_t>(name + ".lengths", lengths);
  container->add<char>(name + ".characters", characters);
}

// Bools lie there as numbers, null as NaN.
std::vector<double> numbers_of(const Column& column) {
  std::vector<double> values(static_cast<std::size_t>(column.length()));
  const auto read = frame::read_numbers(column, values);
  CHECK(read.has_value());  // ParityVectors::make kept only what reads as numbers
  return values;
}

Column bools_of(std::span<const double> values) {
  frame::BoolBuilder builder;
  for (const double value : values)
    std::isnan(value) ? builder.append_null() : builder.append(value != 0);
  return builder.finish();
}

void write_table(const Frame& table, std::string_view name, JsonWriter* json,
                 ContainerWriter* container) {
  json->key(name).begin_array();
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    const Field& field = table.schema().fields()[i];
    const std::string buffer = fmt::format("{}.{}", name, i);
    json->begin_object()
        .member("name", field.name)
        .member("type", name_of(field.type))
        .end_object();
    if (field.type.id == TypeId::kString) {
      write_text(table.column(i), buffer, container);
    } else {
      container->add<double>(buffer, numbers_of(table.column(i)));
    }
  }
  json->end_array();
}

Result<Column> read_text(const Container& container, const std::string& name) {
  ASSIGN_OR_RETURN(const auto lengths, container.array<std::int32_t>(name + ".lengths"));
  ASSIGN_OR_RETURN(const auto characters, container.array<char>(name + ".characters"));
  if (characters.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    return Error(Code::kDataLoss, "plan.parity.bytes",
                 fmt::format("column '{}' has more than 2 GiB of text", name));
  }
  frame::StringBuilder builder;
  std::size_t at = 0;
  for (const std::int32_t length : lengths) {
    if (length < 0) {
      builder.append_null();
      continue;
    }
    if (static_cast<std::size_t>(length) > characters.size() - at) {
      return Error(Code::kDataLoss, "plan.parity.bytes",
                   fmt::format("text of column '{}' is cut off", name));
    }
    builder.append({characters.data() + at, static_cast<std::size_t>(length)});
    at += static_cast<std::size_t>(length);
  }
  return builder.finish();
}

Result<Frame> read_table(const Container& container, std::string_view name) {
  std::vector<Field> fields;
  std::vector<Column> columns;
  for (const JsonView item : container.content().find(name).array()) {
    const std::string buffer = fmt::format("{}.{}", name, columns.size());
    const auto type = frame::type_named(item.find("type").as_string().value_or(""));
    if (!type || (type->id != TypeId::kString && type->id != TypeId::kFloat64 &&
                  type->id != TypeId::kBool)) {
      return Error(Code::kDataLoss, "plan.parity.bytes",
                   fmt::format("column {} of {} has no known type", columns.size(), name));
    }
    if (type->id == TypeId::kString) {
      ASSIGN_OR_RETURN(columns.emplace_back(), read_text(container, buffer));
    } else {
      ASSIGN_OR_RETURN(const auto values, container.array<double>(buffer));
      columns.push_back(type->id == TypeId::kBool ? bools_of(values.span())
                                                  : frame::column_of(values.span()));
    }
    fields.push_back(
        {.name = std::string(item.find("name").as_string().value_or("")), .type = *type});
  }
  return Frame::make(Schema(std::move(fields)), std::move(columns));
}

}  // namespace

std::string ParityVectors::to_bytes() const {
  ContainerWriter container(kKind, kVersion);
  std::string content;
  JsonWriter json(&content);
  json.begin_object();
  write_table(rows_, "rows", &json, &container);
  write_table(expected_, "expected", &json, &container);
  json.end_object();
  return std::move(container).finish(content);
}

Result<ParityVectors> ParityVectors::from_bytes(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Container container, Container::open(bytes, nullptr, kKind, kVersion));
  ASSIGN_OR_RETURN(Frame rows, read_table(container, "rows"));
  ASSIGN_OR_RETURN(Frame expected, read_table(container, "expected"));
  if (rows.rows() != expected.rows()) {
    return Error(Code::kDataLoss, "plan.parity.bytes",
                 fmt::format("{} rows, but {} expected outputs", rows.rows(), expected.rows()));
  }
  return ParityVectors(std::move(rows), std::move(expected));
}

}  // namespace slipway::plan
