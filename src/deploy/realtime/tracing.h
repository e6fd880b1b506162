// Which requests are traced, and what a traced one tells: a server span, and one inside for each of its parts.
//
//   Tracing tracing(exporter, {.rate = 0.01}, clock);
//   TraceHandler handler(grpc_router, api, tracing);          // before the routers, behind all that refuses or holds
//
// A caller that says whether it samples (W3C traceparent) is followed; of the others `rate` of all. Spans: the request
// (semantic conventions of HTTP and RPC servers), and queue, input, compute, output. Streams are not traced.
// Safe from all reactors at once. Source: W3C Trace Context; OpenTelemetry semantic conventions 1.2x.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/span_exporter.h"
#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

// What a caller's traceparent says.
struct TraceContext {
  std::string_view trace_id, parent_id;
  bool is_sampled = false;
};
// Nothing if there is none that is right.
std::optional<TraceContext> trace_context_of(const net::HttpHeaders& headers);

// "/v2/models/{model}/infer" of a path; names in it become what they stand for.
std::string route_of_path(std::string_view path);

class Tracing {
 public:
  struct Settings {
    double rate = 0.01;  // of requests whose caller says nothing; 0 .. 1
    bool is_on = true;
  };
  // The exporter outlives this.
  Tracing(SpanExporter& exporter, Settings settings)
      : exporter_(exporter), at_start_(settings), rate_(settings.rate), is_on_(settings.is_on) {}

  Settings settings() const { return {rate_.load(), is_on_.load()}; }
  const Settings& at_start() const { return at_start_; }
  void set(Settings settings) {
    rate_.store(settings.rate);
    is_on_.store(settings.is_on);
  }
  bool samples(const std::optional<TraceContext>& caller) const;
  SpanExporter& exporter() { return exporter_; }

 private:
  SpanExporter& exporter_;
  const Settings at_start_;
  std::atomic<double> rate_;
  std::atomic<bool> is_on_;
};

class TraceHandler final : public net::ForwardingHandler {
 public:
  // All of them outlive this.
  struct Options {
    bool is_tls = false;  // what url.scheme says
  };
  TraceHandler(net::Handler& next, Api& api, Tracing& tracing, const Clock& clock, Options options)
      : ForwardingHandler(next), api_(api), tracing_(tracing), clock_(clock), options_(options) {}

  void handle(const net::HttpRequest& request, net::HttpResponse& response) override;

 private:
  struct Traced;
  void tell(const Traced& traced);
  void tell_parts(const Traced& traced, const Span& whole);

  Api& api_;
  Tracing& tracing_;
  const Clock& clock_;
  const Options options_;
};

}  // namespace slipway::deploy::realtime
