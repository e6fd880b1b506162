// One in-memory DuckDB with one connection: what a single read or write works in, so that nothing
// is shared, and nothing is left behind.
//
//   ASSIGN_OR_RETURN(auto session, Session::open({.threads = 2}));
//   RETURN_IF_ERROR(session->execute("SET ..."));
//   ASSIGN_OR_RETURN(auto columns, session->describe("SELECT ..."));
//
// Offline: extensions are neither fetched nor loaded, the user's own DuckDB settings and secrets
// are not read, times are UTC, rows keep their order, what does not fit in memory spills under the
// system's temporary folder. Not thread-safe.
// Errors carry DuckDB's own words under the reason "data.duckdb"; explain.h makes them ours.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "frame/type.h"

extern "C" {
struct _duckdb_connection;
struct _duckdb_database;
}

namespace slipway::data {

struct SessionOptions {
  std::size_t threads = 0;  // 0: the cores that this process may use
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
};

// A column of a query, before anything is read.
struct QueryColumn {
  std::string name;
  std::string sql_type;             // "BIGINT", "STRUCT", ...
  std::optional<frame::Type> type;  // as which we read it; none: not at all
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const SessionOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One statement whose rows nobody wants.
  Result<void> execute(const std::string& sql);
  // Every statement of a script; an error says which one, by line.
  Result<void> execute_script(const std::string& script);
  Result<std::vector<QueryColumn>> describe(const std::string& sql);
  // From now on only these files can be opened, whatever a statement says.
  Result<void> restrict_to(const std::vector<std::string>& files);

  _duckdb_connection* connection() const { return connection_; }

 private:
  Session(_duckdb_database* database, _duckdb_connection* connection)
      : database_(database), connection_(connection) {}
  _duckdb_database* database_;
  _duckdb_connection* connection_;
};

// 'it''s'
std::string quote_text(std::string_view text);
// "a ""name"""
std::string quote_name(std::string_view name);
// ['a', 'b']
std::string quote_list(const std::vector<std::string>& texts);

// What DuckDB said, as an Error that explain() can look into.
Error duckdb_error(const char* text);

}  // namespace slipway::data
