// A source as a table expression of DuckDB's SQL, with each column's type settled.
//
//   ASSIGN_OR_RETURN(const Scan scan, plan_scan(source, options, session));
//   "SELECT \"dest\" FROM (" + scan.sql + ") AS rows"
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/duckdb/session.h"
#include "data/read.h"
#include "data/source.h"

namespace slipway::data {

struct Scan {
  std::vector<TableColumn> columns;  // all that the source has
  std::string sql;                   // a SELECT that gives those that are needed, or more
};

Result<Scan> plan_scan(const Source& source, const ReadOptions& options,
                       const std::shared_ptr<Session>& session);

// Each is plan_scan() for its format.
Result<Scan> plan_csv_scan(const Source& source, const ReadOptions& options,
                           const std::shared_ptr<Session>& session);
Result<Scan> plan_json_scan(const Source& source, const ReadOptions& options,
                            const std::shared_ptr<Session>& session);
Result<Scan> plan_parquet_scan(const Source& source, const ReadOptions& options,
                               const std::shared_ptr<Session>& session);

// Whether the options need the column: all do where the filter may name any.
bool is_needed(const ReadOptions& options, const std::string& name);

// `column` of type text as an integer of `sql_type`: exact, or an error that names the cell. DuckDB
// would round 1.5 to 2. `strict` refuses leading zeros too.
std::string whole_number_sql(const std::string& column, const std::string& sql_type, bool strict);

}  // namespace slipway::data
