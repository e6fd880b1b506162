// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/hash.h"
#include "base/math/elementary.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kHeader = "header:";
constexpr std::size_t kNameBytesMax = 256;

template <typename... Args>
Error wrong(fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, "deploy.route",
               fmt::format(text, std::forward<Args>(args)...));
}

// "delay:2*10"
Result<RouteTarget> target_of_text(std::string_view text) {
  RouteTarget target{.model = {}, .version = {}, .weight = 1};
  if (const auto star = text.rfind('*'); star != text.npos) {
    const auto weight = parse_int64(text.substr(star + 1));
    if (!weight || *weight < 0 || *weight > Route::kWeightMax) {
      return wrong("'{}': a weight must be a whole number from 0 to {}", text, Route::kWeightMax);
    }
    target.weight = static_cast<std::uint32_t>(*weight);
    text = text.substr(0, star);
  }
  const auto colon = text.rfind(':');
  target.model = text.substr(0, colon);
  if (colon != text.npos) target.version = text.substr(colon + 1);
  return target;
}

Result<std::string> text_of(JsonView object, std::string_view member, bool is_needed) {
  const JsonView value = object.find(member);
  if (value.is_missing() && !is_needed) return std::string();
  const auto text = value.as_string();
  if (!text)
    return wrong("'{}' must be a string, found {}", member,
                 value.is_missing() ? "none" : value.describe());
  return std::string(*text);
}

Result<RouteTarget> target_of_json(JsonView json) {
  if (!json.is_object())
    return wrong("a target must be an object with 'model', found {}", json.describe());
  RouteTarget target{.model = {}, .version = {}, .weight = 1};
  ASSIGN_OR_RETURN(target.model, text_of(json, "model", true));
  ASSIGN_OR_RETURN(target.version, text_of(json, "version", false));
  const JsonView weight = json.find("weight");
  if (weight.is_missing()) return target;
  const auto number = weight.as_uint64();
  if (!number || *number > Route::kWeightMax) {
    return wrong("'weight' of {} must be a whole number from 0 to {}, found {}", target.text(),
                 Route::kWeightMax, weight.describe());
  }
  target.weight = static_cast<std::uint32_t>(*number);
  return target;
}

Result<std::vector<RouteTarget>> targets_of_json(JsonView json, std::string_view member) {
  std::vector<RouteTarget> targets;
  const JsonView list = json.find(member);
  if (list.is_missing()) return targets;
  if (!list.is_array()) return wrong("'{}' must be an array, found {}", member, list.describe());
  for (const JsonView each : list.array()) {
    if (targets.size() == Route::kTargetsMax)
      return wrong("'{}' has more than {} entries", member, Route::kTargetsMax);
    ASSIGN_OR_RETURN(targets.emplace_back(), target_of_json(each));
  }
  return targets;
}

void write_targets(std::string_view member, const std::vector<RouteTarget>& targets,
                   bool with_weights, JsonWriter* json) {
  json->key(member).begin_array();
  for (const RouteTarget& target : targets) {
    json->begin_object().member("model", target.model);
    if (!target.version.empty()) json->member("version", target.version);
    if (with_weights) json->member("weight", std::uint64_t{target.weight});
    json->end_object();
  }
  json->end_array();
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// In (0, 1), from the upper 53 bits.
double fraction(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

}  // namespace

Result<void> Route::check() {
  if (name.empty() || name.size() > kNameBytesMax || name.find('/') != name.npos)
    return wrong("a route needs a name of 1 to {} bytes without '/'", kNameBytesMax);
  if (targets.empty() || targets.size() > kTargetsMax || shadows.size() > kShadowsMax) {
    return wrong("route '{}': 1 to {} targets and at most {} shadows expected, found {} and {}",
                 name, kTargetsMax, kShadowsMax, targets.size(), shadows.size());
  }
  std::set<std::string> seen;
  std::uint64_t weights = 0;
  for (std::vector<RouteTarget>* const list : {&targets, &shadows}) {
    for (RouteTarget& target : *list) {
      if (target.model.empty()) return wrong("route '{}': a target names no model", name);
      if (!seen.insert(target.text()).second)
        return wrong("route '{}': {} is there twice", name, target.text());
      if (list == &targets) weights += target.weight;
      target.seed = xxh3_64(fmt::format("{}\n{}\n{}", name, target.model, target.version));
    }
  }
  if (weights == 0) return wrong("route '{}': all weights are 0: nobody would answer", name);
  const std::string_view header = sticky_header();
  if (sticky.empty() || sticky == "key" || is_token(header)) return {};
  return wrong("route '{}': sticky must be 'header:NAME' or 'key', found '{}'", name, sticky);
}

Result<Route> Route::of_text(std::string_view text) {
  Route route;
  text = trim(text);
  const auto equals = text.find('=');
  if (equals == text.npos)
    return wrong("'{}': NAME=MODEL:VERSION*WEIGHT ... expected, as in live=delay:1*90 delay:2*10",
                 text);
  route.name = trim(text.substr(0, equals));
  for (const std::string_view word : split(text.substr(equals + 1), ' ')) {
    if (word.empty()) continue;
    if (word.starts_with("sticky=")) {
      route.sticky = word.substr(7);
    } else if (word.starts_with("shadow=")) {
      ASSIGN_OR_RETURN(route.shadows.emplace_back(), target_of_text(word.substr(7)));
    } else {
      ASSIGN_OR_RETURN(route.targets.emplace_back(), target_of_text(word));
    }
  }
  RETURN_IF_ERROR(route.check());
  return route;
}

Result<Route> Route::of_json(std::string_view name, JsonView json) {
  if (!json.is_object()) return wrong("a route must be an object, found {}", json.describe());
  Route route;
  route.name = name;
  for (const JsonMember member : json.object()) {
    if (member.key == "targets" || member.key == "shadows" || member.key == "sticky" ||
        member.key == "name")
      continue;
    return wrong("a route has 'targets', 'shadows' and 'sticky', and no '{}'", member.key);
  }
  ASSIGN_OR_RETURN(route.targets, targets_of_json(json, "targets"));
  ASSIGN_OR_RETURN(route.shadows, targets_of_json(json, "shadows"));
  ASSIGN_OR_RETURN(route.sticky, text_of(json, "sticky", false));
  RETURN_IF_ERROR(route.check());
  return route;
}

void Route::write(JsonWriter* json) const {
  json->begin_object().member("name", name);
  write_targets("targets", targets, true, json);
  write_targets("shadows", shadows, false, json);
  json->member("sticky", sticky).end_object();
}

std::size_t Route::pick(std::string_view caller) const {
  std::size_t best = 0;
  double best_draw = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].weight == 0) continue;
    const double draw = -math::log(fraction(xxh3_64(caller, targets[i].seed))) / targets[i].weight;
    if (draw >= best_draw) continue;
    best_draw = draw;
    best = i;
  }
  return best;
}

const RouteTarget& Route::heaviest() const {
  return *std::max_element(
      targets.begin(), targets.end(),
      [](const RouteTarget& a, const RouteTarget& b) { return a.weight < b.weight; });
}

const RouteTarget* Route::of_version(std::string_view version) const {
  for (const RouteTarget& target : targets) {
    if (target.version == version) return &target;
  }
  return nullptr;
}

std::string_view Route::sticky_header() const {
  const std::string_view text(sticky);
  return text.starts_with(kHeader) ? text.substr(kHeader.size()) : std::string_view();
}

}  // namespace slipway::deploy
