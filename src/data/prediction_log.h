// The prediction log: every prediction, with what it was made from, on disk, without the caller
// ever waiting.
//
//   ASSIGN_OR_RETURN(auto log, PredictionLog::open(".slipway/log", {.total_bytes = 1 << 30}));
//   log->accept(batch);                            // from any thread; it is a PredictionSink
//   RETURN_IF_ERROR(log->flush());
//
// A batch costs the caller about 0.3 us for one row of 22 inputs; batches for which there is no
// room are dropped whole and counted. On disk within 10 ms (store/append_log.h, which also says what
// a crash leaves). Columns are described once per model, version and segment; prediction_reader.h
// reads them back. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "frame/prediction.h"
#include "store/append_log.h"

namespace slipway::data {

struct PredictionLogStats {
  std::uint64_t rows_accepted = 0;
  std::uint64_t rows_dropped = 0;
  store::AppendLogStats log;
};

class PredictionLog final : public frame::PredictionSink {
 public:
  // `options.preamble` is ours. What is logged and what is dropped is counted in `registry`, which outlives this.
  static Result<std::unique_ptr<PredictionLog>> open(const std::string& folder,
                                                     store::AppendLogOptions options,
                                                     MetricRegistry& registry);
  static Result<std::unique_ptr<PredictionLog>> open(const std::string& folder,
                                                     store::AppendLogOptions options = {});

  void accept(const frame::PredictionBatch& batch) noexcept override;
  Result<void> flush() { return log_->flush(); }
  Result<void> close() { return log_->close(); }
  PredictionLogStats stats() const;

 private:
  // What was described already. The schemas are kept alive, so that their addresses stay theirs.
  struct Known {
    std::uint64_t id = 0;
    std::string model;
    std::string version;
    std::shared_ptr<const frame::Schema> inputs;
    std::shared_ptr<const frame::Schema> outputs;
    std::string record;
  };
  static constexpr std::size_t kKnownMax = 256;

  // `own`: where there is no registry but ours.
  PredictionLog(std::unique_ptr<MetricRegistry> own, MetricRegistry& registry);
  static Result<std::unique_ptr<PredictionLog>> open_with(std::unique_ptr<PredictionLog> log,
                                                          const std::string& folder,
                                                          store::AppendLogOptions options);
  bool log_rows(const frame::PredictionBatch& batch);
  // The schema's id; 0 if it could not be logged.
  std::uint64_t describe(const frame::PredictionBatch& batch) EXCLUDES(mutex_);
  std::vector<std::string> known_records() EXCLUDES(mutex_);

  Mutex mutex_;
  std::deque<Known> known_ GUARDED_BY(mutex_);
  const std::unique_ptr<MetricRegistry> own_;
  Counter& rows_accepted_;
  Counter& rows_dropped_;
  std::unique_ptr<store::AppendLog> log_;  // last: its thread calls known_records()
};

}  // namespace slipway::data
