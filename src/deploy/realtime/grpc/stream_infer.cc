// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/stream_infer.h"

#include <atomic>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "deploy/realtime/grpc/infer_call.h"
#include "deploy/realtime/grpc/wire.h"
#include "deploy/realtime/kept_headers.h"
#include "net/grpc_message.h"

namespace slipway::deploy::realtime::grpc {
namespace {

constexpr std::string_view kUnaryPath = "/inference.GRPCInferenceService/ModelInfer";

// Messages as they come, each answered before the next is looked at.
class StreamInfer final : public net::GrpcCall {
 public:
  StreamInfer(Api& api, ShadowRequests* shadows, const net::HttpRequest& head)
      : api_(api),
        shadows_(shadows),
        place_{head.reactor, head.turn},
        caller_(head.headers),
        ends_at_error_(head.headers.find("triton_grpc_error").value_or("") == "true") {
    call_.set_final_response();
  }

  Result<void> received(std::string_view message, net::GrpcWriter& out) override {
    if (!held_.empty()) return hold(message);
    return answer(message, out);
  }
  // Messages whose model was being loaded, and those behind them.
  Result<void> tick(net::GrpcWriter& out) override {
    while (!held_.empty() && loading_->done.load(std::memory_order_acquire)) {
      const std::string message = std::move(held_.front());
      held_.pop_front();
      held_bytes_ -= message.size();
      std::deque<std::string> behind = std::exchange(held_, {});
      // What a route has chosen stays chosen.
      api_.force(place_.reactor, std::exchange(loading_->forced, std::nullopt));
      const auto done = answer(message, out);
      api_.force(place_.reactor, std::nullopt);
      held_.insert(held_.end(), std::make_move_iterator(behind.begin()),
                   std::make_move_iterator(behind.end()));
      RETURN_IF_ERROR(done);
    }
    if (held_.empty()) loading_.reset();
    return {};
  }
  bool outlasts_input() const override { return !held_.empty(); }

 private:
  static constexpr std::size_t kHeldMax = 256;
  static constexpr std::size_t kHeldBytesMax = 16u << 20;

  Result<void> hold(std::string_view message) {
    if (held_.size() == kHeldMax || message.size() > kHeldBytesMax - held_bytes_) {
      return Error(Code::kResourceExhausted, "realtime.held",
                   "too many messages of this stream wait for a model that is being loaded");
    }
    held_.emplace_back(message);
    held_bytes_ += message.size();
    return {};
  }

  Result<void> answer(std::string_view message, net::GrpcWriter& out) {
    reply_.clear();
    api_.set_caller(place_.reactor, caller_.headers());
    auto done = call_.run(api_, place_, message, &reply_);
    if (!done && done.error().reason() == net::kCallAgain) {
      loading_ = api_.load_missing(place_.reactor);
      return hold(message);
    }
    done = tell(std::move(done), out);
    if (shadows_ != nullptr && api_.has_shadows(place_.reactor)) mirror(message);
    return done;
  }

  Result<void> tell(Result<void> done, net::GrpcWriter& out) {
    if (!done && ends_at_error_) return done;
    framed_.clear();
    // ModelStreamInferResponse: error_message = 1, infer_response = 2.
    if (done) {
      append_bytes_field(2, reply_, &framed_);
    } else {
      append_bytes_field(1, done.error().message(), &framed_);
      reply_.clear();
      InferAnswer(&reply_).begin(call_.message().model_name, call_.message().model_version,
                                 call_.message().id);
      append_bytes_field(2, reply_, &framed_);
    }
    out.write(framed_);
    return {};
  }

  // As a call of its own; the stream's deadline and compression are none of its.
  void mirror(std::string_view message) {
    std::string body;
    body.reserve(net::kMessageHead + message.size());
    net::begin_message(&body);
    body += message;
    net::end_message(net::kMessageHead, false, &body);
    net::HttpRequest copy;
    copy.method = net::Method::kPost;
    copy.path = kUnaryPath;
    copy.headers = caller_.headers();
    copy.http2 = true;
    copy.is_grpc = true;
    copy.arrived_ns = api_.now_ns();
    copy.body = body;
    copy.reactor = place_.reactor;
    shadows_->mirror(copy);
  }

  Api& api_;
  ShadowRequests* const shadows_;
  const CallPlace place_;
  const KeptHeaders caller_;
  const bool ends_at_error_;
  InferCall call_;
  std::string reply_, framed_;
  std::deque<std::string> held_;
  std::size_t held_bytes_ = 0;
  std::shared_ptr<Api::Loading> loading_;  // what the first of held_ waits for
};

}  // namespace

std::unique_ptr<net::GrpcCall> open_stream_infer(Api& api, ShadowRequests* shadows,
                                                 const net::HttpRequest& head) {
  return std::make_unique<StreamInfer>(api, shadows, head);
}

}  // namespace slipway::deploy::realtime::grpc
