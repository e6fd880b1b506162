// Requests of Api that wait for the end of their reactor's turn, to be scored together or after those that are quick.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "deploy/realtime/api_parts.h"
#include "deploy/realtime/example.h"

namespace slipway::deploy::realtime {
namespace {

// Their names are the endpoint's from here on: those of the request die with it.
std::vector<RequestedOutput> kept(std::vector<RequestedOutput> outputs, const Endpoint& endpoint) {
  const auto& names = endpoint.layout.names;
  for (RequestedOutput& output : outputs)
    output.name = *std::find(names.begin(), names.end(), output.name);
  return outputs;
}

}  // namespace

bool Api::may_put_off(const Endpoint& endpoint, const net::HttpRequest& request,
                      std::int64_t rows) const {
  // What a route or a trace asks afterwards, it asks of an answer that is there.
  const Scratch& scratch = *scratch_[request.reactor];
  if (scratch.routed.target != nullptr || scratch.forced || parts_.tracing != nullptr) return false;
  // Of HTTP/1.1 alone.
  if (request.turn == nullptr || !request.turn->is_open || request.http2 || !request.may_wait)
    return false;
  if (endpoint.cached) return false;  // it may be there already
  if (rows == 0 || rows > parts_.batching.request_rows_max) return false;
  // Where there is a limit, others of this turn may be waiting only to be refused: they need not wait for slow ones.
  const bool is_limited = endpoint.crowd != static_cast<std::size_t>(-1);
  const bool others_first = is_limited && endpoint.batch_cost.is_slow();
  return others_first || endpoint.batch_cost.pays(endpoint.in_flight.recent());
}

void Api::put_off(const Endpoint& endpoint, const net::HttpRequest& request, InferRequest infer,
                  std::int64_t decoded_ns, net::HttpResponse* response) {
  Scratch& scratch = scratch_of(request);
  response->later = std::make_shared<net::Later>();
  WaitingRequest waiting{
      .endpoint = endpoint.shared_from_this(),
      .rows = infer.rows,
      .raw = infer.wants_margin(),
      .id = std::string(infer.id),
      .outputs = kept(std::move(infer.outputs), endpoint),
      .is_binary = infer.is_binary,
      .path = std::string(request.path),
      .accept_encoding = std::string(request.headers.find("Accept-Encoding").value_or("")),
      .arrived_ns = scratch.arrived_ns,
      .began_ns = scratch.began_ns,
      .decoded_ns = decoded_ns,
      .timeout_us = infer.timeout_us,
      .later = response->later};
  if (!request.turn->at_end)
    request.turn->at_end = [this, &scratch, at = request.reactor] { return end_turn(at, scratch); };
  admission_.put_off(request.reactor, endpoint.in_flight);
  scratch.batcher.add(std::move(waiting));
}

bool Api::end_turn(std::size_t reactor, Scratch& scratch) {
  const std::int64_t now_ns = parts_.clock.monotonic_ns();
  for (const WaitingRequest& late : scratch.batcher.take_late(now_ns)) {
    admission_.made(reactor, late.endpoint->in_flight);
    answer_put_off(late, too_late(now_ns - late.arrived_ns), {}, scratch);
  }
  scratch.batcher.flush(
      [](const Endpoint& endpoint, const frame::Frame& rows, bool raw) {
        return endpoint.score(rows, {.raw = raw});
      },
      [&](const WaitingRequest& waiting, Result<frame::Frame> scores, const BatchShare& share) {
        admission_.made(reactor, waiting.endpoint->in_flight);
        answer_put_off(waiting, std::move(scores), share, scratch);
      },
      [this] { return parts_.clock.monotonic_ns(); });
  return !scratch.batcher.empty();
}

void Api::answer_put_off(const WaitingRequest& waiting, Result<frame::Frame> scores,
                         const BatchShare& share, Scratch& scratch) {
  const Endpoint& model = *waiting.endpoint;
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  scratch.arrived_ns = waiting.arrived_ns;
  scratch.began_ns = waiting.began_ns;
  net::HttpResponse response;
  Result<void> done =
      scores ? reply({.endpoint = model,
                      .id = waiting.id,
                      .rows = waiting.rows,
                      .outputs = scores.value(),
                      .decoded_ns = waiting.decoded_ns,
                      .scored_ns = scored_ns,
                      .share = share},
                     {.id = {}, .outputs = waiting.outputs, .is_binary = waiting.is_binary},
                     scratch, &response)
             : Result<void>(scores.error());
  if (done) {
    count_answer(model, scratch);
    pack_reply(waiting.accept_encoding, &response);
  } else {
    count_error(parts_.registry, model.name(), done.error().reason());
    model.served->statistics->add_failure(scored_ns - waiting.began_ns);
    response.reset();
    write_error(explained(std::move(done).error(), waiting.path, example_infer(model.inputs)),
                &response);
  }
  waiting.later->finish(std::move(response));
}

}  // namespace slipway::deploy::realtime
