// SPDX-License-Identifier: Apache-2.0
#include "data/prediction_log.h"

#include <algorithm>
#include <utility>

#include "data/prediction_record.h"

namespace slipway::data {
namespace {

frame::PredictionBatch part_of(const frame::PredictionBatch& batch, const frame::Frame& inputs,
                               const frame::Frame& outputs, std::int64_t first_row) {
  return {.model = batch.model,
          .version = batch.version,
          .request_id = batch.request_id,
          .first_row = batch.first_row + first_row,
          .single = batch.single,
          .time_us = batch.time_us,
          .inputs = inputs,
          .outputs = outputs};
}

}  // namespace

PredictionLog::PredictionLog(std::unique_ptr<MetricRegistry> own, MetricRegistry& registry)
    : own_(std::move(own)),
      rows_accepted_(
          registry.counter("slipway_log_rows_total", "Rows taken into the prediction log")),
      rows_dropped_(registry.counter("slipway_log_dropped_rows_total",
                                     "Rows for which the prediction log had no room")) {}

Result<std::unique_ptr<PredictionLog>> PredictionLog::open_with(std::unique_ptr<PredictionLog> log,
                                                                const std::string& folder,
                                                                store::AppendLogOptions options) {
  options.preamble = [raw = log.get()] { return raw->known_records(); };
  ASSIGN_OR_RETURN(log->log_, store::AppendLog::open(folder, options));
  return log;
}

Result<std::unique_ptr<PredictionLog>> PredictionLog::open(const std::string& folder,
                                                           store::AppendLogOptions options,
                                                           MetricRegistry& registry) {
  return open_with(std::unique_ptr<PredictionLog>(new PredictionLog(nullptr, registry)), folder,
                   std::move(options));
}

Result<std::unique_ptr<PredictionLog>> PredictionLog::open(const std::string& folder,
                                                           store::AppendLogOptions options) {
  auto own = std::make_unique<MetricRegistry>();
  MetricRegistry& registry = *own;
  return open_with(std::unique_ptr<PredictionLog>(new PredictionLog(std::move(own), registry)),
                   folder, std::move(options));
}

void PredictionLog::accept(const frame::PredictionBatch& batch) noexcept {
  // In parts, so that a large batch neither fills the buffer at once nor is lost as a whole.
  const std::int64_t rows = batch.inputs.rows();
  for (std::int64_t start = 0; start < rows; start += kRecordRowsMax) {
    const std::int64_t count = std::min(kRecordRowsMax, rows - start);
    bool logged = false;
    if (count == rows) {
      logged = log_rows(batch);
    } else {
      const frame::Frame inputs = batch.inputs.slice(start, count);
      const frame::Frame outputs = batch.outputs.slice(start, count);
      logged = log_rows(part_of(batch, inputs, outputs, start));
    }
    (logged ? rows_accepted_ : rows_dropped_).add(static_cast<std::uint64_t>(count));
  }
}

PredictionLogStats PredictionLog::stats() const {
  return {.rows_accepted = rows_accepted_.value(),
          .rows_dropped = rows_dropped_.value(),
          .log = log_->stats()};
}

bool PredictionLog::log_rows(const frame::PredictionBatch& batch) {
  const std::uint64_t schema_id = describe(batch);
  if (schema_id == 0) return false;
  thread_local std::string record;  // keeps its memory
  record.clear();
  encode_rows(schema_id, batch, &record);
  return log_->append(record);
}

std::uint64_t PredictionLog::describe(const frame::PredictionBatch& batch) {
  const auto& inputs = batch.inputs.shared_schema();
  const auto& outputs = batch.outputs.shared_schema();
  MutexLock lock(mutex_);
  for (const Known& known : known_) {
    if (known.inputs == inputs && known.outputs == outputs && known.version == batch.version &&
        known.model == batch.model) {
      return known.id;
    }
  }
  Known added{.model = std::string(batch.model),
              .version = std::string(batch.version),
              .inputs = inputs,
              .outputs = outputs};
  added.id = encode_schema(batch, &added.record);
  const auto same = std::find_if(known_.begin(), known_.end(),
                                 [&](const Known& known) { return known.id == added.id; });
  if (same != known_.end()) {  // equal schemas at another address
    same->inputs = inputs;
    same->outputs = outputs;
    return same->id;
  }
  // Under the lock, so that nobody logs rows by an id whose description was dropped.
  if (!log_->append(added.record)) return 0;
  if (known_.size() >= kKnownMax) known_.pop_front();
  known_.push_back(std::move(added));
  return known_.back().id;
}

std::vector<std::string> PredictionLog::known_records() {
  MutexLock lock(mutex_);
  std::vector<std::string> records;
  for (const Known& known : known_) records.push_back(known.record);
  return records;
}

}  // namespace slipway::data
