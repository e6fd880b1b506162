// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/control_api.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "deploy/core/inline_files.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/model_config.h"
#include "deploy/realtime/request_body.h"
#include "deploy/realtime/statistics_reply.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

constexpr const char* kJson = "application/json";

Error wrong(std::string text) {
  return Error(Code::kInvalidArgument, "realtime.request", std::move(text));
}

// The body, which may be empty: an object then.
Result<JsonDocument> object_of(const HttpRequest& request, std::size_t max_bytes) {
  std::string unpacked;
  ASSIGN_OR_RETURN(const RequestBody body, read_body(request, max_bytes, &unpacked));
  auto document = JsonDocument::parse(body.json.empty() ? "{}" : body.json);
  if (!document) return std::move(document).error().with_context("the body");
  if (!document.value().root().is_object())
    return wrong(
        fmt::format("the body must be an object, found {}", document.value().root().describe()));
  return document;
}

Result<void> add_file(std::string_view key, JsonView value, ModelControl::Inline* with) {
  const auto text = value.as_string();
  if (!text)
    return wrong(fmt::format("parameter '{}' must be base64, found {}", key, value.describe()));
  auto bytes = decode_base64(*text);
  if (!bytes) return std::move(bytes).error().with_context(fmt::format("parameter '{}'", key));
  with->files.emplace_back(key.substr(5), std::move(bytes).value());
  return {};
}

void answer_done(std::string_view name, std::string_view what, const Result<void>& done,
                 HttpResponse* response) {
  if (!done) return write_error(done.error(), response);
  response->content_type = kJson;
  JsonWriter json(&response->body);
  json.begin_object().member("name", name).member(what, true).end_object();
}

// The load's own thread answers: a reactor does not wait for it.
ModelControl::Done answer_to(std::string name, const char* what, HttpResponse* response) {
  response->later = std::make_shared<net::Later>();
  return [name = std::move(name), what, later = response->later](const Result<void>& done) {
    HttpResponse answer;
    answer_done(name, what, done, &answer);
    later->finish(std::move(answer));
  };
}

void write_index(const std::vector<ModelControl::Entry>& entries, bool only_ready,
                 HttpResponse* response) {
  response->content_type = kJson;
  JsonWriter json(&response->body);
  json.begin_array();
  for (const auto& entry : entries) {
    if (only_ready && entry.state != ModelState::kReady) continue;
    json.begin_object().member("name", entry.name);
    if (!entry.version.empty()) json.member("version", entry.version);
    if (entry.state != ModelState::kUnknown)
      json.member("state", name_of(entry.state)).member("reason", entry.reason);
    json.end_object();
  }
  json.end_array();
}

void refuse_memory(HttpResponse& response) {
  write_error(Error(Code::kUnimplemented, "realtime.shared_memory",
                    "shared memory is not served here: send values in the request"),
              &response);
}

}  // namespace

void ControlApi::add_routes(net::Router* router) {
  add_repository_routes(router);
  router->add("GET", "/v2/models/stats",
              [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                all_statistics(response);
              });
  for (const char* path : {"/v2/models", "/v1/models"}) {
    router->add("GET", path,
                [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                  list(response);
                });
  }
  add_settings_routes(router);
  add_memory_routes(router);
  add_model_routes("/v2/models/{model}", router);
  add_model_routes("/v2/models/{model}/versions/{version}", router);
}

void ControlApi::add_model_routes(const std::string& prefix, net::Router* router) {
  router->add(
      "GET", prefix + "/config",
      [this](const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
        const auto endpoint = parts_.find(request, path[0], path[1]);
        if (!endpoint) return write_error(endpoint.error(), &response);
        response.content_type = kJson;
        write_model_config(*endpoint.value(), &response.body);
      });
  router->add(
      "GET", prefix + "/stats",
      [this](const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
        const auto endpoint = parts_.find(request, path[0], path[1]);
        if (!endpoint) return write_error(endpoint.error(), &response);
        response.content_type = kJson;
        JsonWriter json(&response.body);
        json.begin_object().key("model_stats").begin_array();
        if (path[1].empty()) {
          for (const auto& served : parts_.catalogue.versions(path[0]))
            write_statistics(*served, &json);
        } else {
          write_statistics(*endpoint.value()->served, &json);
        }
        json.end_array().end_object();
      });
}

void ControlApi::all_statistics(HttpResponse& response) const {
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().key("model_stats").begin_array();
  for (const Counted& each : counted(parts_.catalogue, on_demand())) write_statistics(each, &json);
  json.end_array().end_object();
}

