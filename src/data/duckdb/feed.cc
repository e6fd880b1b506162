// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/feed.h"

#include <duckdb.h>

#include <algorithm>
#include <utility>

#include "data/duckdb/columns.h"
#include "data/duckdb/fill.h"
#include "data/duckdb/library.h"

namespace slipway::data {
namespace {

void bind(duckdb_bind_info info) {
  const auto* feed = static_cast<const FrameFeed*>(DUCKDB(bind_get_extra_info)(info));
  for (const auto& field : feed->schema().fields()) {
    auto type = logical_type_of(field.type);
    DUCKDB(bind_add_result_column)(info, field.name.c_str(), type);
    DUCKDB(destroy_logical_type)(&type);
  }
}

// One thread, so that rows keep their order.
void init(duckdb_init_info info) { DUCKDB(init_set_max_threads)(info, 1); }

void give_rows(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto* feed = static_cast<FrameFeed*>(DUCKDB(function_get_extra_info)(info));
  const auto frame = feed->take(static_cast<std::int64_t>(DUCKDB(vector_size)()));
  if (!frame) {
    DUCKDB(data_chunk_set_size)(chunk, 0);
    if (feed->aborted()) DUCKDB(function_set_error)(info, "writing was given up");
    return;
  }
  for (std::size_t i = 0; i < frame->columns().size(); ++i) {
    const auto filled = fill_vector(frame->column(i), feed->schema().fields()[i].name,
                                    DUCKDB(data_chunk_get_vector)(chunk, i));
    if (filled) continue;
    DUCKDB(function_set_error)(info, filled.error().message().c_str());
    return feed->fail(filled.error());
  }
  DUCKDB(data_chunk_set_size)(chunk, static_cast<idx_t>(frame->rows()));
}

}  // namespace

Result<void> FrameFeed::attach(Session& session, const char* name) {
  auto function = DUCKDB(create_table_function)();
  DUCKDB(table_function_set_name)(function, name);
  DUCKDB(table_function_set_extra_info)(function, this, nullptr);
  DUCKDB(table_function_set_bind)(function, bind);
  DUCKDB(table_function_set_init)(function, init);
  DUCKDB(table_function_set_function)(function, give_rows);
  const auto done = DUCKDB(register_table_function)(session.connection(), function);
  DUCKDB(destroy_table_function)(&function);
  if (done == DuckDBSuccess) return {};
  return duckdb_error("cannot register the table function of a frame feed");
}

bool FrameFeed::push(frame::Frame frame) {
  MutexLock lock(mutex_);
  while (waiting_.size() >= kFramesMax && !read_ended_) changed_.wait(mutex_);
  if (read_ended_) return false;
  waiting_.push_back(std::move(frame));
  changed_.notify_all();
  return true;
}

void FrameFeed::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void FrameFeed::abort() {
  MutexLock lock(mutex_);
  aborted_ = true;
  changed_.notify_all();
}

void FrameFeed::end_reading() {
  MutexLock lock(mutex_);
  read_ended_ = true;
  changed_.notify_all();
}

void FrameFeed::fail(const Error& error) {
  MutexLock lock(mutex_);
  failure_ = error;
}

std::optional<Error> FrameFeed::failure() {
  MutexLock lock(mutex_);
  return failure_;
}

bool FrameFeed::aborted() {
  MutexLock lock(mutex_);
  return aborted_;
}

std::optional<frame::Frame> FrameFeed::pop() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !closed_ && !aborted_) changed_.wait(mutex_);
  if (aborted_ || waiting_.empty()) return std::nullopt;
  frame::Frame frame = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return frame;
}

std::optional<frame::Frame> FrameFeed::take(std::int64_t rows) {
  while (!current_ || offset_ == current_->rows()) {
    current_ = pop();
    offset_ = 0;
    if (!current_) return std::nullopt;
  }
  const std::int64_t count = std::min(rows, current_->rows() - offset_);
  frame::Frame part = current_->slice(offset_, count);
  offset_ += count;
  return part;
}

}  // namespace slipway::data
