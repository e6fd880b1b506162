// SPDX-License-Identifier: Apache-2.0
#include "data/read.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/env.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data/duckdb/explain.h"
#include "data/duckdb/query.h"
#include "data/scan.h"
#include "data/source.h"

namespace slipway::data {
namespace {

std::vector<std::string> names_of(const std::vector<TableColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  const std::vector<std::string> shown(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShown)));
  return names.size() > kShown
             ? fmt::format("{}, and {} more", join(shown, ", "), names.size() - kShown)
             : join(shown, ", ");
}

Error missing_columns(const std::string& uri, const std::vector<std::string>& missing,
                      const std::vector<std::string>& names) {
  std::vector<std::string> told;
  for (const auto& name : missing) {
    const auto near = nearest(name, names);
    told.push_back(near ? fmt::format("'{}' (did you mean '{}'?)", name, *near)
                        : fmt::format("'{}'", name));
  }
  return Error(
      Code::kInvalidArgument, "data.column_missing",
      fmt::format("{} has no column {}; it has {}", uri, join(told, ", "), first_names(names)));
}

Error unreadable_column(const std::string& uri, const TableColumn& column) {
  return Error(Code::kUnimplemented, "data.column_type",
               fmt::format("{}: column '{}' is {}, which slipway does not read: leave it out, or "
                           "convert it first, for example in DuckDB: SELECT * REPLACE (CAST({} AS "
                           "DOUBLE) AS {})",
                           uri, column.name, column.sql_type, quote_name(column.name),
                           quote_name(column.name)));
}

// The columns that are read, in order.
Result<std::vector<std::string>> choose_columns(const std::string& uri, const Scan& scan,
                                                const ReadOptions& options) {
  const auto names = names_of(scan.columns);
  const auto& chosen = options.columns.empty() ? names : options.columns;
  std::vector<std::string> missing;
  for (const auto& name : chosen) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) {
      missing.push_back(name);
      continue;
    }
    const TableColumn& column = scan.columns[static_cast<std::size_t>(at - names.begin())];
    if (!column.type) return unreadable_column(uri, column);
  }
  if (!missing.empty()) return missing_columns(uri, missing, names);
  return chosen;
}

Result<std::shared_ptr<Session>> open_session(const ReadOptions& options) {
  ASSIGN_OR_RETURN(auto session,
                   Session::open({.threads = 1, .memory_bytes = options.memory_bytes}));
  return std::shared_ptr<Session>(std::move(session));
}

// DuckDB's threads wait by turning, and a small table has no work for a second one.
Result<void> set_threads(Session& session, const Source& source, const ReadOptions& options) {
  constexpr std::uint64_t kBytesPerThread = std::uint64_t{16} << 20;
  std::uint64_t bytes = 0;
  for (const auto& file : source.files) {
    ASSIGN_OR_RETURN(const std::uint64_t size, posix_env().file_size(file));
    bytes += size;
  }
  const std::uint64_t useful = 1 + bytes / kBytesPerThread;
  const std::uint64_t threads =
      options.threads > 0 ? options.threads : std::min<std::uint64_t>(useful, usable_cores());
  return session.execute(fmt::format("SET threads = {}", threads));
}

std::string rows_sql(const Scan& scan, const std::vector<std::string>& columns,
                     const std::string& filter) {
  std::vector<std::string> items;
  for (const auto& name : columns) items.push_back(quote_name(name));
  std::string sql = fmt::format("SELECT {} FROM ({}) AS rows", join(items, ", "), scan.sql);
  // A comment at the filter's end must not swallow the bracket.
  if (!filter.empty()) sql += fmt::format(" WHERE ({}\n)", filter);
  return sql;
}

}  // namespace

Result<std::unique_ptr<frame::FrameStream>> read(const std::string& uri,
                                                 const ReadOptions& options) {
  ASSIGN_OR_RETURN(const auto session, open_session(options));
  ASSIGN_OR_RETURN(const Source source, find_source(uri, options.format, session));
  ASSIGN_OR_RETURN(const Scan scan, plan_scan(source, options, session));
  ASSIGN_OR_RETURN(const auto columns, choose_columns(uri, scan, options));
  RETURN_IF_ERROR(set_threads(*session, source, options));
  RETURN_IF_ERROR(session->restrict_to(source.files));
  const ExplainContext context{.uri = uri, .filter = options.filter};
  return open_query(session, rows_sql(scan, columns, options.filter),
                    {.batch_rows = options.batch_rows,
                     .names = columns,
                     .explain = [context](Error error) { return explain(error, context); }});
}

Result<Table> describe(const std::string& uri, const ReadOptions& options) {
  ASSIGN_OR_RETURN(const auto session, open_session(options));
  ASSIGN_OR_RETURN(Source source, find_source(uri, options.format, session));
  ASSIGN_OR_RETURN(Scan scan, plan_scan(source, options, session));
  Table table{.format = source.format, .files = source.files, .columns = std::move(scan.columns)};
  if (table.format == Format::kParquet) {
    const std::string sql = fmt::format(
        "SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({})", quote_list(source.files));
    ASSIGN_OR_RETURN(const auto rows, fetch_rows(session, sql));
    table.rows = rows.column(0).values<std::int64_t>()[0];
  }
  return table;
}

}  // namespace slipway::data
