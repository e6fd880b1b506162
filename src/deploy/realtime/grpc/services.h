// All gRPC services of a real-time server: inference.GRPCInferenceService with Triton's extensions, MLServer's
// inference.model_repository.ModelRepositoryService, grpc.health.v1.Health and reflection.
//
//   Services services({.api = api, .rest = router, .control = control, .reactors = 2});
//   services.add_to(&grpc_router);
//
// ModelInfer and ModelStreamInfer go to the Api; loads to the ModelControl, without making a reactor wait; all
// else says what REST says. Outlives the server that it was added to. Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "deploy/core/model_control.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/grpc/infer_call.h"
#include "deploy/realtime/grpc/rest_bridge.h"
#include "deploy/realtime/shadow_requests.h"
#include "net/grpc_router.h"

namespace slipway::deploy::realtime::grpc {

class Services {
 public:
  struct Parts {
    Api& api;
    net::Handler& rest;
    ModelControl* control = nullptr;  // null: nothing can be loaded over the network
    std::size_t reactors = 1;
  };
  explicit Services(const Parts& parts);
  ~Services();

  void add_to(net::GrpcRouter* router);
  // Who gets copies of what streams ask of routes; outlives the streams. Before the server starts.
  void set_shadows(ShadowRequests* shadows) { shadows_ = shadows; }

 private:
  void add_inference(net::GrpcRouter* router);
  void add_metadata(net::GrpcRouter* router);
  void add_repository(net::GrpcRouter* router);
  void add_shared_memory(net::GrpcRouter* router);
  void add_settings(net::GrpcRouter* router);

  const Parts parts_;
  const RestBridge rest_;
  ShadowRequests* shadows_ = nullptr;
  std::vector<std::unique_ptr<InferCall>> calls_;  // per reactor
};

// Declared here for Services alone.
void add_health(const Api& api, net::GrpcRouter* router);
void add_reflection(net::GrpcRouter* router);

}  // namespace slipway::deploy::realtime::grpc
