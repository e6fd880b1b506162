// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/services.h"

#include <fmt/format.h>
#include <open_inference_grpc.pb.h>

#include <atomic>
#include <deque>
#include <iterator>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "deploy/realtime/grpc/method.h"
#include "deploy/realtime/grpc/wire.h"
#include "deploy/realtime/kept_headers.h"

namespace slipway::deploy::realtime::grpc {
namespace {

using net::HttpRequest;
using net::Method;

template <typename Request>
std::string model_path(const Request& request) {
  std::string path = "/v2/models/" + url_segment(request.name());
  if (!request.version().empty()) path += "/versions/" + url_segment(request.version());
  return path;
}

// Messages as they come, each answered before the next is looked at.
class StreamInfer final : public net::GrpcCall {
 public:
  StreamInfer(Api& api, const HttpRequest& head)
      : api_(api),
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
    const auto done = call_.run(api_, place_, message, &reply_);
    if (api_.has_shadows(place_.reactor))
      (void)api_.take_shadows(place_.reactor);  // streams are not mirrored
    if (!done && done.error().reason() == net::kCallAgain) {
      loading_ = api_.load_missing(place_.reactor);
      return hold(message);
    }
    if (!done && ends_at_error_) return done.error();
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

  Api& api_;
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

Services::Services(const Parts& parts) : parts_(parts), rest_(parts.rest) {
  for (std::size_t i = 0; i < parts.reactors; ++i) calls_.push_back(std::make_unique<InferCall>());
}
Services::~Services() = default;

void Services::add_to(net::GrpcRouter* router) {
  add_inference(router);
  add_metadata(router);
  add_repository(router);
  add_shared_memory(router);
  add_settings(router);
  add_health(parts_.api, router);
  add_reflection(router);
}

void Services::add_inference(net::GrpcRouter* router) {
  router->add(kInference, "ModelInfer",
              [this](const net::GrpcRequest& request, std::string* reply) {
                const CallPlace place{request.http.reactor, request.http.turn,
                                      request.http.may_wait, request.deadline_ns};
                parts_.api.set_caller(place.reactor, request.http.headers);
                return calls_[place.reactor]->run(parts_.api, place, request.message, reply,
                                                  &request.promise);
              });
  router->add_stream(kInference, "ModelStreamInfer", [this](const HttpRequest& head) {
    return std::make_unique<StreamInfer>(parts_.api, head);
  });
}

void Services::add_metadata(net::GrpcRouter* router) {
  using namespace inference;  // NOLINT: the messages
  add_method<ServerLiveRequest, ServerLiveResponse>(
      router, kInference, "ServerLive",
      [](const HttpRequest&, const ServerLiveRequest&, ServerLiveResponse* reply) -> Result<void> {
        reply->set_live(true);
        return {};
      });
  add_method<ServerReadyRequest, ServerReadyResponse>(
      router, kInference, "ServerReady",
      [this](const HttpRequest&, const ServerReadyRequest&,
             ServerReadyResponse* reply) -> Result<void> {
        reply->set_ready(parts_.api.ready());
        return {};
      });
  add_method<ModelReadyRequest, ModelReadyResponse>(
      router, kInference, "ModelReady",
      [this](const HttpRequest& http, const ModelReadyRequest& request,
             ModelReadyResponse* reply) -> Result<void> {
        const auto said = rest_.ask(http.reactor, Method::kGet, model_path(request) + "/ready");
        reply->set_ready(said.has_value());  // what is not there is not ready, as Triton has it
        return {};
      });
  add_method<ServerMetadataRequest, ServerMetadataResponse>(
      router, kInference, "ServerMetadata",
      [this](const HttpRequest& http, const ServerMetadataRequest&, ServerMetadataResponse* reply) {
        return rest_.get(http.reactor, "/v2", reply);
      });
  add_method<ModelMetadataRequest, ModelMetadataResponse>(
      router, kInference, "ModelMetadata",
      [this](const HttpRequest& http, const ModelMetadataRequest& request,
             ModelMetadataResponse* reply) {
        return rest_.get(http.reactor, model_path(request), reply);
      });
  add_method<ModelConfigRequest, ModelConfigResponse>(
      router, kInference, "ModelConfig",
      [this](const HttpRequest& http, const ModelConfigRequest& request,
             ModelConfigResponse* reply) {
        return rest_.get(http.reactor, model_path(request) + "/config", reply->mutable_config());
      });
  add_method<ModelStatisticsRequest, ModelStatisticsResponse>(
      router, kInference, "ModelStatistics",
      [this](const HttpRequest& http, const ModelStatisticsRequest& request,
             ModelStatisticsResponse* reply) {
        const std::string path =
            request.name().empty() ? "/v2/models/stats" : model_path(request) + "/stats";
        return rest_.get(http.reactor, path, reply);
      });
}

void Services::add_shared_memory(net::GrpcRouter* router) {
  using namespace inference;  // NOLINT: the messages
  // There are none, and clients begin by unregistering all.
  const auto none = [](const HttpRequest&, const auto&, auto*) -> Result<void> { return {}; };
  const auto refused = [](const HttpRequest&, const auto&, auto*) -> Result<void> {
    return Error(Code::kUnimplemented, "realtime.shared_memory",
                 "shared memory is not served here: send values in the request");
  };
  add_method<SystemSharedMemoryStatusRequest, SystemSharedMemoryStatusResponse>(
      router, kInference, "SystemSharedMemoryStatus", none);
  add_method<SystemSharedMemoryRegisterRequest, SystemSharedMemoryRegisterResponse>(
      router, kInference, "SystemSharedMemoryRegister", refused);
  add_method<SystemSharedMemoryUnregisterRequest, SystemSharedMemoryUnregisterResponse>(
      router, kInference, "SystemSharedMemoryUnregister", none);
  add_method<CudaSharedMemoryStatusRequest, CudaSharedMemoryStatusResponse>(
      router, kInference, "CudaSharedMemoryStatus", none);
  add_method<CudaSharedMemoryRegisterRequest, CudaSharedMemoryRegisterResponse>(
      router, kInference, "CudaSharedMemoryRegister", refused);
  add_method<CudaSharedMemoryUnregisterRequest, CudaSharedMemoryUnregisterResponse>(
      router, kInference, "CudaSharedMemoryUnregister", none);
}

void Services::add_settings(net::GrpcRouter* router) {
  using namespace inference;  // NOLINT: the messages
  add_method<TraceSettingRequest, TraceSettingResponse>(
      router, kInference, "TraceSetting",
      [this](const HttpRequest& http, const TraceSettingRequest& request,
             TraceSettingResponse* reply) -> Result<void> {
        std::string body;
        JsonWriter json(&body);
        json.begin_object();
        for (const auto& [name, setting] : request.settings()) {
          json.key(name).begin_array();
          for (const std::string& value : setting.value()) json.value(value);
          json.end_array();
        }
        json.end_object();
        const std::string path =
            request.model_name().empty()
                ? "/v2/trace/setting"
                : "/v2/models/" + url_segment(request.model_name()) + "/trace/setting";
        const Method method = request.settings().empty() ? Method::kGet : Method::kPost;
        ASSIGN_OR_RETURN(const std::string said, rest_.ask(http.reactor, method, path, body));
        ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(said));
        for (const JsonMember member : document.root().object()) {
          auto& setting = (*reply->mutable_settings())[std::string(member.key)];
          if (const auto text = member.value.as_string()) setting.add_value(std::string(*text));
          for (const JsonView item : member.value.array())
            setting.add_value(std::string(item.as_string().value_or("")));
        }
        return {};
      });
  add_method<LogSettingsRequest, LogSettingsResponse>(
      router, kInference, "LogSettings",
      [this](const HttpRequest& http, const LogSettingsRequest& request,
             LogSettingsResponse* reply) -> Result<void> {
        std::string body;
        JsonWriter json(&body);
        json.begin_object();
        for (const auto& [name, setting] : request.settings()) {
          json.key(name);
          if (setting.has_bool_param())
            json.value(setting.bool_param());
          else if (setting.has_uint32_param())
            json.value(std::uint64_t{setting.uint32_param()});
          else
            json.value(setting.string_param());
        }
        json.end_object();
        const Method method = request.settings().empty() ? Method::kGet : Method::kPost;
        ASSIGN_OR_RETURN(const std::string said,
                         rest_.ask(http.reactor, method, "/v2/logging", body));
        ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(said));
        for (const JsonMember member : document.root().object()) {
          auto& setting = (*reply->mutable_settings())[std::string(member.key)];
          if (const auto bit = member.value.as_bool()) setting.set_bool_param(*bit);
          if (const auto number = member.value.as_uint64())
            setting.set_uint32_param(static_cast<std::uint32_t>(*number));
          if (const auto text = member.value.as_string())
            setting.set_string_param(std::string(*text));
        }
        return {};
      });
}

}  // namespace slipway::deploy::realtime::grpc
