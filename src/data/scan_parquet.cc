// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "data/duckdb/explain.h"
#include "data/scan.h"

namespace slipway::data {
namespace {

Result<std::vector<QueryColumn>> columns_of(const std::string& file,
                                            const std::shared_ptr<Session>& session) {
  auto columns = session->describe(fmt::format("SELECT * FROM read_parquet({})", quote_text(file)));
  if (!columns) return explain(columns.error(), {.uri = file});
  return columns;
}

std::vector<std::string> sorted_names(const std::vector<QueryColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  std::sort(names.begin(), names.end());
  return names;
}

// DuckDB would fill a column that one file lacks with nulls, and nobody would notice.
Result<void> check_same_columns(const Source& source, const std::shared_ptr<Session>& session) {
  ASSIGN_OR_RETURN(const auto first, columns_of(source.files.front(), session));
  const auto expected = sorted_names(first);
  for (std::size_t i = 1; i < source.files.size(); ++i) {
    ASSIGN_OR_RETURN(const auto columns, columns_of(source.files[i], session));
    const auto found = sorted_names(columns);
    std::vector<std::string> differences;
    std::set_symmetric_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                                  std::back_inserter(differences));
    if (differences.empty()) continue;
    return Error(Code::kInvalidArgument, "data.columns_differ",
                 fmt::format("'{}' and '{}' do not have the same columns: only one of them has {}; "
                             "read them one by one",
                             source.files.front(), source.files[i], join(differences, ", ")));
  }
  return {};
}

}  // namespace

Result<Scan> plan_parquet_scan(const Source& source, const ReadOptions&,
                               const std::shared_ptr<Session>& session) {
  RETURN_IF_ERROR(check_same_columns(source, session));
  // By name, so that types that differ between files meet in the wider one instead of the first.
  const std::string rows = fmt::format("read_parquet({}, union_by_name = {})",
                                       quote_list(source.files), source.files.size() > 1);
  auto columns = session->describe("SELECT * FROM " + rows);
  if (!columns) return explain(columns.error(), {.uri = source.uri});
  Scan scan;
  std::vector<std::string> items;
  for (const QueryColumn& column : columns.value()) {
    const bool uuid = column.sql_type == "UUID";
    items.push_back(uuid ? fmt::format("CAST({0} AS VARCHAR) AS {0}", quote_name(column.name))
                         : quote_name(column.name));
    scan.columns.push_back({.name = column.name,
                            .sql_type = column.sql_type,
                            .type = uuid ? frame::Type::of(frame::TypeId::kString) : column.type});
  }
  scan.sql = fmt::format("SELECT {} FROM {}", join(items, ", "), rows);
  return scan;
}

}  // namespace slipway::data
