// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/session.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/text.h"
#include "base/thread_pool.h"
#include "data/duckdb/columns.h"
#include "data/duckdb/library.h"

namespace slipway::data {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

Result<duckdb_config> make_config(const SessionOptions& options) {
  std::error_code ignored;
  const auto temporary = std::filesystem::temp_directory_path(ignored) / "slipway-duckdb.tmp";
  const std::size_t threads = options.threads > 0 ? options.threads : usable_cores();
  const std::pair<const char*, std::string> settings[] = {
      {"threads", std::to_string(threads)},
      {"memory_limit", fmt::format("{}B", options.memory_bytes)},
      {"temp_directory", temporary.string()},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_persistent_secrets", "false"},
      {"preserve_insertion_order", "true"},
      // It would keep what was read of a file, which we read once: memory that grows with the file.
      {"enable_external_file_cache", "false"},
  };
  duckdb_config config = nullptr;
  DUCKDB(create_config)(&config);
  for (const auto& [name, value] : settings) {
    if (DUCKDB(set_config)(config, name, value.c_str()) == DuckDBSuccess) continue;
    DUCKDB(destroy_config)(&config);
    return Error(Code::kInternal, "data.duckdb_setting",
                 fmt::format("DuckDB refused the setting {} = {}", name, value));
  }
  return config;
}

// Destroys what it holds, whatever way a function is left.
template <typename Handle, typename Destroy>
class Owned {
 public:
  explicit Owned(Destroy destroy) : destroy_(destroy) {}
  ~Owned() { destroy_(&handle_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Handle* out() { return &handle_; }
  Handle get() const { return handle_; }

 private:
  Handle handle_{};
  Destroy destroy_;
};

auto owned_statement() {
  const auto destroy = DUCKDB(destroy_prepare);
  return Owned<duckdb_prepared_statement, decltype(destroy)>(destroy);
}
auto owned_result() {
  const auto destroy = DUCKDB(destroy_result);
  return Owned<duckdb_result, decltype(destroy)>(destroy);
}
auto owned_statements() {
  const auto destroy = DUCKDB(destroy_extracted);
  return Owned<duckdb_extracted_statements, decltype(destroy)>(destroy);
}

Result<void> run(duckdb_prepared_statement statement) {
  auto result = owned_result();
  if (DUCKDB(execute_prepared)(statement, result.out()) == DuckDBSuccess) return {};
  return duckdb_error(DUCKDB(result_error)(result.out()));
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SessionOptions& options) {
  RETURN_IF_ERROR(load_duckdb());
  ASSIGN_OR_RETURN(duckdb_config config, make_config(options));
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  char* why = nullptr;
  const auto opened = DUCKDB(open_ext)(nullptr, &database, config, &why);
  DUCKDB(destroy_config)(&config);
  if (opened != DuckDBSuccess) {
    Error error = duckdb_error(why);
    DUCKDB(free)(why);
    return error;
  }
  if (DUCKDB(connect)(database, &connection) != DuckDBSuccess) {
    DUCKDB(close)(&database);
    return duckdb_error("cannot connect");
  }
  std::unique_ptr<Session> session(new Session(database, connection));
  RETURN_IF_ERROR(session->execute("SET TimeZone = 'UTC'"));
  return session;
}

Session::~Session() {
  DUCKDB(disconnect)(&connection_);
  DUCKDB(close)(&database_);
}

Result<void> Session::execute(const std::string& sql) {
  auto result = owned_result();
  if (DUCKDB(query)(connection_, sql.c_str(), result.out()) == DuckDBSuccess) return {};
  return duckdb_error(DUCKDB(result_error)(result.out()));
}

Result<void> Session::execute_script(const std::string& script) {
  auto statements = owned_statements();
  const idx_t count = DUCKDB(extract_statements)(connection_, script.c_str(), statements.out());
  if (count == 0) {
    const char* why = DUCKDB(extract_statements_error)(statements.get());
    if (why == nullptr) return {};  // nothing but comments
    return duckdb_error(why);
  }
  for (idx_t i = 0; i < count; ++i) {
    auto statement = owned_statement();
    const auto prepared =
        DUCKDB(prepare_extracted_statement)(connection_, statements.get(), i, statement.out());
    Result<void> done = prepared == DuckDBSuccess
                            ? run(statement.get())
                            : duckdb_error(DUCKDB(prepare_error)(statement.get()));
    if (!done) {
      return std::move(done).error().with_context(fmt::format("statement {} of {}", i + 1, count));
    }
  }
  return {};
}

Result<std::vector<QueryColumn>> Session::describe(const std::string& sql) {
  auto statement = owned_statement();
  if (DUCKDB(prepare)(connection_, sql.c_str(), statement.out()) != DuckDBSuccess) {
    return duckdb_error(DUCKDB(prepare_error)(statement.get()));
  }
  std::vector<QueryColumn> columns;
  const idx_t count = DUCKDB(prepared_statement_column_count)(statement.get());
  for (idx_t i = 0; i < count; ++i) {
    const char* name = DUCKDB(prepared_statement_column_name)(statement.get(), i);
    auto type = DUCKDB(prepared_statement_column_logical_type)(statement.get(), i);
    columns.push_back({.name = name, .sql_type = sql_name_of(type), .type = frame_type_of(type)});
    DUCKDB(free)(const_cast<char*>(name));
    DUCKDB(destroy_logical_type)(&type);
  }
  return columns;
}

Result<void> Session::restrict_to(const std::vector<std::string>& files) {
  RETURN_IF_ERROR(execute("SET allowed_paths = " + quote_list(files)));
  RETURN_IF_ERROR(execute("SET enable_external_access = false"));
  return execute("SET lock_configuration = true");
}

std::string quote_text(std::string_view text) { return quoted(text, '\''); }
std::string quote_name(std::string_view name) { return quoted(name, '"'); }

std::string quote_list(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  items.reserve(texts.size());
  std::transform(texts.begin(), texts.end(), std::back_inserter(items), quote_text);
  return "[" + join(items, ", ") + "]";
}

Error duckdb_error(const char* text) {
  return Error(Code::kUnknown, "data.duckdb", text != nullptr ? text : "DuckDB gave no reason");
}

}  // namespace slipway::data
