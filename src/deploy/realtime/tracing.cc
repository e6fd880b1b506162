// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/tracing.h"

#include <fmt/format.h>

#include <utility>

#include "base/random.h"
#include "base/text.h"
#include "deploy/realtime/access_log.h"

namespace slipway::deploy::realtime {
namespace {

// Not all zeros, which would be none.
std::string new_id() { return fmt::format("{:016x}", random_bits() | 1); }

// "inference.GRPCInferenceService", "ModelInfer"
std::pair<std::string, std::string> rpc_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos || slash == 0) return {std::string(path), ""};
  return {std::string(path.substr(1, slash - 1)), std::string(path.substr(slash + 1))};
}

// What is the server's fault, as the conventions of RPC have it.
bool is_server_fault(std::int64_t grpc_status) {
  for (const std::int64_t fault : {2, 4, 12, 13, 14, 15}) {
    if (grpc_status == fault) return true;
  }
  return false;
}

void describe_http(const net::HttpRequest& request, const net::HttpResponse& response, Span* span) {
  const std::string method(net::name_of(request.method));
  const std::string route = response.status == 404 ? "" : route_of_path(request.path);
  span->name = route.empty() ? method : method + " " + route;
  auto& attributes = span->attributes;
  attributes.emplace_back("http.request.method", method);
  attributes.emplace_back("url.path", std::string(request.path));
  if (!route.empty()) attributes.emplace_back("http.route", route);
  attributes.emplace_back("http.response.status_code", std::int64_t{response.status});
  if (const auto agent = request.headers.find("User-Agent"))
    attributes.emplace_back("user_agent.original", std::string(*agent));
  attributes.emplace_back("http.request.body.size", static_cast<std::int64_t>(request.body.size()));
  attributes.emplace_back("http.response.body.size",
                          static_cast<std::int64_t>(response.body.size()));
  if (response.status < 400) return;
  attributes.emplace_back("error.type", std::to_string(response.status));
  span->is_error = response.status >= 500;
}

void describe_grpc(const net::HttpRequest& request, const net::HttpResponse& response, Span* span) {
  const auto [service, method] = rpc_of(request.path);
  span->name = service + "/" + method;
  const std::int64_t status = parse_int64(grpc_status_of(response)).value_or(2);
  auto& attributes = span->attributes;
  attributes.emplace_back("rpc.system", "grpc");
  attributes.emplace_back("rpc.service", service);
  attributes.emplace_back("rpc.method", method);
  attributes.emplace_back("rpc.grpc.status_code", status);
  if (status != 0) attributes.emplace_back("error.type", std::to_string(status));
  span->is_error = is_server_fault(status);
}

}  // namespace

std::optional<TraceContext> trace_context_of(const net::HttpHeaders& headers) {
  const auto text = headers.find("traceparent");
  if (!text || !is_traceparent(*text)) return std::nullopt;
  // The last hexadecimal digit's lowest bit.
  const char flags = (*text)[54];
  const int digit = flags <= '9' ? flags - '0' : flags - 'a' + 10;
  return TraceContext{.trace_id = text->substr(3, 32),
                      .parent_id = text->substr(36, 16),
                      .is_sampled = (digit & 1) != 0};
}

std::string route_of_path(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"models", "{model}"},
                                                                      {"versions", "{version}"},
                                                                      {"routes", "{name}"},
                                                                      {"region", "{region}"}};
  std::string route;
  std::string_view stands_for;
  for (std::string_view segment : split(path.substr(path.starts_with('/') ? 1 : 0), '/')) {
    route += '/';
    const bool is_name = !stands_for.empty() && segment != "stats";
    if (is_name) {
      route += stands_for;
      // "delay:predict"
      const auto colon = segment.rfind(':');
      segment = colon == segment.npos ? std::string_view() : segment.substr(colon);
      if (segment != ":predict" && segment != ":rank") segment = {};
    }
    route += segment;
    stands_for = {};
    for (const auto& [word, name] : kNames) {
      if (!is_name && segment == word) stands_for = name;
    }
  }
  return route.empty() ? "/" : route;
}

