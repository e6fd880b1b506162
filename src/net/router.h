// Which function answers which path.
//
//   Router router;
//   router.add("POST", "/v2/models/{model}/infer", [](const HttpRequest& request,
//       const PathArguments& path, HttpResponse& response) { ... path[0] is the model ... });
//   router.add("POST", "/v1/models/{model}:predict", ...);
//   HttpServer::start(options, router, registry);
//
// A `{name}` takes one segment, or the part of one before a literal ending; it comes decoded from
// percent signs. The first pattern that fits a path decides: 404 if none does, 405 with Allow if it
// has no such method. HEAD is answered by GET. Adding is for one thread, before the server starts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace slipway::net {

// The path's captures, in order; empty where there is none.
using PathArguments = std::array<std::string_view, 4>;
using RouteAction = std::function<void(const HttpRequest&, const PathArguments&, HttpResponse&)>;

// "%20" to a space. False if a percent sign is not followed by two hexadecimal digits.
bool decode_percent(std::string_view text, std::string* out);

class Router final : public Handler {
 public:
  // Precondition: `pattern` begins with '/' and has at most four captures.
  void add(std::string_view method, std::string_view pattern, RouteAction action);

  void handle(const HttpRequest& request, HttpResponse& response) override;

 private:
  // A literal segment, or a capture with what follows it in its segment.
  struct Segment {
    bool is_capture = false;
    std::string literal;
  };
  struct Route {
    std::string pattern;
    std::vector<Segment> segments;
    // With a single capture that is a whole segment: what is around it decides, and nothing is cut up.
    bool is_simple = false;
    std::string before, after;
    std::vector<std::pair<Method, RouteAction>> actions;
    std::string allow;
  };
  static constexpr std::size_t kSegmentsMax = 16;
  struct Path {
    std::array<std::string_view, kSegmentsMax> segments;
    std::size_t count = 0;
  };

  Route& route_of(std::string_view pattern);
  static bool matches(const Route& route, const Path& path, PathArguments* arguments);
  static bool matches_simple(const Route& route, std::string_view path, PathArguments* arguments);
  static bool split(std::string_view text, Path* path);
  // False, and answered, if a percent sign is not what it should be.
  bool run_decoded(const RouteAction& action, const HttpRequest& request, PathArguments arguments,
                   HttpResponse& response);
  void run(const Route& route, const HttpRequest& request, const PathArguments& arguments,
           HttpResponse& response);

  std::vector<Route> routes_;
};

}  // namespace slipway::net
