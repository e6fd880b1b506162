// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/query.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "data/duckdb/columns.h"
#include "data/duckdb/library.h"

namespace slipway::data {
namespace {

// A batch is cut here even if it has few rows, far below the 2 GiB that a column of text can hold.
constexpr std::size_t kTextBytesMax = std::size_t{64} << 20;

class Query final : public frame::FrameStream {
 public:
  Query(std::shared_ptr<Session> session, QueryOptions options)
      : session_(std::move(session)), options_(std::move(options)) {}

  ~Query() override {
    DUCKDB(destroy_result)(&result_);
    DUCKDB(destroy_prepare)(&statement_);
  }

  Result<void> start(const std::string& sql) {
    if (DUCKDB(prepare)(session_->connection(), sql.c_str(), &statement_) != DuckDBSuccess) {
      return options_.explain(duckdb_error(DUCKDB(prepare_error)(statement_)));
    }
    if (DUCKDB(execute_prepared_streaming)(statement_, &result_) != DuckDBSuccess) {
      return options_.explain(duckdb_error(DUCKDB(result_error)(&result_)));
    }
    return make_readers();
  }

  const frame::Schema& schema() const override { return *schema_; }

  Result<std::optional<frame::Frame>> next() override {
    std::int64_t rows = 0;
    while (!ended_ && rows < options_.batch_rows && text_bytes() < kTextBytesMax) {
      auto got = fetch();
      if (!got) {
        ended_ = true;
        return std::move(got).error();
      }
      rows += got.value();
    }
    if (rows == 0) return std::optional<frame::Frame>();
    std::vector<frame::Column> columns;
    columns.reserve(readers_.size());
    for (const auto& reader : readers_) columns.push_back(reader->finish());
    return std::optional(frame::Frame::trusted(schema_, std::move(columns), rows));
  }

 private:
  Result<void> make_readers() {
    std::vector<frame::Field> fields;
    const idx_t count = DUCKDB(column_count)(&result_);
    for (idx_t i = 0; i < count; ++i) {
      auto type = DUCKDB(column_logical_type)(&result_, i);
      const std::string name =
          options_.names.empty() ? DUCKDB(column_name)(&result_, i) : options_.names[i];
      const auto ours = frame_type_of(type);
      if (ours) {
        fields.push_back({.name = name, .type = *ours});
        readers_.push_back(ColumnReader::make(type, name));
      }
      const std::string sql_name = sql_name_of(type);
      DUCKDB(destroy_logical_type)(&type);
      if (!ours) {
        return Error(Code::kUnimplemented, "data.column_type",
                     fmt::format("column '{}' is {}, which a frame does not hold", name, sql_name));
      }
    }
    schema_ = std::make_shared<const frame::Schema>(std::move(fields));
    return {};
  }

  // Rows taken; 0 at the end.
  Result<std::int64_t> fetch() {
    duckdb_data_chunk chunk = DUCKDB(fetch_chunk)(result_);
    if (chunk == nullptr) {
      ended_ = true;
      const char* why = DUCKDB(result_error)(&result_);
      if (why != nullptr && *why != '\0') return options_.explain(duckdb_error(why));
      return 0;
    }
    const idx_t rows = DUCKDB(data_chunk_get_size)(chunk);
    Result<void> taken;
    for (idx_t i = 0; i < readers_.size() && taken; ++i) {
      taken = readers_[i]->append(DUCKDB(data_chunk_get_vector)(chunk, i), rows);
    }
    DUCKDB(destroy_data_chunk)(&chunk);
    if (!taken) return std::move(taken).error();
    if (rows == 0) ended_ = true;
    return static_cast<std::int64_t>(rows);
  }

  std::size_t text_bytes() const {
    std::size_t most = 0;
    for (const auto& reader : readers_) most = std::max(most, reader->text_bytes());
    return most;
  }

  const std::shared_ptr<Session> session_;
  const QueryOptions options_;
  duckdb_prepared_statement statement_ = nullptr;
  duckdb_result result_{};
  std::shared_ptr<const frame::Schema> schema_ = std::make_shared<const frame::Schema>();
  std::vector<std::unique_ptr<ColumnReader>> readers_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<frame::FrameStream>> open_query(std::shared_ptr<Session> session,
                                                       const std::string& sql,
                                                       QueryOptions options) {
  auto query = std::make_unique<Query>(std::move(session), std::move(options));
  RETURN_IF_ERROR(query->start(sql));
  return std::unique_ptr<frame::FrameStream>(std::move(query));
}

Result<frame::Frame> fetch_rows(const std::shared_ptr<Session>& session, const std::string& sql) {
  constexpr std::int64_t kRowsMax = 1 << 20;
  ASSIGN_OR_RETURN(const auto rows, open_query(session, sql, {}));
  return frame::collect(*rows, kRowsMax);
}

}  // namespace slipway::data
