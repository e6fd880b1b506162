// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/api_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/home_page.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/instances.h"
#include "deploy/realtime/openapi.h"
#include "deploy/realtime/ranking.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/request_body.h"
#include "deploy/realtime/tabular.h"
#include "deploy/realtime/triton_metrics.h"
#include "net/grpc_router.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

constexpr const char* kJson = "application/json";
constexpr std::size_t kIdBytesMax = 256;

Error too_late(std::int64_t waited_ns) {
  return Error(
      Code::kDeadlineExceeded, "realtime.deadline",
      fmt::format("not scored: its timeout was over when its turn came, {} us after it had "
                  "arrived",
                  waited_ns / 1000));
}

// Not worth its scoring any more.
bool is_late(const Endpoint& endpoint, std::int64_t timeout_us, std::int64_t waited_ns) {
  if ((timeout_us | endpoint.timeout_us) == 0) return false;
  const bool is_own =
      timeout_us == 0 || (endpoint.timeout_us != 0 && endpoint.timeout_us < timeout_us);
  return waited_ns / 1000 > (is_own ? endpoint.timeout_us : timeout_us);
}

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

std::optional<Api::Missing> Api::take_missing(std::size_t reactor) {
  Scratch& scratch = *scratch_[reactor];
  if (scratch.missing.empty()) return std::nullopt;
  Missing missing{.model = std::exchange(scratch.missing, std::string()), .forced = {}};
  if (scratch.routed.target != nullptr)
    missing.forced =
        Forced{.route = std::string(scratch.routed.route), .target = *scratch.routed.target};
  return missing;
}

const Api::Call& Api::last_call(std::size_t reactor) const { return scratch_[reactor]->call; }

void Api::forget_call(std::size_t reactor) { scratch_[reactor]->call = {}; }

bool Api::is_answered(std::size_t reactor) const {
  return scratch_[reactor]->missing.empty() && !scratch_[reactor]->is_shadow();
}

