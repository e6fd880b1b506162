// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/services.h"

#include <fmt/format.h>
#include <open_inference_grpc.pb.h>

#include <string>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "deploy/realtime/grpc/method.h"
#include "deploy/realtime/grpc/stream_infer.h"

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
    return open_stream_infer(parts_.api, shadows_, head);
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
