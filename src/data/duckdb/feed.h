// Frames handed to a statement of DuckDB that runs in another thread, a few at a time, so that a
// table of any length can be copied into a file in bounded memory.
//
//   FrameFeed feed(schema);
//   RETURN_IF_ERROR(feed.attach(*session, "slipway_rows"));
//   // thread A: session->execute("COPY (SELECT * FROM slipway_rows()) TO ...");  feed.end_reading();
//   // thread B: while (feed.push(frame)) ...;  feed.close();
//
// push() waits while kFramesMax frames are waiting. The feed must outlive the session.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "data/duckdb/session.h"
#include "frame/frame.h"

namespace slipway::data {

class FrameFeed {
 public:
  static constexpr std::size_t kFramesMax = 2;

  explicit FrameFeed(frame::Schema schema) : schema_(std::move(schema)) {}

  // Makes the rows known to the session's statements as a table function of that name.
  Result<void> attach(Session& session, const char* name);

  // False once nobody reads any more.
  bool push(frame::Frame frame) EXCLUDES(mutex_);
  // The rows are complete.
  void close() EXCLUDES(mutex_);
  // The rows will not be complete: the reading statement fails.
  void abort() EXCLUDES(mutex_);
  void end_reading() EXCLUDES(mutex_);

  // For the table function: the rows to copy next, at most `rows`; none at the end or when aborted.
  std::optional<frame::Frame> take(std::int64_t rows) EXCLUDES(mutex_);
  bool aborted() EXCLUDES(mutex_);
  void fail(const Error& error) EXCLUDES(mutex_);
  // Why a row could not be copied; the statement's own error only repeats its text.
  std::optional<Error> failure() EXCLUDES(mutex_);
  const frame::Schema& schema() const { return schema_; }

 private:
  std::optional<frame::Frame> pop() EXCLUDES(mutex_);

  const frame::Schema schema_;
  std::optional<frame::Frame> current_;  // the reading thread's
  std::int64_t offset_ = 0;              // rows of it that have been taken

  Mutex mutex_;
  Condition changed_;
  std::deque<frame::Frame> waiting_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
  bool aborted_ GUARDED_BY(mutex_) = false;
  bool read_ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace slipway::data
