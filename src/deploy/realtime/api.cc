// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/api_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/instances.h"
#include "deploy/realtime/ranking.h"
#include "deploy/realtime/request_body.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

}  // namespace

Result<JsonView> parse_json(const RequestBody& body, JsonParser* parser) {
  auto root = parser->parse_padded(body.json.data(), body.json.size(), body.capacity);
  if (!root) return std::move(root).error().with_context("the body");
  return root;
}

Error explained(Error error, std::string_view path, const std::string& example) {
  constexpr std::size_t kExampleBytesMax = 4096;  // longer ones explain less than they hide
  const bool is_about_content =
      error.code() == Code::kInvalidArgument && error.reason().starts_with("realtime.");
  if (!is_about_content || example.size() > kExampleBytesMax) return error;
  return Error(error.code(), error.reason().data(),
               fmt::format("{}; a request that works: POST {} {}", error.message(), path, example));
}

Api::Api(Parts parts)
    : parts_(std::move(parts)),
      wall_us_(parts_.clock.now_us() - parts_.clock.monotonic_ns() / 1000),
      ids_(parts_.clock),
      admission_(parts_.admission, parts_.reactors, parts_.registry),
      control_({.catalogue = parts_.catalogue,
                .control = parts_.control,
                .routes = parts_.routes,
                .tracing = parts_.tracing,
                .find =
                    [this](const HttpRequest& request, std::string_view model,
                           std::string_view version) {
                      return find(scratch_of(request), model, version);
                    },
                .body_bytes_max = parts_.body_bytes_max}) {
  for (std::size_t i = 0; i < parts_.reactors + parts_.holders; ++i)
    scratch_.push_back(
        std::make_unique<Scratch>(parts_, admission_, i < parts_.reactors,
                                  static_cast<std::uint64_t>(parts_.clock.now_us()) * 1024 + i));
}
Api::~Api() = default;

Api::Scratch& Api::scratch_of(const HttpRequest& request) { return *scratch_[request.reactor]; }

OnDemand* Api::on_demand() const {
  return parts_.control == nullptr ? nullptr : parts_.control->on_demand();
}

const Api::Call& Api::last_call(std::size_t reactor) const { return scratch_[reactor]->call; }

void Api::forget_call(std::size_t reactor) { scratch_[reactor]->call = {}; }

bool Api::is_answered(std::size_t reactor) const {
  return scratch_[reactor]->missing.empty() && !scratch_[reactor]->is_shadow();
}

void Api::set_caller(std::size_t reactor, const net::HttpHeaders& headers) {
  scratch_[reactor]->caller = headers;
}

Admission::Room Api::begin(const Endpoint& endpoint, const CallPlace& place, Scratch& scratch) {
  scratch.arrived_ns = scratch.began_ns;
  net::Turn* const turn = place.turn;
  if (turn == nullptr) return Admission::Room::kYes;
  if (turn->began_ns == 0) turn->began_ns = scratch.began_ns;
  if (endpoint.crowd < turn->crowd) turn->crowd = endpoint.crowd;
  scratch.arrived_ns = turn->began_ns;
  return admission_.take(place.reactor, turn->number, endpoint.in_flight_share, endpoint.in_flight);
}

template <typename Work, typename Example>
void Api::predict(const HttpRequest& request, const PathArguments& path, HttpResponse& response,
                  Work work, Example example) {
  Scratch& scratch = scratch_of(request);
  scratch.began_ns = parts_.clock.monotonic_ns();
  const auto endpoint = find_for_call(scratch, request.headers, {path[0], path[1]});
  if (!endpoint) {
    count_unknown(endpoint.error());
    return write_error(endpoint.error(), &response);
  }
  const Endpoint& model = *endpoint.value();
  const auto room = begin(model, {request.reactor, request.turn}, scratch);
  if (room != Admission::Room::kYes)
    return write_refusal(admission_.refusal(room, model.admitted()), &response);
  auto done = work(model, scratch);
  if (!end_routed(scratch, model, done.has_value(), &response)) return;
  if (!done) {
    count_error(parts_.registry, model.name(), done.error().reason());
    model.served->statistics->add_failure(parts_.clock.monotonic_ns() - scratch.began_ns);
    return write_error(explained(std::move(done).error(), request.path, example(model.inputs)),
                       &response);
  }
  if (response.later != nullptr) return;  // counted when it is answered
  count_answer(model, scratch);
  pack_reply(request, &response);
}

void Api::count_answer(const Endpoint& endpoint, const Scratch& scratch) {
  endpoint.metrics.requests.add();
  endpoint.metrics.seconds.observe(1e-9 * static_cast<double>(scratch.ended_ns - scratch.began_ns));
}

net::RouteAction Api::infer_action() {
  return [this](const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
    predict(
        request, path, response,
        [&](const Endpoint& endpoint, Scratch& scratch) {
          return infer(endpoint, request, scratch, response);
        },
        example_infer);
  };
}

void Api::add_model_routes(const std::string& prefix, net::Router* router) {
  const auto describe_route = [this](const HttpRequest& request, const PathArguments& path,
                                     HttpResponse& response) { describe(request, path, response); };
  const auto ready_route = [this](const HttpRequest& request, const PathArguments& path,
                                  HttpResponse& response) { model_ready(request, path, response); };
  if (prefix.ends_with("{version}")) router->add("POST", prefix + "/infer", infer_action());
  router->add("GET", prefix + "/ready", ready_route);
  router->add("GET", prefix, describe_route);
}

void Api::add_routes(net::Router* router) {
  // The busiest first: they are looked through in this order.
  router->add("POST", "/v2/models/{model}/infer", infer_action());
  control_.add_routes(router);
  add_model_routes("/v2/models/{model}", router);
  add_model_routes("/v2/models/{model}/versions/{version}", router);
  router->add(
      "POST", "/v1/models/{model}:predict",
      [this](const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
        predict(
            request, path, response,
            [&](const Endpoint& endpoint, Scratch& scratch) {
              return predict_v1(endpoint, request, scratch, response);
            },
            example_instances);
      });
  router->add(
      "POST", "/v1/models/{model}:rank",
      [this](const HttpRequest& request, const PathArguments& path, HttpResponse& response) {
        predict(
            request, path, response,
            [&](const Endpoint& endpoint, Scratch& scratch) {
              return rank(endpoint, request, scratch, response);
            },
            example_ranking);
      });
  add_mlflow_routes(router);
  router->add("GET", "/v1/models/{model}",
              [this](const HttpRequest& request, const PathArguments& path,
                     HttpResponse& response) { model_ready(request, path, response); });
  router->add("GET", "/v2",
              [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                server_metadata(response);
              });
  for (const char* question : {"live", "ready"}) {
    router->add("GET", std::string("/v2/health/") + question,
                [this, question](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                  health(question, response);
                });
  }
  router->add("GET", "/metrics",
              [this](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                metrics(request, response);
              });
  add_page_routes(router);
}

}  // namespace slipway::deploy::realtime
