// Which version answers a call whose model's name is a route's: see deploy/core/route.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "base/text.h"
#include "deploy/realtime/access.h"
#include "deploy/realtime/api_parts.h"
#include "net/grpc_router.h"

namespace slipway::deploy::realtime {
namespace {

constexpr const char* kVersionHeader = "X-Slipway-Version";

Error unknown_version(const Route& route, std::string_view version) {
  std::vector<std::string> texts;
  for (const RouteTarget& target : route.targets) texts.push_back(target.text());
  return Error(
      Code::kNotFound, "realtime.unknown_version",
      fmt::format("Request for unknown model: route '{}' has no version {}; it leads to {}",
                  route.name, version, join(texts, ", ")));
}

}  // namespace

const Route* Api::route_of(Scratch& scratch, std::string_view name) const {
  if (parts_.routes == nullptr) return nullptr;
  const std::uint64_t generation = parts_.routes->generation();
  if (scratch.routes == nullptr || scratch.routes_generation != generation) {
    scratch.routes = parts_.routes->snapshot();
    scratch.routes_generation = generation;
  }
  if (scratch.routes->routes.empty()) return nullptr;
  return scratch.routes->find(name);
}

// Null: the caller names a version that is none of the route's.
const RouteTarget* Api::choose(const Route& route, const net::HttpHeaders& headers,
                               std::string_view version, Scratch& scratch) {
  if (version.empty()) version = headers.find(kVersionHeader).value_or("");
  if (!version.empty()) return route.of_version(version);
  std::string_view caller;
  if (const std::string_view header = route.sticky_header(); !header.empty()) {
    caller = headers.find(header).value_or("");
  } else if (!route.sticky.empty()) {
    caller = presented_key(headers).value_or("");
  }
  if (!caller.empty()) return &route.targets[route.pick(caller)];
  const std::array<std::uint64_t, 2> ticket{scratch.salt, scratch.tickets++};
  std::array<char, sizeof ticket> bytes;
  std::memcpy(bytes.data(), ticket.data(), bytes.size());
  return &route.targets[route.pick({bytes.data(), bytes.size()})];
}

Result<const Endpoint*> Api::find(Scratch& scratch, std::string_view model,
                                  std::string_view version) {
  const Route* const route = route_of(scratch, model);
  if (route == nullptr) return find_model(scratch, model, version);
  if (version.empty())
    return find_model(scratch, route->heaviest().model, route->heaviest().version);
  const RouteTarget* const target = route->of_version(version);
  return find_model(scratch, target == nullptr ? model : std::string_view(target->model), version);
}

Result<const Endpoint*> Api::find_for_call(Scratch& scratch, const net::HttpHeaders& headers,
                                           const ModelName& name) {
  scratch.routed = {};
  scratch.shadows = nullptr;
  if (scratch.forced) {
    const Forced& forced = *scratch.forced;
    scratch.routed = {.route = forced.route, .target = &forced.target};
    auto endpoint = find_model(scratch, forced.target.model, forced.target.version);
    // Chosen before its model was in memory: only now it is answered.
    const Route* const chosen_by = forced.is_shadow ? nullptr : route_of(scratch, forced.route);
    if (endpoint && chosen_by != nullptr && !chosen_by->shadows.empty())
      scratch.shadows = chosen_by;
    return endpoint;
  }
  const Route* const route = route_of(scratch, name.model);
  if (route == nullptr) return find_model(scratch, name.model, name.version);
  const RouteTarget* const target = choose(*route, headers, name.version, scratch);
  if (target == nullptr) {
    // A route may have the name of a model, whose other versions are asked for by number.
    if (!name.version.empty() && parts_.catalogue.find(name.model, name.version) != nullptr)
      return find_model(scratch, name.model, name.version);
    return unknown_version(
        *route, name.version.empty() ? headers.find(kVersionHeader).value_or("") : name.version);
  }
  scratch.routed = {.route = route->name, .target = target};
  auto endpoint = find_model(scratch, target->model, target->version);
  if (endpoint && !route->shadows.empty()) scratch.shadows = route;
  if (!endpoint && endpoint.error().reason() != net::kCallAgain)
    route_series(scratch, target->version).failed.add();
  return endpoint;
}

Api::RouteSeries& Api::route_series(Scratch& scratch, std::string_view version) {
  const bool is_shadow = scratch.is_shadow();
  std::string& key = scratch.series_key;
  key.assign(scratch.routed.route);
  for (const std::string_view part : {std::string_view(scratch.routed.target->model), version,
                                      std::string_view(is_shadow ? "s" : "a")}) {
    key += '\n';
    key += part;
  }
  if (const auto at = scratch.series.find(key); at != scratch.series.end()) return at->second;
  const auto labels = [&](const char* outcome) {
    std::vector<Label> made{{"route", std::string(scratch.routed.route)},
                            {"model", scratch.routed.target->model},
                            {"version", std::string(version)},
                            {"role", is_shadow ? "shadow" : "answer"}};
    if (outcome != nullptr) made.push_back({"outcome", outcome});
    return made;
  };
  MetricRegistry& registry = parts_.registry;
  constexpr const char* kName = "slipway_route_requests_total";
  constexpr const char* kHelp = "Requests by route and by the version that got them";
  return scratch.series
      .emplace(key, RouteSeries{registry.counter(kName, kHelp, labels("ok")),
                                registry.counter(kName, kHelp, labels("failed")),
                                registry.histogram("slipway_route_seconds",
                                                   "From a request in memory to its answer",
                                                   kLatencySeconds, labels(nullptr))})
      .first->second;
}

bool Api::end_routed(Scratch& scratch, const Endpoint& endpoint, bool is_ok,
                     net::HttpResponse* response) {
  if (scratch.routed.target == nullptr) return true;
  RouteSeries& series = route_series(scratch, endpoint.version());
  is_ok ? series.ok.add() : series.failed.add();
  if (is_ok)
    series.seconds.observe(1e-9 * static_cast<double>(scratch.ended_ns - scratch.began_ns));
  if (response != nullptr) {
    response->add_header("X-Slipway-Model", endpoint.name());
    response->add_header(kVersionHeader, endpoint.version());
  }
  return !scratch.is_shadow();
}

bool Api::has_shadows(std::size_t reactor) const { return scratch_[reactor]->shadows != nullptr; }

std::vector<Api::Forced> Api::take_shadows(std::size_t reactor) {
  const Route* const route = std::exchange(scratch_[reactor]->shadows, nullptr);
  std::vector<Forced> shadows;
  for (const RouteTarget& target : route->shadows)
    shadows.push_back({.route = route->name, .target = target, .is_shadow = true});
  return shadows;
}

void Api::force(std::size_t slot, std::optional<Forced> target) {
  scratch_[slot]->forced = std::move(target);
}

void Api::warm(const std::string& model) {
  on_demand()->need(model, [](const Result<OnDemand::Hold>&) {});
}

}  // namespace slipway::deploy::realtime
