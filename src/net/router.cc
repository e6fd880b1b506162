// SPDX-License-Identifier: Apache-2.0
#include "net/router.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/check.h"

namespace slipway::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Calls take(segment) for each; false as soon as that does.
template <typename Take>
bool split_path(std::string_view path, Take take) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = path.find('/');
    if (!take(path.substr(0, end))) return false;
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return true;
}

}  // namespace

bool decode_percent(std::string_view text, std::string* out) {
  out->clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    *out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

void Router::add(std::string_view method, std::string_view pattern, RouteAction action) {
  Route& route = route_of(pattern);
  const Method wanted = method_named(method);
  CHECK(wanted != Method::kOther);
  route.actions.emplace_back(wanted, std::move(action));
  if (!route.allow.empty()) route.allow += ", ";
  route.allow += method;
  if (wanted == Method::kGet) route.allow += ", HEAD";
}

Router::Route& Router::route_of(std::string_view pattern) {
  for (Route& route : routes_) {
    if (route.pattern == pattern) return route;
  }
  Route route;
  route.pattern = pattern;
  CHECK(pattern.starts_with('/'));
  split_path(pattern, [&](std::string_view segment) {
    const bool is_capture = segment.starts_with('{');
    if (is_capture) segment.remove_prefix(segment.find('}') + 1);
    route.segments.push_back({is_capture, std::string(segment)});
    return true;
  });
  CHECK(route.segments.size() <= kSegmentsMax);
  const std::size_t open = pattern.find('{'), close = pattern.find('}');
  route.is_simple = open != pattern.npos && pattern.find('{', close) == pattern.npos &&
                    (close + 1 == pattern.size() || pattern[close + 1] == '/');
  if (route.is_simple) {
    route.before = pattern.substr(0, open);
    route.after = pattern.substr(close + 1);
  }
  routes_.push_back(std::move(route));
  return routes_.back();
}

bool Router::matches(const Route& route, const Path& path, PathArguments* arguments) {
  if (route.segments.size() != path.count) return false;
  std::size_t captured = 0;
  for (std::size_t i = 0; i < path.count; ++i) {
    const Segment& wanted = route.segments[i];
    const std::string_view found = path.segments[i];
    if (!wanted.is_capture) {
      if (found != wanted.literal) return false;
      continue;
    }
    if (found.size() <= wanted.literal.size() || !found.ends_with(wanted.literal)) return false;
    (*arguments)[captured++] = found.substr(0, found.size() - wanted.literal.size());
  }
  return true;
}

bool Router::matches_simple(const Route& route, std::string_view path, PathArguments* arguments) {
  const std::size_t around = route.before.size() + route.after.size();
  if (path.size() <= around || !path.starts_with(route.before) || !path.ends_with(route.after))
    return false;
  const std::string_view captured = path.substr(route.before.size(), path.size() - around);
  if (captured.find('/') != std::string_view::npos) return false;
  (*arguments)[0] = captured;
  return true;
}

bool Router::split(std::string_view text, Path* path) {
  // `OPTIONS *` has no path.
  return text.starts_with('/') && split_path(text, [&](std::string_view segment) {
           if (path->count == kSegmentsMax) return false;
           path->segments[path->count++] = segment;
           return true;
         });
}

void Router::handle(const HttpRequest& request, HttpResponse& response) {
  std::optional<Path> path;  // cut up when the first route asks for it
  bool fits = true;
  for (const Route& route : routes_) {
    PathArguments arguments;
    if (route.is_simple) {
      if (matches_simple(route, request.path, &arguments))
        return run(route, request, arguments, response);
      continue;
    }
    if (!path) fits = split(request.path, &path.emplace());
    if (fits && matches(route, *path, &arguments)) return run(route, request, arguments, response);
  }
  refuse(404, fmt::format("there is nothing at {}", request.path), response);
}

void Router::run(const Route& route, const HttpRequest& request, const PathArguments& arguments,
                 HttpResponse& response) {
  const Method wanted = request.method == Method::kHead ? Method::kGet : request.method;
  const RouteAction* action = nullptr;
  for (const auto& [method, candidate] : route.actions) {
    if (method == wanted) action = &candidate;
  }
  if (action == nullptr) {
    response.add_header("Allow", route.allow);
    return refuse(405, fmt::format("{} takes {}", request.path, route.allow), response);
  }
  if (request.path.find('%') == std::string_view::npos) {
    (*action)(request, arguments, response);
  } else if (!run_decoded(*action, request, arguments, response)) {
    return;
  }
  if (response.later != nullptr && !request.may_wait) {
    const auto later = response.later;
    response = later->take();
  }
}

bool Router::run_decoded(const RouteAction& action, const HttpRequest& request,
                         PathArguments arguments, HttpResponse& response) {
  std::array<std::string, std::tuple_size_v<PathArguments>> decoded;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].find('%') == std::string_view::npos) continue;
    if (!decode_percent(arguments[i], &decoded[i])) {
      refuse(400, "a percent sign in the path must be followed by two hexadecimal digits",
             response);
      return false;
    }
    arguments[i] = decoded[i];
  }
  action(request, arguments, response);
  return true;
}

}  // namespace slipway::net
