// SPDX-License-Identifier: Apache-2.0
#include "store/append_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "store/log_format.h"
#include "store/log_reader.h"

namespace slipway::store {
namespace {

constexpr std::string_view kUnfinished = ".tmp";

}  // namespace

// Held as long as the log is open; the system lets go of it when the process dies.
class AppendLog::FolderLock {
 public:
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder) {
    const std::string path = folder + "/LOCK";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) return system_error(errno, fmt::format("opening '{}'", path));
    auto lock = std::unique_ptr<FolderLock>(new FolderLock(descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    return Error(Code::kFailedPrecondition, "store.log_locked",
                 fmt::format("another process writes the log in '{}': stop it, or use another "
                             "folder",
                             folder));
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

AppendLog::AppendLog(std::string folder, AppendLogOptions options)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      env_(options_.env != nullptr ? *options_.env : posix_env()),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock()) {
  batch_.reserve(options_.buffer_bytes);
  filling_.reserve(options_.buffer_bytes);
}

AppendLog::~AppendLog() {
  {
    MutexLock lock(mutex_);
    if (closing_) return;  // whoever called close() has its result
  }
  const auto closed = close();
  if (!closed) log_error("closing the log in '{}': {}", folder_, closed.error().message());
}

Result<std::unique_ptr<AppendLog>> AppendLog::open(const std::string& folder,
                                                   const AppendLogOptions& options) {
  std::unique_ptr<AppendLog> log(new AppendLog(folder, options));
  RETURN_IF_ERROR(log->recover());
  log->writer_ = OwnedThread("log-writer", [raw = log.get()] { raw->write_loop(); });
  return log;
}

bool AppendLog::append(std::string_view payload) noexcept {
  const bool fits = payload.size() <= kPayloadBytesMax;
  const std::uint32_t crc = fits ? payload_crc(payload) : 0;
  bool wake = false;
  {
    MutexLock lock(mutex_);
    const std::size_t before = filling_.size();
    const std::size_t after = before + kFrameHeaderBytes + payload.size();
    if (!fits || after > options_.buffer_bytes || closing_) {
      ++stats_.dropped;
      return false;
    }
    append_frame(payload, crc, &filling_);
    ++stats_.appended;
    const std::size_t half = options_.buffer_bytes / 2;
    wake = before == 0 || (before < half && after >= half);
  }
  if (wake) work_.notify_one();
  return true;
}

Result<void> AppendLog::flush() {
  MutexLock lock(mutex_);
  const std::uint64_t target = stats_.appended;
  const std::uint64_t attempts = attempts_;
  flush_until_ = std::max(flush_until_, target);
  work_.notify_one();
  while (stats_.durable < target) {
    if (last_error_ && (attempts_ != attempts || ended_)) return *last_error_;
    done_.wait(mutex_);
  }
  return {};
}

Result<void> AppendLog::close() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    work_.notify_one();
  }
  writer_.join();
  MutexLock lock(mutex_);
  if (stats_.lost > 0 && last_error_) return *last_error_;
  return {};
}

AppendLogStats AppendLog::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

void AppendLog::wait_for_batch() {
  if (!batch_.empty()) {  // refused by the disk: not at once again
    constexpr std::int64_t kRetryMs = 100;
    if (!closing_ && flush_until_ <= batch_end_) work_.wait_for_ms(mutex_, kRetryMs);
    return;
  }
  while (filling_.empty() && !closing_) work_.wait(mutex_);
  const bool hurry =
      closing_ || flush_until_ > batch_end_ || filling_.size() >= options_.buffer_bytes / 2;
  if (!hurry) work_.wait_for_ms(mutex_, options_.flush_interval_ms);
  batch_.swap(filling_);
  batch_end_ = stats_.appended;
}

void AppendLog::write_loop() {
  while (true) {
    {
      MutexLock lock(mutex_);
      wait_for_batch();
      if (batch_.empty()) {  // closing, and nothing is left
        ended_ = true;
        done_.notify_all();
        return;
      }
    }
    auto written = write_batch();
    if (!written) abandon_segment();
    remove_old_segments();
    MutexLock lock(mutex_);
    ++attempts_;
    if (written) {
      batch_.clear();
      stats_.durable = batch_end_;
      last_error_.reset();
    } else {
      ++stats_.failures;
      last_error_ = std::move(written).error();
      if (closing_) {
        stats_.lost = stats_.appended - stats_.durable;
        ended_ = true;
      }
    }
    done_.notify_all();
    if (ended_) return;
  }
}

Result<void> AppendLog::write_batch() {
  if (file_ == nullptr || is_full(segments_.back())) RETURN_IF_ERROR(begin_segment());
  RETURN_IF_ERROR(file_->append(batch_));
  RETURN_IF_ERROR(file_->sync());
  segments_.back().bytes += batch_.size();
  return {};
}