void Api::set_caller(std::size_t reactor, const net::HttpHeaders& headers) {
  scratch_[reactor]->caller = headers;
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

std::optional<net::Reject> Api::refusal(const HttpRequest& head) {
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

void Api::hand_over(const Scored& scored, Scratch& scratch) {
  scratch.ended_ns = parts_.clock.monotonic_ns();
  scratch.call = {&scored.endpoint,  scored.rows.rows(), scratch.began_ns,
                  scored.decoded_ns, scored.scored_ns,   scratch.ended_ns};
  if (scratch.is_shadow()) return tell_sinks(scored, scored.endpoint.name() + "~shadow");
  const std::int64_t wait_ns = scored.scored_ns - scored.decoded_ns;
  const std::int64_t infer_ns = scored.share.rows > 0 ? scored.share.ns : wait_ns;
  Execution execution{.rows = scored.rows.rows(),
                      .queue_ns = scratch.began_ns - scratch.arrived_ns + wait_ns - infer_ns,
                      .input_ns = scored.decoded_ns - scratch.began_ns,
                      .infer_ns = infer_ns,
                      .output_ns = scratch.ended_ns - scored.scored_ns,
                      .run_rows = scored.share.rows,
                      .is_run = scored.share.is_first};
  if (scored.endpoint.cached) [[unlikely]] {
    execution.cache = scratch.looked.what;
    execution.cache_ns = scratch.looked.ns;
    execution.infer_ns -= scratch.looked.ns;
  }
  scored.endpoint.served->statistics->add_success(execution, wall_us_ + scratch.ended_ns / 1000);
  if (execution.cache != Execution::Cache::kHit)
    scored.endpoint.metrics.rows.add(static_cast<std::uint64_t>(scored.rows.rows()));
  tell_sinks(scored, scored.endpoint.name());
}

void Api::tell_sinks(const Scored& scored, std::string_view name) {
  if (scored.rows.rows() == 0 || parts_.sinks.empty()) return;
  const frame::PredictionBatch batch{.model = name,
                                     .version = scored.endpoint.plan().digest(),
                                     .request_id = scored.id,
                                     .first_row = 0,
                                     .single = scored.rows.rows() == 1,
                                     .time_us = parts_.clock.now_us(),
                                     .inputs = scored.rows,
                                     .outputs = scored.outputs};
  for (frame::PredictionSink* sink : parts_.sinks) sink->accept(batch);
}

Result<InferRequest> Api::decode(const Endpoint& endpoint, const HttpRequest& request,
                                 Scratch& scratch) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  if (body.is_raw) return decode_raw(body.binary, endpoint.target(), &scratch.decode);
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  return decode_infer({root, body.binary}, endpoint.target(), &scratch.decode);
}

Result<void> Api::infer(const Endpoint& endpoint, const HttpRequest& request, Scratch& scratch,
                        HttpResponse& response) {
  ASSIGN_OR_RETURN(const InferRequest infer, decode(endpoint, request, scratch));
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (is_late(endpoint, infer.timeout_us, waited_ns)) return too_late(waited_ns);
  if (may_put_off(endpoint, request, infer.rows.rows())) {
    put_off(endpoint, request, infer, decoded_ns, &response);
    return {};
  }
  const bool is_sample = endpoint.batch_cost.wants_sample();
  ASSIGN_OR_RETURN(const frame::Frame scores,
                   score(endpoint, infer.rows, infer.wants_margin(), scratch));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  if (is_sample) learn(endpoint, request.turn, scored_ns - decoded_ns);
  return reply({.endpoint = endpoint,
                .id = infer.id,
                .rows = infer.rows,
                .outputs = scores,
                .decoded_ns = decoded_ns,
                .scored_ns = scored_ns},
               {.id = {}, .outputs = infer.outputs, .is_binary = infer.is_binary}, scratch,
               &response);
}

// Whether requests should be put off, another time.
void Api::learn(const Endpoint& endpoint, net::Turn* turn, std::int64_t ns) {
  endpoint.batch_cost.scored_alone(ns);
  if (turn == nullptr || !endpoint.batch_cost.is_worth()) return;
  turn->crowd = std::min(turn->crowd, endpoint.batch_cost.together_min());
}

Result<void> Api::reply(Scored scored, InferReply wanted, Scratch& scratch,
                        HttpResponse* response) {
  RequestId made;
  if (scored.id.empty()) {
    made = ids_.next();
    scored.id = view_of(made);
  }
  wanted.id = scored.id;
  ASSIGN_OR_RETURN(const std::size_t json_size,
                   write_infer_reply(scored.endpoint, wanted, scored.outputs, &response->body));
  response->content_type = json_size == 0 ? kJson : "application/octet-stream";
  if (json_size > 0)
    response->add_header("Inference-Header-Content-Length", std::to_string(json_size));
  hand_over(scored, scratch);
  return {};
}

Result<void> Api::infer(const CallPlace& place, const ModelName& name, InferProtocol* protocol) {
  Scratch& scratch = *scratch_[place.reactor];
  scratch.began_ns = parts_.clock.monotonic_ns();
  const auto endpoint = find_for_call(scratch, scratch.caller, name);
  if (!endpoint) {
    count_unknown(endpoint.error());
    return endpoint.error();
  }
  const Endpoint& model = *endpoint.value();
  const auto room = begin(model, place, scratch);
  if (room != Admission::Room::kYes) return admission_.refusal(room, model.admitted());
  auto done = infer_by(protocol, model, scratch);
  if (!end_routed(scratch, model, done.has_value(), nullptr)) return done;
  if (!done) {
    count_error(parts_.registry, model.name(), done.error().reason());
    model.served->statistics->add_failure(parts_.clock.monotonic_ns() - scratch.began_ns);
    return explained(std::move(done).error(), fmt::format("/v2/models/{}/infer", model.name()),
                     example_infer(model.inputs));
  }
  model.metrics.requests.add();
  model.metrics.seconds.observe(1e-9 * static_cast<double>(scratch.ended_ns - scratch.began_ns));
  return {};
}

Result<void> Api::infer_by(InferProtocol* protocol, const Endpoint& endpoint, Scratch& scratch) {
  ASSIGN_OR_RETURN(const InferRequest request, protocol->decode(endpoint, &scratch.decode));
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (is_late(endpoint, request.timeout_us, waited_ns)) return too_late(waited_ns);
  ASSIGN_OR_RETURN(const frame::Frame scores,
                   score(endpoint, request.rows, request.wants_margin(), scratch));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  RequestId made;
  if (request.id.empty()) made = ids_.next();
  const std::string_view id = request.id.empty() ? view_of(made) : request.id;
  RETURN_IF_ERROR(protocol->write(endpoint, id, request, scores));
  hand_over({endpoint, id, request.rows, scores, decoded_ns, scored_ns}, scratch);
  return {};
}

Result<void> Api::answer_rows(const Endpoint& endpoint, const HttpRequest& request,
                              const Rows& rows, HttpResponse& response) {
  Scratch& scratch = scratch_of(request);
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (is_late(endpoint, 0, waited_ns)) return too_late(waited_ns);
  ASSIGN_OR_RETURN(const frame::Frame scores, score(endpoint, *rows.frame, false, scratch));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  // These bodies have no place for an id: it travels in a header, both ways.
  const auto given = request.headers.find("X-Request-Id");
  const bool is_usable = given && !given->empty() && given->size() <= kIdBytesMax;
  RequestId made;
  if (!is_usable) made = ids_.next();
  const std::string_view id = is_usable ? *given : view_of(made);
  response.content_type = kJson;
  response.add_header("X-Request-Id", id);
  if (rows.key.empty()) {
    write_ranking(endpoint, scores, rows.top, &response.body);
  } else {
    write_predictions(endpoint, scores, rows.key, &response.body);
  }
  hand_over({endpoint, id, *rows.frame, scores, decoded_ns, scored_ns}, scratch);
  return {};
}

Result<void> Api::rank(const Endpoint& endpoint, const HttpRequest& request, Scratch& scratch,
                       HttpResponse& response) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  ASSIGN_OR_RETURN(const RankingRequest ranking, decode_ranking(root, endpoint, &scratch.decode));
  return answer_rows(endpoint, request, {ranking.rows, "", ranking.top}, response);
}

