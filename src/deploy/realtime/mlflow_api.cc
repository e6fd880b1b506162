// MLflow's scoring protocol, which SageMaker's containers speak too: /invocations, /ping, /health, /version.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "deploy/realtime/api_parts.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/tabular.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

// MLflow's errors have a form of their own.
void write_mlflow_error(const Error& error, int status, HttpResponse* response) {
  response->status = status;
  response->content_type = "application/json";
  response->body.clear();
  JsonWriter json(&response->body);
  json.begin_object().member("error_code",
                             status == 404 ? "RESOURCE_DOES_NOT_EXIST" : "BAD_REQUEST");
  json.member("message", error.message()).end_object();
}

std::string_view media_type(const HttpRequest& request) {
  const std::string_view all = request.headers.find("Content-Type").value_or("");
  return trim(all.substr(0, all.find(';')));
}

Error wrong_media_type(std::string_view type) {
  return Error(
      Code::kInvalidArgument, "realtime.media_type",
      fmt::format("Content-Type: application/json or text/csv expected, found '{}'", type));
}

}  // namespace

Result<void> Api::invocations(const Endpoint& endpoint, const HttpRequest& request,
                              Scratch& scratch, HttpResponse& response) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  const std::string_view type = media_type(request);
  // Who says nothing, or what curl says by itself, sends JSON if it looks like it.
  const bool is_silent = type.empty() || type == "application/x-www-form-urlencoded";
  const bool is_json = net::equal_ignoring_case(type, "application/json") ||
                       (is_silent && trim(body.json).starts_with('{'));
  if (net::equal_ignoring_case(type, "text/csv")) {
    ASSIGN_OR_RETURN(const frame::Frame* const rows,
                     decode_csv(body.json, endpoint.inputs, &scratch.decode));
    return answer_rows(endpoint, request, {rows, "predictions"}, response);
  }
  if (!is_json) return wrong_media_type(type);
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  ASSIGN_OR_RETURN(const frame::Frame* const rows,
                   decode_table(root, endpoint.inputs, &scratch.decode));
  return answer_rows(endpoint, request, {rows, "predictions"}, response);
}

void Api::invoke(const HttpRequest& request, std::string_view model, HttpResponse& response) {
  Scratch& scratch = scratch_of(request);
  scratch.began_ns = parts_.clock.monotonic_ns();
  const auto& models = scratch.endpoints.all();
  std::vector<std::string> names;
  if (const OnDemand* const known = on_demand()) {
    names = known->names();
  } else {
    for (const auto& [name, unused] : models) names.push_back(name);
  }
  if (model.empty() && names.size() != 1) {
    return write_mlflow_error(
        Error(Code::kInvalidArgument, "realtime.request",
              fmt::format("/invocations is for a server of one model; served here: {}; ask at "
                          "/models/NAME/invocations",
                          names.empty() ? "none" : join(names, ", "))),
        names.empty() ? 404 : 400, &response);
  }
  const auto endpoint = find_for_call(scratch, request.headers,
                                      {model.empty() ? std::string_view(names[0]) : model, ""});
  if (!endpoint)
    return write_mlflow_error(endpoint.error(), http_status(endpoint.error().code()), &response);
  const Endpoint& served = *endpoint.value();
  const auto room = begin(served, {request.reactor, request.turn}, scratch);
  if (room != Admission::Room::kYes)
    return write_refusal(admission_.refusal(room, served.admitted()), &response);
  auto done = invocations(served, request, scratch, response);
  if (!end_routed(scratch, served, done.has_value(), &response)) return;
  if (!done) {
    count_error(parts_.registry, served.name(), done.error().reason());
    served.served->statistics->add_failure(parts_.clock.monotonic_ns() - scratch.began_ns);
    const bool is_media = done.error().reason() == "realtime.media_type";
    const bool is_large = done.error().reason() == "realtime.too_large";
    const int status = is_media ? 415 : is_large ? 413 : http_status(done.error().code());
    return write_mlflow_error(
        explained(std::move(done).error(), request.path, example_instances(served.inputs)), status,
        &response);
  }
  count_answer(served, scratch);
  pack_reply(request, &response);
}

void Api::add_mlflow_routes(net::Router* router) {
  router->add("POST", "/invocations",
              [this](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                invoke(request, "", response);
              });
  router->add("POST", "/models/{model}/invocations",
              [this](const HttpRequest& request, const PathArguments& path,
                     HttpResponse& response) { invoke(request, path[0], response); });
  for (const char* path : {"/ping", "/health"}) {
    router->add("GET", path,
                [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                  response.status = draining_.load(std::memory_order_relaxed) ? 503 : 200;
                  response.content_type = "application/json";
                  response.body = "\n";
                });
  }
  router->add("GET", "/version",
              [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                response.content_type = "text/plain; charset=utf-8";
                response.body = parts_.server_version;
              });
}

}  // namespace slipway::deploy::realtime
