// What the process tells its operator: levelled lines on stderr, as text or as JSON.
//
//   log_info("loaded {} in {} ms", name, ms);
//   log_event(LogLevel::kWarn, "queue is full", {{"deployment", "delay"}, {"limit", "1024"}});
//   static LogThrottle throttle(10);      // one line in 10 s, with a count of the rest
//   log_throttled(throttle, LogLevel::kWarn, "peer {} sent a bad frame", peer);
//
//   2013-07-01T05:15:00.123Z info  loaded delay in 12 ms
//   {"time":"2013-07-01T05:15:00.123Z","level":"info","message":"loaded delay in 12 ms"}
//
// One line is one write, whatever the message holds: control characters are escaped, so that
// input that is quoted in a message cannot forge a line. Thread-safe. Never fails: a line that
// stderr does not take is lost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace slipway {

enum class LogLevel : unsigned char { kError, kWarn, kInfo, kDebug };
enum class LogFormat : unsigned char { kText, kJson };

std::string_view log_level_name(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view name);  // "error", "warn", "info", "debug"

// Takes finished lines, from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view line) = 0;  // ends in '\n'
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  LogSink* sink = nullptr;       // not owned, lives as long as the process logs; null means stderr
  const Clock* clock = nullptr;  // likewise; null means the machine's
};

// At start, before there are threads that log.
void configure_log(const LogOptions& options);
// The level alone, at any time.
void set_log_level(LogLevel level);

namespace log_internal {
inline std::atomic<LogLevel> level{LogLevel::kInfo};
}  // namespace log_internal

inline bool log_enabled(LogLevel level) {
  return level <= log_internal::level.load(std::memory_order_relaxed);
}

struct LogField {
  std::string_view key;
  std::string_view value;
};

void log_event(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields = {});
void log_formatted(LogLevel level, fmt::string_view format, fmt::format_args args);

template <typename... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_formatted(level, format, fmt::make_format_args(args...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kError, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kWarn, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kInfo, format, std::forward<Args>(args)...);
}
template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kDebug, format, std::forward<Args>(args)...);
}

// Lets one line through per period and counts what it held back. One for each place that logs.
class LogThrottle {
 public:
  explicit LogThrottle(std::int64_t period_seconds) : period_ns_(period_seconds * 1'000'000'000) {}

  // How many were held back since the last line, or nullopt to hold this one back too.
  std::optional<std::uint64_t> admit();

 private:
  const std::int64_t period_ns_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN};
  std::atomic<std::uint64_t> held_back_{0};
};

template <typename... Args>
void log_throttled(LogThrottle& throttle, LogLevel level, fmt::format_string<Args...> format,
                   Args&&... args) {
  if (!log_enabled(level)) return;
  const std::optional<std::uint64_t> held_back = throttle.admit();
  if (!held_back) return;
  std::string message = fmt::vformat(format, fmt::make_format_args(args...));
  if (*held_back > 0) message += fmt::format(" ({} more like this held back)", *held_back);
  log_event(level, message);
}

// For tests: takes the lines of its scope in place of stderr, at every level.
class LogCapture final : public LogSink {
 public:
  explicit LogCapture(LogOptions options = {.level = LogLevel::kDebug});
  ~LogCapture() override;
  void write(std::string_view line) override EXCLUDES(mutex_);
  std::vector<std::string> lines() const EXCLUDES(mutex_);

 private:
  const LogOptions before_;
  mutable Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

}  // namespace slipway
