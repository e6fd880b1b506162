// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/routes_api.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/request_body.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

constexpr const char* kJson = "application/json";

void write_route(const Route& route, HttpResponse* response) {
  response->content_type = kJson;
  JsonWriter json(&response->body);
  route.write(&json);
}

Error no_route(std::string_view name, const Routes::Snapshot& routes) {
  std::vector<std::string> names;
  for (const auto& [each, route] : routes.routes) names.push_back(each);
  const auto near = nearest(name, names);
  return Error(Code::kNotFound, "deploy.no_route",
               fmt::format("there is no route '{}'{}", name,
                           near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

}  // namespace

Result<void> check_targets(const Route& route, const Catalogue& catalogue,
                           const ModelControl* control) {
  const OnDemand* const known = control == nullptr ? nullptr : control->on_demand();
  for (const auto* list : {&route.targets, &route.shadows}) {
    for (const RouteTarget& target : *list) {
      if (catalogue.find(target.model, target.version) != nullptr) continue;
      if (known != nullptr && known->knows(target.model)) continue;
      std::vector<std::string> versions;
      for (const auto& served : catalogue.versions(target.model))
        versions.push_back(served->loaded.version);
      return Error(Code::kNotFound, "deploy.route_target",
                   fmt::format("route '{}' leads to {}, which is not served; served {}", route.name,
                               target.text(),
                               versions.empty()
                                   ? "are " + join(catalogue.names(), ", ")
                                   : "of " + target.model + " is version " + join(versions, ", ")));
    }
  }
  return {};
}

RoutesApi::RoutesApi(const Parts& parts)
    : parts_(parts), thread_(std::make_unique<ThreadPool>("routes", 1)) {}
RoutesApi::~RoutesApi() = default;

void RoutesApi::add_routes(net::Router* router) {
  router->add(
      "GET", "/v2/routes",
      [this](const HttpRequest&, const PathArguments&, HttpResponse& response) { list(response); });
  router->add("GET", "/v2/routes/{name}",
              [this](const HttpRequest&, const PathArguments& path, HttpResponse& response) {
                show(path[0], response);
              });
  router->add("PUT", "/v2/routes/{name}",
              [this](const HttpRequest& request, const PathArguments& path,
                     HttpResponse& response) { put(request, path[0], response); });
  router->add("DELETE", "/v2/routes/{name}",
              [this](const HttpRequest&, const PathArguments& path, HttpResponse& response) {
                remove(path[0], response);
              });
}

void RoutesApi::list(HttpResponse& response) const {
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().key("routes").begin_array();
  for (const auto& [name, route] : parts_.routes.snapshot()->routes) route.write(&json);
  json.end_array().end_object();
}

void RoutesApi::show(std::string_view name, HttpResponse& response) const {
  const auto routes = parts_.routes.snapshot();
  const Route* const route = routes->find(name);
  if (route == nullptr) return write_error(no_route(name, *routes), &response);
  write_route(*route, &response);
}

Result<Route> RoutesApi::route_of(const HttpRequest& request, std::string_view name) const {
  std::string unpacked;
  ASSIGN_OR_RETURN(const RequestBody body, read_body(request, parts_.body_bytes_max, &unpacked));
  auto document = JsonDocument::parse(body.json);
  if (!document) return std::move(document).error().with_context("the body");
  ASSIGN_OR_RETURN(Route route, Route::of_json(name, document.value().root()));
  RETURN_IF_ERROR(check_targets(route, parts_.catalogue, parts_.control));
  return route;
}

void RoutesApi::later(std::function<void(HttpResponse*)> work, HttpResponse* response) {
  response->later = std::make_shared<net::Later>();
  thread_->submit([work = std::move(work), later = response->later] {
    HttpResponse answer;
    work(&answer);
    later->finish(std::move(answer));
  });
}

void RoutesApi::put(const HttpRequest& request, std::string_view name, HttpResponse& response) {
  auto route = route_of(request, name);
  if (!route) return write_error(route.error(), &response);
  later(
      [this, route = std::move(route).value()](HttpResponse* answer) {
        if (const auto done = parts_.routes.put(route); !done)
          return write_error(done.error(), answer);
        log_info("route {} changed", route.name);
        write_route(route, answer);
      },
      &response);
}

void RoutesApi::remove(std::string_view name, HttpResponse& response) {
  later(
      [this, name = std::string(name)](HttpResponse* answer) {
        if (const auto done = parts_.routes.remove(name); !done)
          return write_error(done.error(), answer);
        log_info("route {} removed", name);
        answer->content_type = kJson;
        JsonWriter json(&answer->body);
        json.begin_object().member("name", name).member("removed", true).end_object();
      },
      &response);
}

}  // namespace slipway::deploy::realtime
