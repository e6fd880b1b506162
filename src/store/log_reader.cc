// SPDX-License-Identifier: Apache-2.0
#include "store/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/log_format.h"

namespace slipway::store {

std::string LogDamage::text() const {
  return fmt::format("'{}' byte {}: {}; {} bytes to the end of this segment are left out", file,
                     offset, what, bytes_lost);
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& folder, Env& env) {
  ASSIGN_OR_RETURN(const auto names, env.list(folder));
  std::vector<std::uint64_t> segments;
  for (const auto& name : names) {
    if (const auto number = segment_number(name)) segments.push_back(*number);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

Result<LogReader> LogReader::open(const std::string& folder, Env& env) {
  ASSIGN_OR_RETURN(auto segments, list_segments(folder, env));
  return LogReader(folder, std::move(segments), env);
}

Result<std::optional<LogRecord>> LogReader::next() {
  while (true) {
    const FrameView frame = read_frame(bytes_, offset_);
    switch (frame.state) {
      case FrameState::kWhole:
        offset_ = frame.next;
        return std::optional(LogRecord{frame.payload, segments_[next_segment_ - 1]});
      case FrameState::kEnd:
        break;
      case FrameState::kCut:
        // At the very end it is a record that is being written, or was when the writer was killed.
        if (next_segment_ < segments_.size()) give_up_segment("a record is cut off");
        break;
      case FrameState::kDamaged:
        give_up_segment("a record's checksum is wrong");
        break;
    }
    ASSIGN_OR_RETURN(const bool more, open_next_segment());
    if (!more) return std::optional<LogRecord>();
  }
}

Result<bool> LogReader::open_next_segment() {
  bytes_.clear();
  offset_ = 0;
  while (next_segment_ < segments_.size()) {
    const std::uint64_t number = segments_[next_segment_++];
    auto read = env_->read_file(folder_ + "/" + segment_name(number));
    if (!read && read.error().code() == Code::kNotFound) continue;  // too old: just removed
    if (!read) return std::move(read).error();
    bytes_ = std::move(read).value();
    if (read_segment_header(bytes_)) {
      offset_ = kSegmentHeaderBytes;
      return true;
    }
    give_up_segment("this is no segment header");
  }
  return false;
}

void LogReader::give_up_segment(std::string what) {
  damage_.push_back({.file = folder_ + "/" + segment_name(segments_[next_segment_ - 1]),
                     .offset = offset_,
                     .bytes_lost = bytes_.size() - offset_,
                     .what = std::move(what)});
  bytes_.clear();
  offset_ = 0;
}

}  // namespace slipway::store
