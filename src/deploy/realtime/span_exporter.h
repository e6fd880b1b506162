// Spans on their way to a collector: OTLP over HTTP, in JSON, in batches, from a thread of its own.
//
//   SpanExporter exporter({.url = url, .service = "slipway"}, registry);
//   exporter.add({.name = "POST /v2/models/{model}/infer", ...});      // never waits
//
// At most kWaitingMax spans wait; what comes then, and what the collector does not take (a second try after a second
// where it says that it is busy), is dropped and counted (slipway_spans_dropped_total). The destructor sends what is
// left once. Thread-safe. Source: OpenTelemetry Protocol 1.x, its JSON encoding.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "net/http_client.h"
#include "net/tls_client.h"

namespace slipway::deploy::realtime {

struct Span {
  enum class Kind : std::uint8_t { kInternal = 1, kServer = 2 };
  using Value = std::variant<std::string, std::int64_t, bool>;

  std::string trace_id, span_id, parent_id;  // lower-case hex; no parent: empty
  std::string name;
  Kind kind = Kind::kServer;
  std::int64_t begin_ns = 0, end_ns = 0;  // since 1970
  bool is_error = false;
  std::string message;                                         // of the error
  std::vector<std::pair<std::string_view, Value>> attributes;  // names are literals
};

class SpanExporter {
 public:
  static constexpr std::size_t kWaitingMax = 8192;
  static constexpr std::size_t kBatch = 512;
  struct Options {
    net::HttpUrl url;
    std::unique_ptr<const net::TlsClient> tls;  // for https://
    std::string headers;                        // of each request: lines
    std::string service = "slipway";
    std::string version;
    std::int64_t flush_ms = 1000;
  };

  SpanExporter(Options options, MetricRegistry& registry);
  ~SpanExporter();

  void add(Span span) EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);
  void send(const std::vector<Span>& spans, bool may_wait) EXCLUDES(mutex_);

  const Options options_;
  Counter& sent_;
  Counter& dropped_;
  Mutex mutex_;
  Condition wake_;
  std::vector<Span> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  OwnedThread thread_;
};

// An ExportTraceServiceRequest.
std::string spans_json(const std::vector<Span>& spans, std::string_view service,
                       std::string_view version);

}  // namespace slipway::deploy::realtime