Result<void> Api::predict_v1(const Endpoint& endpoint, const HttpRequest& request, Scratch& scratch,
                             HttpResponse& response) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  // TensorFlow Serving's column form has another name for what comes out, too.
  const JsonView columns = root.find("inputs");
  if (!columns.is_missing() && root.find("instances").is_missing()) {
    ASSIGN_OR_RETURN(const frame::Frame* const rows,
                     decode_columns(columns, endpoint.inputs, &scratch.decode));
    return answer_rows(endpoint, request, {rows, "outputs"}, response);
  }
  ASSIGN_OR_RETURN(const frame::Frame* const rows,
                   decode_instances(root, endpoint.inputs, &scratch.decode));
  return answer_rows(endpoint, request, {rows, "predictions"}, response);
}

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

void Api::metrics(HttpResponse& response) const {
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = parts_.registry.render();
  if (parts_.triton_metrics)
    append_triton_metrics(parts_.catalogue, on_demand(), parts_.cache_bytes > 0, &response.body);
}

namespace {

// A person's program: a browser, or what one types on a command line.
bool wants_page(const net::HttpHeaders& headers) {
  if (headers.find("Accept").value_or("").find("text/") != std::string_view::npos) return true;
  const std::string_view agent = headers.find("User-Agent").value_or("");
  return agent.starts_with("curl/") || agent.starts_with("Wget/");
}

}  // namespace

void Api::add_page_routes(net::Router* router) {
  using Write = void (*)(const HomePage&, Endpoints&, std::string*);
  const auto add = [&](const char* path, const char* type, Write write) {
    router->add(
        "GET", path,
        [this, type, write](const HttpRequest& request, const PathArguments&,
                            HttpResponse& response) {
          // KServe's clients ask `/` whether a server is alive, and take anything for an answer.
          if (request.path == "/" && !wants_page(request.headers)) {
            response.content_type = kJson;
            response.body = R"({"status":"alive"})";
            return;
          }
          std::string host(request.headers.find("Host").value_or("127.0.0.1:8080"));
          host += parts_.path_prefix;
          response.content_type = type;
          write({.server = parts_.server_name, .version = parts_.server_version, .host = host},
                scratch_of(request).endpoints, &response.body);
        });
  };
  add("/", "text/plain; charset=utf-8", write_home_page);
  add("/v2/docs", "text/html; charset=utf-8", write_docs_page);
  add("/v2/docs/openapi.json", kJson, write_openapi);
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
              [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                metrics(response);
              });
  add_page_routes(router);
}

}  // namespace slipway::deploy::realtime
