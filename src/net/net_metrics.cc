// SPDX-License-Identifier: Apache-2.0
#include "net/net_metrics.h"

#include <string>

namespace slipway::net {
namespace {

constexpr const char* kResponses = "slipway_http_responses_total";
constexpr const char* kResponsesHelp = "Responses sent, by status code";

}  // namespace

NetMetrics::NetMetrics(MetricRegistry& registry)
    : connections(registry.gauge("slipway_http_connections", "Open connections")),
      accepted(registry.counter("slipway_http_connections_total", "Connections accepted")),
      registry_(registry),
      ok_(registry.counter(kResponses, kResponsesHelp, {{"code", "200"}})),
      too_many_(registry.counter(kResponses, kResponsesHelp, {{"code", "429"}})),
      unavailable_(registry.counter(kResponses, kResponsesHelp, {{"code", "503"}})) {}

void NetMetrics::count_other(int status) {
  registry_.counter(kResponses, kResponsesHelp, {{"code", std::to_string(status)}}).add();
}

void NetMetrics::count_limit(std::string_view limit) {
  registry_
      .counter("slipway_http_limits_total", "Times that a limit of the HTTP server was hit",
               {{"limit", std::string(limit)}})
      .add();
}

}  // namespace slipway::net
