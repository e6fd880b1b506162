// Reads the records of an append log, oldest first.
//
//   ASSIGN_OR_RETURN(auto log, LogReader::open(".slipway/log"));
//   while (true) {
//     ASSIGN_OR_RETURN(const auto record, log.next());
//     if (!record) break;
//     use(record->payload);                   // valid until the next call
//   }
//   for (const LogDamage& damage : log.damage()) warn(damage.text());
//
// The segments are those that were there when it was opened; a writer may go on meanwhile, and may
// remove old ones, which are then left out. Damage ends its segment, not the reading. Holds one
// segment in memory. Not thread-safe. Errors: those of the disk; kNotFound if there is no folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/result.h"

namespace slipway::store {

struct LogRecord {
  std::string_view payload;
  std::uint64_t segment = 0;
};

struct LogDamage {
  std::string file;
  std::uint64_t offset = 0;      // of the first byte that cannot be read
  std::uint64_t bytes_lost = 0;  // from there to the segment's end
  std::string what;

  std::string text() const;
};

class LogReader {
 public:
  static Result<LogReader> open(const std::string& folder, Env& env = posix_env());

  Result<std::optional<LogRecord>> next();
  const std::vector<LogDamage>& damage() const { return damage_; }

 private:
  LogReader(std::string folder, std::vector<std::uint64_t> segments, Env& env)
      : folder_(std::move(folder)), segments_(std::move(segments)), env_(&env) {}
  // False when there is no further segment.
  Result<bool> open_next_segment();
  void give_up_segment(std::string what);

  std::string folder_;
  std::vector<std::uint64_t> segments_;
  Env* env_;
  std::size_t next_segment_ = 0;
  std::string bytes_;       // of the segment before next_segment_
  std::size_t offset_ = 0;  // of the next frame in it
  std::vector<LogDamage> damage_;
};

// The numbers of the segments in a folder, rising.
Result<std::vector<std::uint64_t>> list_segments(const std::string& folder, Env& env);

}  // namespace slipway::store
