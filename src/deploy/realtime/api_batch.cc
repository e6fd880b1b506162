// Requests of Api that wait for the end of their reactor's turn, to be scored together or after those that are quick.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

Error cancelled() {
  return Error(Code::kCancelled, "realtime.cancelled",
               "not scored: who asked had left when its turn came");
}

class HttpReply final : public LaterReply {
 public:
  HttpReply(const net::HttpRequest& request, bool is_binary)
      : accept_encoding_(request.headers.find("Accept-Encoding").value_or("")),
        is_binary_(is_binary) {}
  const std::shared_ptr<net::Later>& later() const { return later_; }

  Result<void> write(const Endpoint& endpoint, std::string_view id,
                     std::span<const RequestedOutput> outputs,
                     const frame::Frame& scores) override {
    return write_reply(endpoint, {.id = id, .outputs = outputs, .is_binary = is_binary_}, scores,
                       &response_);
  }
  void finish(const Result<void>& done) override {
    if (done) {
      pack_reply(accept_encoding_, &response_);
    } else {
      response_.reset();
      write_error(done.error(), &response_);
    }
    later_->finish(std::move(response_));
  }
  bool is_wanted() const override { return later_->is_wanted(); }

 private:
  const std::string accept_encoding_;
  const bool is_binary_;
  net::HttpResponse response_;
  const std::shared_ptr<net::Later> later_ = std::make_shared<net::Later>();
};

}  // namespace

bool Api::may_put_off(const Endpoint& endpoint, const CallPlace& place, std::int64_t rows) const {
  if (!place.may_wait || place.turn == nullptr || !place.turn->is_open) return false;
  // What a route or a trace asks afterwards, it asks of an answer that is there.
  const Scratch& scratch = *scratch_[place.reactor];
  if (scratch.routed.target != nullptr || scratch.forced || parts_.tracing != nullptr) return false;
  if (endpoint.cached) return false;  // it may be there already
  if (rows == 0 || rows > parts_.batching.request_rows_max) return false;
  // Others of this turn may be waiting only to be refused, or have a higher priority: they need not wait for slow ones.
  return endpoint.batch_cost.is_slow() || endpoint.batch_cost.pays(endpoint.in_flight.recent());
}

// From then on turns are seen to their ends, whoever else is there: what comes together can be put in order.
void Api::heed_priority(std::uint64_t priority, net::Turn* turn) {
  if (priority != 0 && turn != nullptr) turn->crowd = std::min<std::size_t>(turn->crowd, 1);
}

WaitingRequest Api::waiting(const Endpoint& endpoint, const CallPlace& place, InferRequest infer,
                            std::int64_t decoded_ns) const {
  const Scratch& scratch = *scratch_[place.reactor];
  return {.endpoint = endpoint.shared_from_this(),
          .rows = infer.rows,
          .raw = infer.wants_margin(),
          .id = std::string(infer.id),
          .outputs = kept(std::move(infer.outputs), endpoint),
          .path = {},
          .arrived_ns = scratch.arrived_ns,
          .began_ns = scratch.began_ns,
          .decoded_ns = decoded_ns,
          .timeout_us = infer.timeout_us,
          .deadline_ns = place.deadline_ns,
          .priority = endpoint.priority_of(infer.priority),
          .reply = nullptr};
}

void Api::put_off(const CallPlace& place, WaitingRequest request) {
  Scratch& scratch = *scratch_[place.reactor];
  if (!place.turn->at_end)
    place.turn->at_end = [this, &scratch, at = place.reactor] { return end_turn(at, scratch); };
  admission_.put_off(place.reactor, request.endpoint->in_flight);
  scratch.batcher.add(std::move(request));
}

void Api::put_off(const net::HttpRequest& request, bool is_binary, WaitingRequest waiting,
                  net::HttpResponse* response) {
  auto reply = std::make_unique<HttpReply>(request, is_binary);
  response->later = reply->later();
  waiting.path = request.path;
  waiting.reply = std::move(reply);
  put_off({request.reactor, request.turn, request.may_wait}, std::move(waiting));
}

bool Api::end_turn(std::size_t reactor, Scratch& scratch) {
  const std::int64_t now_ns = parts_.clock.monotonic_ns();
  for (const WaitingRequest& late : scratch.batcher.take_useless(now_ns)) {
    admission_.made(reactor, late.endpoint->in_flight);
    const Error why = late.reply->is_wanted() ? too_late(now_ns - late.arrived_ns) : cancelled();
    answer_put_off(late, why, {}, scratch);
  }
  scratch.batcher.flush([](const Endpoint& endpoint, const frame::Frame& rows,
                           bool raw) { return endpoint.score(rows, {.raw = raw}); },
                        [&](const WaitingRequest& waiting, const Result<frame::Frame>& scores,
                            const BatchShare& share) {
                          admission_.made(reactor, waiting.endpoint->in_flight);
                          answer_put_off(waiting, scores, share, scratch);
                        },
                        [this] { return parts_.clock.monotonic_ns(); });
  return !scratch.batcher.empty();
}

void Api::answer_put_off(const WaitingRequest& waiting, const Result<frame::Frame>& scores,
                         const BatchShare& share, Scratch& scratch) {
  const Endpoint& model = *waiting.endpoint;
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  scratch.arrived_ns = waiting.arrived_ns;
  scratch.began_ns = waiting.began_ns;
  RequestId made;
  if (waiting.id.empty()) made = ids_.next();
  const std::string_view id = waiting.id.empty() ? view_of(made) : waiting.id;
  Result<void> done = scores ? waiting.reply->write(model, id, waiting.outputs, scores.value())
                             : Result<void>(scores.error());
  if (done) {
    hand_over({model, id, waiting.rows, scores.value(), waiting.decoded_ns, scored_ns, share},
              scratch);
    count_answer(model, scratch);
  } else {
    count_error(parts_.registry, model.name(), done.error().reason());
    model.served->statistics->add_failure(scored_ns - waiting.began_ns);
    done = explained(std::move(done).error(), waiting.path, example_infer(model.inputs));
  }
  waiting.reply->finish(done);
}

}  // namespace slipway::deploy::realtime