void ControlApi::list(HttpResponse& response) const {
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().key("models").begin_array();
  std::set<std::string> names;
  for (std::string& name : parts_.catalogue.names()) names.insert(std::move(name));
  if (const OnDemand* const more = on_demand()) {
    for (std::string& name : more->names()) names.insert(std::move(name));
  }
  if (parts_.routes != nullptr) {
    for (const auto& [name, route] : parts_.routes->snapshot()->routes) names.insert(name);
  }
  for (const std::string& name : names) json.value(name);
  json.end_array().end_object();
}

void ControlApi::add_repository_routes(net::Router* router) {
  router->add("POST", "/v2/repository/index",
              [this](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                index(request, response);
              });
  router->add("POST", "/v2/repository/models/{model}/load",
              [this](const HttpRequest& request, const PathArguments& path,
                     HttpResponse& response) { load(request, path[0], response); });
  router->add("POST", "/v2/repository/models/{model}/unload",
              [this](const HttpRequest&, const PathArguments& path, HttpResponse& response) {
                unload(path[0], response);
              });
  const auto named = [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
    write_error(
        Error(Code::kUnimplemented, "realtime.repository",
              "there is one repository here, without a name: leave the name out of the path"),
        &response);
  };
  router->add("POST", "/v2/repository/{repository}/index", named);
  router->add("POST", "/v2/repository/{repository}/models/{model}/load", named);
  router->add("POST", "/v2/repository/{repository}/models/{model}/unload", named);
}

void ControlApi::index(const HttpRequest& request, HttpResponse& response) const {
  const auto body = object_of(request, parts_.body_bytes_max);
  if (!body) return write_error(body.error(), &response);
  const JsonView ready = body.value().root().find("ready");
  if (!ready.is_missing() && !ready.as_bool())
    return write_error(wrong("Invalid value for 'ready': expected a boolean"), &response);
  const bool only_ready = ready.as_bool().value_or(false);
  if (parts_.control != nullptr) {
    response.later = std::make_shared<net::Later>();
    parts_.control->index(
        [only_ready, later = response.later](const std::vector<ModelControl::Entry>& entries) {
          HttpResponse answer;
          write_index(entries, only_ready, &answer);
          later->finish(std::move(answer));
        });
    return;
  }
  std::vector<ModelControl::Entry> entries;
  for (const auto& [name, versions] : *parts_.catalogue.snapshot()) {
    for (const auto& served : versions)
      entries.push_back({name, served->loaded.version, ModelState::kReady, ""});
  }
  write_index(entries, only_ready, &response);
}

Result<ModelControl::Inline> ControlApi::inline_of(const HttpRequest& request) const {
  ASSIGN_OR_RETURN(const JsonDocument body, object_of(request, parts_.body_bytes_max));
  ModelControl::Inline with;
  for (const JsonMember member : body.root().find("parameters").object()) {
    if (member.key == "config") {
      const auto text = member.value.as_string();
      if (!text)
        return wrong(fmt::format("parameter 'config' must be a string of JSON, found {}",
                                 member.value.describe()));
      with.config = *text;
    } else if (member.key.starts_with("file:")) {
      RETURN_IF_ERROR(add_file(member.key, member.value, &with));
    }
  }
  if (!with.files.empty() && with.config.empty())
    return wrong("failed to load: files without a 'config' parameter, which says what they are");
  return with;
}

void ControlApi::load(const HttpRequest& request, std::string_view name, HttpResponse& response) {
  if (parts_.control == nullptr) return refuse_control(response);
  auto with = inline_of(request);
  if (!with)
    return write_error(
        std::move(with).error().with_context(fmt::format("failed to load '{}'", name)), &response);
  parts_.control->load(std::string(name), std::move(with).value(),
                       answer_to(std::string(name), "load", &response));
}

void ControlApi::unload(std::string_view name, HttpResponse& response) {
  if (parts_.control == nullptr) return refuse_control(response);
  parts_.control->unload(std::string(name), answer_to(std::string(name), "unload", &response));
}

void ControlApi::refuse_control(HttpResponse& response) {
  write_error(Error(Code::kUnavailable, "deploy.control",
                    "explicit model load / unload is not allowed if polling is enabled"),
              &response);
}

void ControlApi::add_memory_routes(net::Router* router) {
  for (const std::string kind : {"systemsharedmemory", "cudasharedmemory"}) {
    const auto none = [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
      response.content_type = kJson;
      response.body = "[]";
    };
    const auto done = [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
      response.content_type = kJson;
      response.body = "{}";
    };
    const auto refused = [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
      refuse_memory(response);
    };
    router->add("GET", "/v2/" + kind + "/status", none);
    router->add("POST", "/v2/" + kind + "/unregister", done);
    router->add("GET", "/v2/" + kind + "/region/{region}/status", refused);
    router->add("POST", "/v2/" + kind + "/region/{region}/register", refused);
    router->add("POST", "/v2/" + kind + "/region/{region}/unregister", done);
  }
}

}  // namespace slipway::deploy::realtime
