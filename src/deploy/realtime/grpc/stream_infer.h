// ModelStreamInfer: many ModelInfer in one call, each answered before the next is looked at.
//
//   router->add_stream("inference.GRPCInferenceService", "ModelStreamInfer",
//                      [&](const HttpRequest& head) { return open_stream_infer(api, shadows, head); });
//
// Messages whose model is being loaded wait, and so do those behind them, up to a limit. A message for a route with
// shadows is asked of these as a ModelInfer of its own, under the stream's header fields. An error is one of the
// answers, unless the caller wants it to end the stream (metadata triton_grpc_error: true).
// What is opened is for its reactor's thread alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "deploy/realtime/api.h"
#include "deploy/realtime/shadow_requests.h"
#include "net/grpc_router.h"
#include "net/http.h"

namespace slipway::deploy::realtime::grpc {

// `shadows` null: there are no routes.
std::unique_ptr<net::GrpcCall> open_stream_infer(Api& api, ShadowRequests* shadows,
                                                 const net::HttpRequest& head);

}  // namespace slipway::deploy::realtime::grpc
