// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "data/duckdb/columns.h"
#include "data/duckdb/explain.h"
#include "data/scan.h"

namespace slipway::data {
namespace {

// What DuckDB says of a column, made into how we read it: whole numbers with our own check, times
// with their offset, and what is text in JSON as text.
frame::Type type_to_read(const QueryColumn& column) {
  using frame::TypeId;
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), column.sql_type) != names.end();
  };
  if (is({"BIGINT"})) return frame::Type::of(TypeId::kInt64);
  if (is({"UBIGINT"})) return frame::Type::of(TypeId::kUInt64);
  if (is({"DOUBLE"})) return frame::Type::of(TypeId::kFloat64);
  if (is({"BOOLEAN"})) return frame::Type::of(TypeId::kBool);
  if (is({"DATE"})) return frame::Type::of(TypeId::kDate);
  if (is({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})) return frame::Type::of(TypeId::kTimestamp);
  return frame::Type::of(TypeId::kString);
}

bool is_nested(const QueryColumn& column) {
  constexpr std::array kNested = {"LIST", "STRUCT", "MAP", "ARRAY", "UNION"};
  return std::find(kNested.begin(), kNested.end(), column.sql_type) != kNested.end();
}

std::string parsed_as(const frame::Type& type) {
  if (frame::is_integer(type.id)) return "VARCHAR";
  if (type.id == frame::TypeId::kTimestamp) return "TIMESTAMP WITH TIME ZONE";
  return sql_name_of(type);
}

// A file of lines is held to that; .json may also be one array.
std::string layout_of(const Source& source) {
  for (const auto& file : source.files) {
    if (file.find(".json.") != file.npos || file.ends_with(".json")) return "auto";
  }
  return "newline_delimited";
}

}  // namespace

Result<Scan> plan_json_scan(const Source& source, const ReadOptions& options,
                            const std::shared_ptr<Session>& session) {
  const std::string input =
      fmt::format("{}, format = '{}', records = true", quote_list(source.files), layout_of(source));
  auto found = session->describe(fmt::format("SELECT * FROM read_json({})", input));
  if (!found) return explain(found.error(), {.uri = source.uri});
  std::vector<QueryColumn> keys = std::move(found).value();
  // A key that the first rows lack is still one if the caller knows it.
  for (const auto& name : options.columns) {
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const QueryColumn& key) { return key.name == name; });
    if (!known && options.expected.count(name) > 0) keys.push_back({.name = name});
  }
  Scan scan;
  std::vector<std::string> columns, items;
  for (const QueryColumn& key : keys) {
    const auto expected = options.expected.find(key.name);
    const bool is_expected = expected != options.expected.end();
    frame::Type type = is_expected ? expected->second : type_to_read(key);
    if (is_nested(key) && !is_expected) {
      scan.columns.push_back({.name = key.name, .sql_type = key.sql_type});
      continue;
    }
    columns.push_back(quote_text(key.name) + ": " + quote_text(parsed_as(type)));
    items.push_back(fmt::format("{} AS {}",
                                frame::is_integer(type.id)
                                    ? whole_number_sql(key.name, sql_name_of(type), false)
                                    : quote_name(key.name),
                                quote_name(key.name)));
    if (type.id == frame::TypeId::kDictionary) type = frame::Type::of(frame::TypeId::kString);
    scan.columns.push_back({.name = key.name, .sql_type = sql_name_of(type), .type = type});
  }
  if (items.empty())
    items.push_back("1");  // nothing but nested columns: told when one is asked for
  scan.sql =
      fmt::format("SELECT {} FROM read_json({}{})", join(items, ", "), input,
                  columns.empty() ? std::string() : ", columns = {" + join(columns, ", ") + "}");
  return scan;
}

}  // namespace slipway::data
