// The model that is asked for, or why it cannot be had.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "deploy/realtime/api_parts.h"
#include "net/grpc_router.h"
#include "net/router.h"

namespace slipway::deploy::realtime {

std::optional<Api::Missing> Api::take_missing(std::size_t reactor) {
  Scratch& scratch = *scratch_[reactor];
  if (scratch.missing.empty()) return std::nullopt;
  Missing missing{.model = std::exchange(scratch.missing, std::string()), .forced = {}};
  if (scratch.routed.target != nullptr)
    missing.forced =
        Forced{.route = std::string(scratch.routed.route), .target = *scratch.routed.target};
  return missing;
}

std::shared_ptr<Api::Loading> Api::load_missing(std::size_t reactor) {
  auto loading = std::make_shared<Loading>();
  auto missing = take_missing(reactor);
  loading->forced = std::move(missing->forced);
  on_demand()->need(missing->model, [loading](const Result<OnDemand::Hold>& held) {
    if (held) loading->hold = held.value();
    loading->done.store(true, std::memory_order_release);
  });
  return loading;
}

std::optional<Error> Api::not_in_memory(Scratch& scratch, std::string_view model) {
  OnDemand* const models = on_demand();
  if (models == nullptr || !models->knows(model)) return std::nullopt;
  const auto why = scratch.is_reactors ? models->refusal(model) : models->failure(model);
  if (why) return why;
  scratch.missing = model;
  return Error(Code::kUnavailable, net::kCallAgain,
               fmt::format("model '{}' is being loaded: try again", model));
}

void Api::count_unknown(const Error& error) {
  if (error.reason() != net::kCallAgain) count_error(parts_.registry, "", error.reason());
}

Result<const Endpoint*> Api::find_model(Scratch& scratch, std::string_view model,
                                        std::string_view version) {
  if (const Endpoint* endpoint = scratch.endpoints.find(model, version)) return endpoint;
  const auto& models = scratch.endpoints.all();
  if (const auto at = models.find(model); at != models.end()) {
    // It may have been loaded since the first look.
    if (const Endpoint* endpoint = scratch.endpoints.find(model, version)) return endpoint;
    std::vector<std::string> versions;
    for (const auto& endpoint : at->second) versions.push_back(endpoint->version());
    return Error(Code::kNotFound, "realtime.unknown_version",
                 fmt::format("Request for unknown model: '{}' version {} is not found; served here "
                             "is version {}",
                             model, version, join(versions, ", ")));
  }
  if (auto held = not_in_memory(scratch, model)) return *std::move(held);
  std::vector<std::string> names;
  for (const auto& [name, unused] : models) names.push_back(name);
  if (const OnDemand* const more = on_demand()) {
    for (std::string& name : more->names()) names.push_back(std::move(name));
  }
  constexpr std::size_t kLookedAt = 10'000;  // names: more would make a wrong one dear
  if (names.size() > kLookedAt) names.resize(kLookedAt);
  const auto near = nearest(model, names);
  const auto first = std::span(names).first(std::min<std::size_t>(names.size(), 20));
  return Error(Code::kNotFound, "realtime.unknown_model",
               fmt::format("Request for unknown model: '{}' is not found{}; served here: {}", model,
                           near ? fmt::format("; did you mean '{}'?", *near) : "",
                           names.empty() ? "no model" : join(first, ", ")));
}

std::optional<net::Reject> Api::refusal(const net::HttpRequest& head) {
  if (head.turn == nullptr) return std::nullopt;
  if (admission_.is_full(head.reactor, *head.turn))
    return asks_for_prediction(head) ? std::optional(admission_.reject(head)) : std::nullopt;
  // Who is here already learns it as soon when its model is looked up.
  if (head.body_to_come == 0 || head.is_grpc || !asks_for_prediction(head)) return std::nullopt;
  const auto name = model_of(head.path);
  std::string model, version;
  if (!name || !net::decode_percent(name->model, &model) ||
      !net::decode_percent(name->version, &version))
    return std::nullopt;
  const Endpoint* const endpoint = scratch_of(head).endpoints.find(model, version);
  if (endpoint == nullptr ||
      !endpoint->in_flight.is_full(head.turn->number, endpoint->in_flight_share))
    return std::nullopt;
  return admission_.reject(head, endpoint->admitted());
}

}  // namespace slipway::deploy::realtime