bool AppendLog::is_full(const Segment& segment) const {
  // By age too, so that what is too old can be removed even where little is written.
  constexpr std::int64_t kSegmentsPerAge = 8;
  return segment.bytes >= options_.segment_bytes ||
         clock_.now_us() - segment.created_us > options_.age_max_us / kSegmentsPerAge;
}

// Under a temporary name until its header is on disk: a segment without a header would be damage.
Result<void> AppendLog::begin_segment() {
  file_.reset();
  const Segment segment{.number = next_number_++, .created_us = clock_.now_us()};
  std::string head = segment_header({.number = segment.number, .created_us = segment.created_us});
  if (options_.preamble) {
    for (const auto& record : options_.preamble()) append_frame(record, payload_crc(record), &head);
  }
  const std::string path = path_of(segment.number);
  const std::string unfinished = path + std::string(kUnfinished);
  auto file = env_.create(unfinished);
  if (!file) return std::move(file).error();
  Result<void> done = file.value()->append(head);
  if (done) done = file.value()->sync();
  if (done) done = env_.rename(unfinished, path);
  if (!done) {
    (void)env_.remove(unfinished).has_value();  // else recover() does
    return done;
  }
  file_ = std::move(file).value();
  segments_.push_back(segment);
  segments_.back().bytes = head.size();
  return {};
}

// Cuts off what a failed write may have left, so that the records do not occur again in the next
// segment.
void AppendLog::abandon_segment() {
  if (file_ == nullptr) return;
  file_.reset();
  const Segment& segment = segments_.back();
  const auto cut = env_.truncate(path_of(segment.number), segment.bytes);
  if (!cut) log_warn("the log may hold records twice: {}", cut.error().message());
}

void AppendLog::remove_old_segments() {
  std::uint64_t total = 0, removed = 0;
  for (const auto& segment : segments_) total += segment.bytes;
  const std::int64_t oldest_us = clock_.now_us() - options_.age_max_us;
  // Nothing in a segment is newer than the next one's beginning.
  while (segments_.size() > 1 &&
         (total > options_.total_bytes || segments_[1].created_us < oldest_us)) {
    const auto gone = env_.remove(path_of(segments_.front().number));
    if (!gone && gone.error().code() != Code::kNotFound) break;  // tried again after the next batch
    total -= segments_.front().bytes;
    segments_.pop_front();
    ++removed;
  }
  MutexLock lock(mutex_);
  stats_.segments_removed += removed;
  stats_.bytes = total;
}

std::string AppendLog::path_of(std::uint64_t number) const {
  return folder_ + "/" + segment_name(number);
}

Result<void> AppendLog::recover() {
  RETURN_IF_ERROR(env_.make_folders(folder_));
  ASSIGN_OR_RETURN(lock_, FolderLock::take(folder_));
  ASSIGN_OR_RETURN(const auto names, env_.list(folder_));
  for (const auto& name : names) {
    if (name.ends_with(kUnfinished)) RETURN_IF_ERROR(env_.remove(folder_ + "/" + name));
  }
  ASSIGN_OR_RETURN(const auto numbers, list_segments(folder_, env_));
  for (const std::uint64_t number : numbers) {
    RETURN_IF_ERROR(recover_segment(number, number == numbers.back()));
  }
  if (!numbers.empty()) next_number_ = numbers.back() + 1;
  remove_old_segments();
  return {};
}

Result<void> AppendLog::recover_segment(std::uint64_t number, bool last) {
  const std::string path = path_of(number);
  Segment segment{.number = number};
  {
    ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
    const std::string_view bytes = file->text();
    const auto header = read_segment_header(bytes);
    segment.created_us = header ? header->created_us : 0;
    segment.bytes = bytes.size();
    if (header && last) {
      FrameView frame{.state = FrameState::kWhole, .next = kSegmentHeaderBytes};
      std::size_t end = frame.next;
      for (; frame.state == FrameState::kWhole; frame = read_frame(bytes, end)) end = frame.next;
      // Whole records behind a damaged one are kept: the reader reports the damage.
      const bool torn =
          frame.state == FrameState::kCut || bytes.find_first_not_of('\0', end) == bytes.npos;
      if (torn) segment.bytes = end;
    }
  }
  ASSIGN_OR_RETURN(const std::uint64_t size, env_.file_size(path));
  if (segment.bytes < size) {
    RETURN_IF_ERROR(env_.truncate(path, segment.bytes));
    MutexLock lock(mutex_);
    stats_.cut_bytes += size - segment.bytes;
  }
  segments_.push_back(segment);
  return {};
}

}  // namespace slipway::store
