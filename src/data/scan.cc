// SPDX-License-Identifier: Apache-2.0
#include "data/scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/duckdb/explain.h"

namespace slipway::data {

bool is_needed(const ReadOptions& options, const std::string& name) {
  if (options.columns.empty() || !options.filter.empty()) return true;
  return std::find(options.columns.begin(), options.columns.end(), name) != options.columns.end();
}

std::string whole_number_sql(const std::string& column, const std::string& sql_type, bool strict) {
  const std::string cell = quote_name(column);
  const std::string value = fmt::format("TRY_CAST({} AS {})", cell, sql_type);
  const std::string no_zeros =
      strict ? fmt::format(" AND ltrim({}, ' -') NOT LIKE '0_%' AND {} NOT LIKE '%+%'", cell, cell)
             : std::string();
  const std::string_view expected =
      strict ? "a whole number, as the first rows of the column are" : "a whole number in range";
  // Nearly all cells are what their value prints as, which also is the cheapest test.
  return fmt::format(
      "CASE WHEN CAST({0} AS VARCHAR) IS NOT DISTINCT FROM {1} THEN {0} "
      "WHEN TRY_CAST({1} AS DOUBLE) = {0}{2} THEN {0} ELSE {3} END",
      value, cell, no_zeros, raise_bad_cell(column, cell, expected));
}

Result<Scan> plan_scan(const Source& source, const ReadOptions& options,
                       const std::shared_ptr<Session>& session) {
  switch (source.format) {
    case Format::kCsv:
    case Format::kTsv:
      return plan_csv_scan(source, options, session);
    case Format::kJsonLines:
      return plan_json_scan(source, options, session);
    case Format::kParquet:
      return plan_parquet_scan(source, options, session);
  }
  return Error(Code::kInternal, "data.format", "unknown format");
}

}  // namespace slipway::data
