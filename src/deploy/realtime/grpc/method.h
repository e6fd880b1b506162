// A gRPC method over protobuf's generated messages.
//
//   add_method<ServerLiveRequest, ServerLiveResponse>(router, kService, "ServerLive",
//       [](const net::HttpRequest&, const ServerLiveRequest&, ServerLiveResponse* reply) -> Result<void> {...});
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "net/grpc_router.h"

namespace slipway::deploy::realtime::grpc {

inline constexpr std::string_view kInference = "inference.GRPCInferenceService";

template <typename Request>
Result<Request> parse_message(std::string_view bytes) {
  Request request;
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return request;
  return Error(Code::kInvalidArgument, "realtime.grpc_message",
               "the message is no " + Request::descriptor()->name());
}

template <typename Request, typename Reply, typename Work>
void add_method(net::GrpcRouter* router, std::string_view service, std::string_view method,
                Work work) {
  router->add(
      service, method,
      [work = std::move(work)](const net::GrpcRequest& call, std::string* out) -> Result<void> {
        ASSIGN_OR_RETURN(const Request request, parse_message<Request>(call.message));
        Reply reply;
        RETURN_IF_ERROR(work(call.http, request, &reply));
        reply.AppendToString(out);
        return {};
      });
}

}  // namespace slipway::deploy::realtime::grpc
