// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/access_log.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "base/log.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kIdBytesMax = 256;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

// "0" where a gRPC call went well; nothing of other requests.
std::string_view grpc_status_of(const net::HttpResponse& response) {
  constexpr std::string_view kName = "grpc-status: ";
  for (const std::string_view lines :
       {std::string_view(response.trailers), std::string_view(response.headers)}) {
    if (const std::size_t at = lines.find(kName); at != lines.npos) {
      const std::string_view rest = lines.substr(at + kName.size());
      return rest.substr(0, rest.find('\r'));
    }
  }
  return {};
}

bool is_traceparent(std::string_view text) {
  // 2 of version, 32 of the trace, 16 of the parent, 2 of flags, with dashes between.
  if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view trace = text.substr(3, 32), parent = text.substr(36, 16);
  return is_lower_hex(text.substr(0, 2)) && text.substr(0, 2) != "ff" && is_lower_hex(trace) &&
         is_lower_hex(parent) && is_lower_hex(text.substr(53)) &&
         trace.find_first_not_of('0') != trace.npos && parent.find_first_not_of('0') != parent.npos;
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path,
                                                   MetricRegistry& registry) {
  auto file = posix_env().open_append(path);
  if (!file) return std::move(file).error().with_context("--access-log");
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(file).value(), registry));
}

AccessLog::AccessLog(std::unique_ptr<WritableFile> file, MetricRegistry& registry)
    : file_(std::move(file)),
      dropped_(registry.counter("slipway_access_log_dropped_total",
                                "Lines of the access log that were not written", {})),
      writer_("access-log", [this] { write_all(); }) {}

AccessLog::~AccessLog() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  writer_.join();
}

void AccessLog::add(std::string_view line) {
  MutexLock lock(mutex_);
  if (buffer_.size() + line.size() > kBufferedMax) return dropped_.add();
  buffer_ += line;
}

void AccessLog::write_all() {
  bool last = false;
  while (!last) {
    std::string lines;
    {
      MutexLock lock(mutex_);
      if (!stopping_) wake_.wait_for_ms(mutex_, kFlushMs);
      last = stopping_;
      lines.swap(buffer_);
    }
    if (lines.empty()) continue;
    if (const auto written = file_->append(lines); !written) {
      static LogThrottle throttle(60);
      log_throttled(throttle, LogLevel::kWarn, "access log: {}", written.error().message());
      dropped_.add(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')));
    }
  }
}

void AccessLogHandler::handle(const net::HttpRequest& request, net::HttpResponse& response) {
  const std::int64_t began_ns = clock_.monotonic_ns();
  next_.handle(request, response);
  const auto outcome = [this, began_ns](const net::HttpResponse& answer) {
    return Outcome{.status = answer.status,
                   .us = (clock_.monotonic_ns() - began_ns) / 1000,
                   .bytes = answer.body.size(),
                   .grpc_status = grpc_status_of(answer)};
  };
  if (response.later == nullptr) return tell(request, outcome(response));
  response.later->tell_with([this, line = line_of(request), outcome](const auto& answer) {
    tell(line, outcome(answer));
  });
}

std::unique_ptr<net::StreamHandler> AccessLogHandler::open(const net::HttpRequest& head) {
  auto stream = next_.open(head);
  if (stream != nullptr) tell(head, {.status = 200, .us = 0, .bytes = 0});
  return stream;
}

std::optional<net::Reject> AccessLogHandler::admit(const net::HttpRequest& head) {
  auto rejected = next_.admit(head);
  if (rejected) tell(head, {.status = rejected->status, .us = 0, .bytes = rejected->body.size()});
  return rejected;
}

AccessLogHandler::Line AccessLogHandler::line_of(const net::HttpRequest& request) const {
  Line line;
  JsonWriter before(&line.before);
  before.begin_object().member("time", format_utc(clock_.now_us()));
  before.member("method", net::name_of(request.method)).member("path", request.path);
  before.end_object();
  JsonWriter after(&line.after);
  after.begin_object();
  const auto trace = request.headers.find("traceparent");
  if (trace && is_traceparent(*trace)) after.member("traceparent", *trace);
  const auto id = request.headers.find("X-Request-Id");
  if (id && !id->empty() && id->size() <= kIdBytesMax) after.member("request_id", *id);
  after.end_object();
  line.in = request.body.size();
  return line;
}

void AccessLogHandler::tell(const Line& line, const Outcome& outcome) {
  std::string middle;
  JsonWriter json(&middle);
  json.begin_object().member("status", outcome.status).member("us", outcome.us);
  json.member("in", line.in).member("out", outcome.bytes);
  if (!outcome.grpc_status.empty()) json.member("grpc_status", outcome.grpc_status);
  json.end_object();
  // Three objects as one.
  std::string text = line.before;
  for (const std::string* more : std::initializer_list<const std::string*>{&middle, &line.after}) {
    if (more->size() <= 2) continue;
    text.back() = ',';
    text.append(*more, 1);
  }
  text += '\n';
  log_.add(text);
}

}  // namespace slipway::deploy::realtime
