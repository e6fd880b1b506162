// A durable log that takes records from any thread without ever making them wait for the disk.
//
//   ASSIGN_OR_RETURN(auto log, AppendLog::open(".slipway/log"));
//   if (!log->append(record)) ...                // dropped and counted: the buffer was full
//   RETURN_IF_ERROR(log->flush());               // what was appended before is on disk now
//
// append() copies into a bounded buffer; one thread writes and syncs all that has come in the last
// flush_interval_ms at once. A record is acknowledged by flush(), close(), or its interval: after a
// crash every acknowledged record is there, and no half one. Segments are closed by size and age,
// and removed, oldest first, by the total size and by age. A batch that the disk refuses is kept
// and tried again in a new segment; meanwhile the buffer fills and append() drops. (If even the
// refused bytes cannot be cut off, their records occur twice.)
//
// One writer per folder: a second one is refused ("store.log_locked"). LogReader reads at any time.
// append(), flush() and stats() are safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/env.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace slipway::store {

struct AppendLogOptions {
  std::size_t buffer_bytes = std::size_t{8} << 20;  // records that wait for the disk; held twice
  std::int64_t flush_interval_ms = 10;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  std::uint64_t total_bytes = std::uint64_t{1} << 30;
  std::int64_t age_max_us = std::int64_t{7} * 24 * 3600 * 1'000'000;
  // Records that begin every new segment, so that it can be read without the older ones. Called by
  // the writing thread; what it returns must cover every record appended before the call.
  std::function<std::vector<std::string>()> preamble;
  Env* env = nullptr;            // not owned; null means the machine's
  const Clock* clock = nullptr;  // likewise
};

struct AppendLogStats {
  std::uint64_t appended = 0;  // records taken
  std::uint64_t dropped = 0;   // records refused: no room, or too large
  std::uint64_t durable = 0;   // records synced
  std::uint64_t failures = 0;  // times that the disk refused a batch
  std::uint64_t lost = 0;      // records taken that close() could not write
  std::uint64_t segments_removed = 0;
  std::uint64_t cut_bytes = 0;  // torn end of the last writer, cut off on open
  std::uint64_t bytes = 0;      // of all segments
};

class AppendLog {
 public:
  static Result<std::unique_ptr<AppendLog>> open(const std::string& folder,
                                                 const AppendLogOptions& options = {});
  ~AppendLog();  // closes
  AppendLog(const AppendLog&) = delete;
  AppendLog& operator=(const AppendLog&) = delete;

  bool append(std::string_view payload) noexcept EXCLUDES(mutex_);
  // Returns when all that was appended before is on disk, or with the disk's error.
  Result<void> flush() EXCLUDES(mutex_);
  // Writes what is left; then append() drops. Idempotent.
  Result<void> close() EXCLUDES(mutex_);
  AppendLogStats stats() const EXCLUDES(mutex_);

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::int64_t created_us = 0;
  };
  class FolderLock;

  AppendLog(std::string folder, AppendLogOptions options);
  Result<void> recover();
  Result<void> recover_segment(std::uint64_t number, bool last);

  void write_loop() EXCLUDES(mutex_);
  void wait_for_batch() REQUIRES(mutex_);
  // The writing thread's own, without the lock.
  Result<void> write_batch();
  Result<void> begin_segment();
  void abandon_segment();
  bool is_full(const Segment& segment) const;
  void remove_old_segments() EXCLUDES(mutex_);
  std::string path_of(std::uint64_t number) const;

  const std::string folder_;
  const AppendLogOptions options_;
  Env& env_;
  const Clock& clock_;
  std::unique_ptr<FolderLock> lock_;

  // Of the writing thread (and of open(), before it starts).
  std::deque<Segment> segments_;
  std::unique_ptr<WritableFile> file_;  // the last of segments_, if one is open
  std::string batch_;
  std::uint64_t next_number_ = 1;

  mutable Mutex mutex_;
  Condition work_;
  Condition done_;
  std::string filling_ GUARDED_BY(mutex_);
  std::uint64_t batch_end_ GUARDED_BY(mutex_) = 0;  // records appended up to the end of batch_
  std::uint64_t attempts_ GUARDED_BY(mutex_) = 0;
  std::uint64_t flush_until_ GUARDED_BY(mutex_) = 0;  // records that someone waits for
  std::optional<Error> last_error_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  AppendLogStats stats_ GUARDED_BY(mutex_);

  OwnedThread writer_;
};

}  // namespace slipway::store
