// Who asked what and what came of it: a line of JSON for each request, in a file.
//
//   ASSIGN_OR_RETURN(const auto log, AccessLog::open("access.jsonl", registry, clock));
//   AccessLogHandler front(guard, *log, clock);              // before the guard, so that refusals are told too
//
//   {"time":"2013-07-01T05:15:00.123Z","method":"POST","path":"/v2/models/delay/infer","status":200,"us":412,
//    "in":305,"out":136,"traceparent":"00-4bf9...-01"}
//
// The request's own traceparent (W3C Trace Context) and X-Request-Id are told as they came, if they have their
// form. A line goes to a buffer and a thread of its own writes that: a disk that is slow or full costs lines, which
// slipway_access_log_dropped_total counts, and no request. Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/env.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class AccessLog {
 public:
  static constexpr std::size_t kBufferedMax = std::size_t{4} << 20;
  static constexpr std::int64_t kFlushMs = 200;

  // Appends to the file. `registry` outlives this.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, MetricRegistry& registry);
  // Writes what is left.
  ~AccessLog();

  void add(std::string_view line) EXCLUDES(mutex_);

 private:
  AccessLog(std::unique_ptr<WritableFile> file, MetricRegistry& registry);
  void write_all() EXCLUDES(mutex_);

  const std::unique_ptr<WritableFile> file_;
  Counter& dropped_;
  Mutex mutex_;
  Condition wake_;
  std::string buffer_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  OwnedThread writer_;
};

class AccessLogHandler final : public net::ForwardingHandler {
 public:
  // All of them outlive this.
  AccessLogHandler(net::Handler& next, AccessLog& log, const Clock& clock)
      : ForwardingHandler(next), log_(log), clock_(clock) {}

  void handle(const net::HttpRequest& request, net::HttpResponse& response) override;
  std::optional<net::Reject> admit(const net::HttpRequest& head) override;
  // A call of many messages is told when it begins.
  std::unique_ptr<net::StreamHandler> open(const net::HttpRequest& head) override;

 private:
  struct Outcome {
    int status;
    std::int64_t us;
    std::size_t bytes;
    std::string_view grpc_status = {};
  };
  // What is known of a request before its answer.
  struct Line {
    std::string before, after;
    std::size_t in = 0;
  };
  Line line_of(const net::HttpRequest& request) const;
  void tell(const Line& line, const Outcome& outcome);
  void tell(const net::HttpRequest& request, const Outcome& outcome) {
    tell(line_of(request), outcome);
  }

  AccessLog& log_;
  const Clock& clock_;
};

// "0" where a gRPC call went well; empty for answers of other requests.
std::string_view grpc_status_of(const net::HttpResponse& response);

// Whether a header has the form that W3C's Trace Context gives it.
bool is_traceparent(std::string_view text);

}  // namespace slipway::deploy::realtime
