// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/thread_pool.h"
#include "data/duckdb/explain.h"
#include "data/duckdb/feed.h"
#include "data/duckdb/session.h"
#include "data/sinks.h"

namespace slipway::data {
namespace {

// Rows that the writer holds back until it compresses them: half of DuckDB's default, fewer where
// rows are wide.
std::size_t row_group_rows(const frame::Schema& schema) {
  constexpr std::size_t kCells = std::size_t{8} << 20;
  constexpr std::size_t kMost = 61440, kLeast = 2048;
  return std::clamp(kCells / schema.size() / kLeast * kLeast, kLeast, kMost);
}

class ParquetSink final : public frame::FrameSink {
 public:
  ParquetSink(std::string path, const frame::Schema& schema, AtomicFile target)
      : path_(std::move(path)), feed_(schema), target_(std::move(target)) {}

  ~ParquetSink() override {
    feed_.abort();
    copying_.join();
  }

  Result<void> start(const WriteOptions& options) {
    ASSIGN_OR_RETURN(session_, Session::open({.threads = 1, .memory_bytes = options.memory_bytes}));
    constexpr const char* kRows = "slipway_rows";
    RETURN_IF_ERROR(feed_.attach(*session_, kRows));
    const std::string sql = fmt::format(
        "COPY (SELECT * FROM {}()) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}, "
        "USE_TMP_FILE false)",
        kRows, quote_text(target_.temporary_path()), row_group_rows(feed_.schema()));
    copying_ = OwnedThread("parquet-write", [this, sql] {
      copied_ = session_->execute(sql);
      feed_.end_reading();
    });
    return {};
  }

  Result<void> write(const frame::Frame& frame) override {
    RETURN_IF_ERROR(check_same_schema(feed_.schema(), frame.schema()));
    if (feed_.push(frame)) return {};
    return outcome();
  }

  Result<void> finish() override {
    feed_.close();
    RETURN_IF_ERROR(outcome());
    return target_.commit();
  }

 private:
  // Waits for the copying thread; only then is its result ours to read.
  Result<void> outcome() {
    copying_.join();
    if (copied_) return {};
    if (auto failure = feed_.failure()) {
      return std::move(*failure).with_context(fmt::format("writing '{}'", path_));
    }
    return explain(copied_.error(), {.uri = fmt::format("writing '{}'", path_)});
  }

  const std::string path_;
  FrameFeed feed_;
  AtomicFile target_;
  std::unique_ptr<Session> session_;
  Result<void> copied_;
  OwnedThread copying_;
};

}  // namespace

Result<std::unique_ptr<frame::FrameSink>> write_parquet(const std::string& path,
                                                        const frame::Schema& schema,
                                                        const WriteOptions& options) {
  Env& env = options.env != nullptr ? *options.env : posix_env();
  ASSIGN_OR_RETURN(auto target, AtomicFile::begin(path, env));
  auto sink = std::make_unique<ParquetSink>(path, schema, std::move(target));
  RETURN_IF_ERROR(sink->start(options));
  return std::unique_ptr<frame::FrameSink>(std::move(sink));
}

}  // namespace slipway::data
