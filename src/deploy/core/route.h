// A name that callers use like a model's, and the versions of models among which it divides its requests.
//
//   ASSIGN_OR_RETURN(const Route route, Route::of_text("live=delay:1*90 delay:2*10 sticky=header:x-user-id"));
//   const RouteTarget& target = route.targets[route.pick(caller)];
//
// Weighted rendezvous hashing: each target draws a number from the caller and its own name, and the best draw, weights
// considered, wins. So a caller stays with a version; shares are exactly the weights' on average; and when a weight
// changes only callers of that target move, no more than it gains or loses. With `sticky` the caller is a header's value or
// the API key that it came with; else each request is a caller of its own.
// Shadows get copies of what is asked; what they answer goes nowhere.
// Errors: kInvalidArgument "deploy.route". Immutable; safe from any thread.
// Source: Thaler and Ravishankar, A Name-Based Mapping Scheme for Rendezvous (1996); weights as -log(u)/w.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"

namespace slipway::deploy {

struct RouteTarget {
  std::string model;
  std::string version;  // empty: the newest
  std::uint32_t weight = 0;
  std::uint64_t seed = 0;  // of its draws

  std::string text() const { return version.empty() ? model : model + ":" + version; }
};

struct Route {
  static constexpr std::size_t kTargetsMax = 16;
  static constexpr std::size_t kShadowsMax = 4;
  static constexpr std::uint32_t kWeightMax = 1'000'000;

  std::string name;
  std::vector<RouteTarget> targets;
  std::vector<RouteTarget> shadows;
  std::string sticky;  // "header:NAME", "key" or empty

  // "NAME=MODEL[:VERSION][*WEIGHT] ... [shadow=MODEL[:VERSION]] [sticky=header:NAME|key]", blanks between.
  static Result<Route> of_text(std::string_view text);
  // {"targets": [{"model", "version"?, "weight"?}], "shadows"?: [{"model", "version"?}], "sticky"?}
  static Result<Route> of_json(std::string_view name, JsonView json);
  void write(JsonWriter* json) const;

  // The target of a caller.
  std::size_t pick(std::string_view caller) const;
  // The one with the most weight: who speaks for the route.
  const RouteTarget& heaviest() const;
  // Null if no target is of that version.
  const RouteTarget* of_version(std::string_view version) const;
  // The header that `sticky` names; empty if it names none.
  std::string_view sticky_header() const;

 private:
  Result<void> check();
};

}  // namespace slipway::deploy
