// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/json_writer.h"

namespace slipway {
namespace {

constexpr std::array<std::string_view, 4> kNames{"error", "warn", "info", "debug"};

class StderrSink final : public LogSink {
 public:
  void write(std::string_view line) override {
    while (!line.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      line.remove_prefix(static_cast<std::size_t>(written));
    }
  }
};

LogOptions with_defaults(LogOptions options) {
  static StderrSink stderr_sink;
  if (options.sink == nullptr) options.sink = &stderr_sink;
  if (options.clock == nullptr) options.clock = &system_clock();
  return options;
}

LogOptions& current() {
  static LogOptions options = with_defaults({});
  return options;
}

// Milliseconds are enough for a person: cuts "...:00.123456Z" to "...:00.123Z".
std::string time_text(const Clock& clock) {
  std::string time = format_utc(clock.now_us());
  time.replace(time.size() - 4, 4, "Z");
  return time;
}

void append_on_one_line(std::string_view text, std::string* out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n')
      *out += "\\n";
    else if (byte < 0x20 || byte == 0x7F)
      fmt::format_to(std::back_inserter(*out), "\\x{:02x}", byte);
    else
      *out += c;
  }
}

std::string text_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} {:<5} ", time_text(*current().clock), log_level_name(level));
  append_on_one_line(message, &line);
  for (const LogField& field : fields) {
    line += ' ';
    append_on_one_line(field.key, &line);
    line += '=';
    const bool quoted =
        field.value.empty() || field.value.find_first_of(" =\"") != std::string_view::npos;
    if (quoted)
      append_json_string(field.value, &line);
    else
      append_on_one_line(field.value, &line);
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line;
  JsonWriter json(&line);
  json.begin_object()
      .member("time", time_text(*current().clock))
      .member("level", log_level_name(level));
  json.member("message", message);
  for (const LogField& field : fields) json.member(field.key, field.value);
  json.end_object();
  return line;
}

}  // namespace

std::string_view log_level_name(LogLevel level) { return kNames[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void set_log_level(LogLevel level) { log_internal::level.store(level, std::memory_order_relaxed); }

void configure_log(const LogOptions& options) {
  current() = with_defaults(options);
  log_internal::level.store(options.level, std::memory_order_relaxed);
}

void log_event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const bool json = current().format == LogFormat::kJson;
  std::string line = json ? json_line(level, message, fields) : text_line(level, message, fields);
  line += '\n';
  current().sink->write(line);
}

void log_formatted(LogLevel level, fmt::string_view format, fmt::format_args args) {
  log_event(level, fmt::vformat(format, args));
}

std::optional<std::uint64_t> LogThrottle::admit() {
  const std::int64_t now = current().clock->monotonic_ns();
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  // Of several threads at the moment of a line, the one that moves the deadline writes it.
  if (now < next ||
      !next_ns_.compare_exchange_strong(next, now + period_ns_, std::memory_order_relaxed)) {
    held_back_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return held_back_.exchange(0, std::memory_order_relaxed);
}

LogCapture::LogCapture(LogOptions options) : before_(current()) {
  options.sink = this;
  configure_log(options);
}

LogCapture::~LogCapture() { configure_log(before_); }

void LogCapture::write(std::string_view line) {
  MutexLock lock(mutex_);
  lines_.emplace_back(line);
}

std::vector<std::string> LogCapture::lines() const {
  MutexLock lock(mutex_);
  return lines_;
}

}  // namespace slipway
