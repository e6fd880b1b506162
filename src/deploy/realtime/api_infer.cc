// Predictions of infer requests, REST and others: rows, scores, answer, and what is told of them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "deploy/realtime/api_parts.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/plain_infer.h"
#include "deploy/realtime/reply.h"

namespace slipway::deploy::realtime {
namespace {

constexpr const char* kJson = "application/json";

std::string infer_path(const Endpoint& endpoint) {
  return fmt::format("/v2/models/{}/infer", endpoint.name());
}

}  // namespace

Result<void> write_reply(const Endpoint& endpoint, const InferReply& wanted,
                         const frame::Frame& scores, net::HttpResponse* response) {
  ASSIGN_OR_RETURN(const std::size_t json_size,
                   write_infer_reply(endpoint, wanted, scores, &response->body));
  response->content_type = json_size == 0 ? kJson : "application/octet-stream";
  if (json_size > 0)
    response->add_header("Inference-Header-Content-Length", std::to_string(json_size));
  return {};
}

Error too_late(std::int64_t waited_ns) {
  return Error(
      Code::kDeadlineExceeded, "realtime.deadline",
      fmt::format("not scored: its timeout was over when its turn came, {} us after it had "
                  "arrived",
                  waited_ns / 1000));
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
  const EndpointMetrics& metrics = scored.endpoint.metrics;
  metrics.queue_seconds.observe(1e-9 * static_cast<double>(execution.queue_ns));
  if (execution.cache != Execution::Cache::kHit) {
    metrics.compute_seconds.observe(1e-9 * static_cast<double>(execution.infer_ns));
    metrics.rows.add(static_cast<std::uint64_t>(scored.rows.rows()));
  }
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

Result<InferRequest> Api::decode(const Endpoint& endpoint, const net::HttpRequest& request,
                                 Scratch& scratch) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  const InferTarget target = endpoint.target();
  if (body.is_raw) return decode_raw(body.binary, target, &scratch.decode);
  const auto plain =
      body.binary.empty() ? read_plain_infer(body.json, &scratch.decode) : std::nullopt;
  if (plain) {
    ASSIGN_OR_RETURN(const frame::Frame* const rows, rows_of_tensors(target, {}, &scratch.decode));
    return InferRequest{.id = plain->id, .rows = *rows, .outputs = {}};
  }
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  return decode_infer({root, body.binary}, target, &scratch.decode);
}

Result<void> Api::infer(const Endpoint& endpoint, const net::HttpRequest& request, Scratch& scratch,
                        net::HttpResponse& response) {
  ASSIGN_OR_RETURN(const InferRequest infer, decode(endpoint, request, scratch));
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (endpoint.is_late(infer.timeout_us, waited_ns)) return too_late(waited_ns);
  heed_priority(infer.priority, request.turn);
  const CallPlace place{request.reactor, request.turn, request.may_wait};
  if (may_put_off(endpoint, place, infer.rows.rows())) [[unlikely]] {
    const bool is_binary = infer.is_binary;
    put_off(request, is_binary, waiting(endpoint, place, infer, decoded_ns), &response);
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
                        net::HttpResponse* response) {
  RequestId made;
  if (scored.id.empty()) {
    made = ids_.next();
    scored.id = view_of(made);
  }
  wanted.id = scored.id;
  RETURN_IF_ERROR(write_reply(scored.endpoint, wanted, scored.outputs, response));
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
  const auto answered = infer_by(protocol, model, place, scratch);
  if (answered && answered.value() == Answered::kLater) return {};  // counted then
  Result<void> done = answered ? Result<void>() : Result<void>(answered.error());
  if (!end_routed(scratch, model, done.has_value(), nullptr)) return done;
  if (!done) {
    count_error(parts_.registry, model.name(), done.error().reason());
    model.served->statistics->add_failure(parts_.clock.monotonic_ns() - scratch.began_ns);
    return explained(std::move(done).error(), infer_path(model), example_infer(model.inputs));
  }
  model.metrics.requests.add();
  model.metrics.seconds.observe(1e-9 * static_cast<double>(scratch.ended_ns - scratch.began_ns));
  return {};
}

Result<Api::Answered> Api::infer_by(InferProtocol* protocol, const Endpoint& endpoint,
                                    const CallPlace& place, Scratch& scratch) {
  ASSIGN_OR_RETURN(const InferRequest request, protocol->decode(endpoint, &scratch.decode));
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (endpoint.is_late(request.timeout_us, waited_ns)) return too_late(waited_ns);
  heed_priority(request.priority, place.turn);
  if (may_put_off(endpoint, place, request.rows.rows())) [[unlikely]] {
    WaitingRequest waits = waiting(endpoint, place, request, decoded_ns);
    waits.path = infer_path(endpoint);
    waits.reply = protocol->put_off();
    put_off(place, std::move(waits));
    return Answered::kLater;
  }
  const bool is_sample = endpoint.batch_cost.wants_sample();
  ASSIGN_OR_RETURN(const frame::Frame scores,
                   score(endpoint, request.rows, request.wants_margin(), scratch));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  if (is_sample) learn(endpoint, place.turn, scored_ns - decoded_ns);
  RequestId made;
  if (request.id.empty()) made = ids_.next();
  const std::string_view id = request.id.empty() ? view_of(made) : request.id;
  RETURN_IF_ERROR(protocol->write(endpoint, id, request.outputs, scores));
  hand_over({endpoint, id, request.rows, scores, decoded_ns, scored_ns}, scratch);
  return Answered::kNow;
}

}  // namespace slipway::deploy::realtime
