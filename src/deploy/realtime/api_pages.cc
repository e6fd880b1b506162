// What the server says of itself and of its models: metadata, health, metrics, pages.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/metrics_text.h"
#include "deploy/realtime/api_parts.h"
#include "deploy/realtime/docs_page.h"
#include "deploy/realtime/grpc/metrics_format.h"
#include "deploy/realtime/home_page.h"
#include "deploy/realtime/openapi.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/triton_metrics.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

constexpr const char* kJson = "application/json";

// A person's program: a browser, or what one types on a command line.
bool wants_page(const net::HttpHeaders& headers) {
  if (headers.find("Accept").value_or("").find("text/") != std::string_view::npos) return true;
  const std::string_view agent = headers.find("User-Agent").value_or("");
  return agent.starts_with("curl/") || agent.starts_with("Wget/");
}

}  // namespace

void Api::server_metadata(HttpResponse& response) const {
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().member("name", parts_.server_name);
  json.member("version", parts_.server_version);
  json.key("extensions").begin_array();
  for (const auto* name : {"classification", "sequence", "model_repository", "model_configuration",
                           "binary_tensor_data", "statistics", "logging"})
    json.value(name);
  if (parts_.tracing != nullptr) json.value("trace");
  json.end_array().end_object();
}

void Api::health(std::string_view question, HttpResponse& response) const {
  const bool yes = question == "live" || !draining_.load(std::memory_order_relaxed);
  response.status = yes ? 200 : 503;
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().member(question, yes).end_object();
}

void Api::describe(const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
  const auto endpoint = find(scratch_of(request), path[0], path[1]);
  if (!endpoint) return write_error(endpoint.error(), &response);
  response.content_type = kJson;
  std::vector<std::string> versions;
  for (const auto& served : parts_.catalogue.versions(path[0]))
    versions.push_back(served->loaded.version);
  write_metadata(*endpoint.value(), versions, &response.body);
}

void Api::model_ready(const HttpRequest& request, const PathArguments& path,
                      HttpResponse& response) {
  // Asking is no reason to load it: a prober would throw others out.
  const OnDemand* const known = path[1].empty() ? on_demand() : nullptr;
  if (known == nullptr || !known->knows(path[0]) || known->failure(path[0])) {
    const auto endpoint = find(scratch_of(request), path[0], path[1]);
    if (!endpoint) return write_error(endpoint.error(), &response);
  }
  const bool ready = !draining_.load(std::memory_order_relaxed);
  response.status = ready ? 200 : 503;
  response.content_type = kJson;
  JsonWriter json(&response.body);
  json.begin_object().member("name", path[0]).member("ready", ready).end_object();
}

void Api::metrics(const HttpRequest& request, HttpResponse& response) const {
  const bool as_messages =
      grpc::wants_metrics_messages(request.headers.find("Accept").value_or(""));
  response.content_type = as_messages ? grpc::kMetricsMessagesType : kMetricsTextType;
  response.body.clear();
  const auto append = [&](const MetricFamily& family) {
    as_messages ? grpc::append_metrics_message(family, &response.body)
                : append_metrics_text(family, &response.body);
  };
  parts_.registry.visit(append);
  if (!parts_.triton_metrics) return;
  const bool has_cache = parts_.cache_bytes > 0;
  for (const MetricFamily& family : triton_metrics(parts_.catalogue, on_demand(), has_cache))
    append(family);
}

void Api::add_page_routes(net::Router* router) {
  using Write = void (*)(const HomePage&, Endpoints&, std::string*);
  const auto add = [&](const char* path, const char* type, Write write) {
    router->add("GET", path,
                [this, type, write](const HttpRequest& request, const PathArguments&,
                                    HttpResponse& response) {
                  // KServe's clients ask `/` whether a server is alive, and take anything for an answer.
                  if (request.path == "/" && !wants_page(request.headers)) {
                    response.content_type = kJson;
                    response.body = R"({"status":"alive"})";
                    return;
                  }
                  const std::string url = fmt::format(
                      "http{}://{}{}", parts_.is_tls ? "s" : "",
                      request.headers.find("Host").value_or("127.0.0.1:8080"), parts_.path_prefix);
                  response.content_type = type;
                  write(
                      {.server = parts_.server_name, .version = parts_.server_version, .url = url},
                      scratch_of(request).endpoints, &response.body);
                });
  };
  add("/", "text/plain; charset=utf-8", write_home_page);
  add("/v2/docs", "text/html; charset=utf-8", write_docs_page);
  add("/v2/docs/openapi.json", kJson, write_openapi);
}

}  // namespace slipway::deploy::realtime