bool Tracing::samples(const std::optional<TraceContext>& caller) const {
  if (!is_on_.load(std::memory_order_relaxed)) return false;
  if (caller) return caller->is_sampled;
  return drawn(rate_.load(std::memory_order_relaxed));
}

struct TraceHandler::Traced {
  const net::HttpRequest& request;
  const net::HttpResponse& response;
  const std::optional<TraceContext>& caller;
  std::int64_t began_ns = 0;  // monotonic
  std::int64_t ended_ns = 0;
  std::int64_t wall_lead_ns = 0;  // of the wall clock over the monotonic one
};

void TraceHandler::handle(const net::HttpRequest& request, net::HttpResponse& response) {
  const auto caller = trace_context_of(request.headers);
  if (!tracing_.samples(caller)) return next_.handle(request, response);
  const std::int64_t began_ns = clock_.monotonic_ns();
  api_.forget_call(request.reactor);
  next_.handle(request, response);
  // Told when it is handled again, with its model there; and copies for shadows are nobody's request.
  if (!api_.is_answered(request.reactor)) return;
  const std::int64_t ended_ns = clock_.monotonic_ns();
  tell({.request = request,
        .response = response,
        .caller = caller,
        .began_ns = began_ns,
        .ended_ns = ended_ns,
        .wall_lead_ns = clock_.now_us() * 1000 - ended_ns});
}

void TraceHandler::tell(const Traced& traced) {
  const net::HttpRequest& request = traced.request;
  Span span;
  span.trace_id = traced.caller ? std::string(traced.caller->trace_id) : new_id() + new_id();
  if (traced.caller) span.parent_id = traced.caller->parent_id;
  span.span_id = new_id();
  const std::int64_t arrived_ns = request.arrived_ns > 0 ? request.arrived_ns : traced.began_ns;
  span.begin_ns = arrived_ns + traced.wall_lead_ns;
  span.end_ns = traced.ended_ns + traced.wall_lead_ns;
  request.is_grpc ? describe_grpc(request, traced.response, &span)
                  : describe_http(request, traced.response, &span);
  if (!request.is_grpc)
    span.attributes.emplace_back("url.scheme", options_.is_tls ? "https" : "http");
  span.attributes.emplace_back("network.protocol.version", request.http2 ? "2" : "1.1");
  const Api::Call& call = api_.last_call(request.reactor);
  if (call.endpoint != nullptr) {
    span.attributes.emplace_back("slipway.model.name", call.endpoint->name());
    span.attributes.emplace_back("slipway.model.version", call.endpoint->version());
    span.attributes.emplace_back("slipway.rows", call.rows);
    call.endpoint->metrics.seconds.note_example(
        1e-9 * static_cast<double>(call.ended_ns - call.began_ns), span.trace_id, clock_.now_us());
    tell_parts(traced, span);
  }
  tracing_.exporter().add(std::move(span));
}

void TraceHandler::tell_parts(const Traced& traced, const Span& whole) {
  const Api::Call& call = api_.last_call(traced.request.reactor);
  struct Part {
    const char* name;
    std::int64_t begin_ns, end_ns;
  };
  const std::int64_t arrived_ns = traced.request.arrived_ns;
  for (const Part& part :
       {Part{"queue", arrived_ns > 0 ? arrived_ns : traced.began_ns, traced.began_ns},
        Part{"input", call.began_ns, call.decoded_ns},
        Part{"compute", call.decoded_ns, call.scored_ns},
        Part{"output", call.scored_ns, call.ended_ns}}) {
    if (part.end_ns <= part.begin_ns) continue;
    Span span;
    span.trace_id = whole.trace_id;
    span.parent_id = whole.span_id;
    span.span_id = new_id();
    span.name = part.name;
    span.kind = Span::Kind::kInternal;
    span.begin_ns = part.begin_ns + traced.wall_lead_ns;
    span.end_ns = part.end_ns + traced.wall_lead_ns;
    tracing_.exporter().add(std::move(span));
  }
}

}  // namespace slipway::deploy::realtime
