// A way to ask for predictions that is not REST: it turns its bytes into rows and scores into its bytes; all
// between and around them is the Api's, and with that the same for every protocol.
//
//   class MyCall : public InferProtocol { ... };
//   RETURN_IF_ERROR(api.infer({.reactor = request.reactor, .turn = request.turn}, {.model = "delay"}, &call));
//
// Called once each, on the reactor's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/model_name.h"
#include "frame/frame.h"
#include "net/turn.h"

namespace slipway::deploy::realtime {

// Where a call arrived.
struct CallPlace {
  std::size_t reactor = 0;
  net::Turn* turn = nullptr;  // its reactor's; null if no reactor asks
};

class InferProtocol {
 public:
  virtual ~InferProtocol() = default;
  // Fills scratch->tensors and makes rows of them (rows_of_tensors).
  virtual Result<InferRequest> decode(const Endpoint& endpoint, DecodeScratch* scratch) = 0;
  virtual Result<void> write(const Endpoint& endpoint, std::string_view id,
                             const InferRequest& request, const frame::Frame& scores) = 0;
};

}  // namespace slipway::deploy::realtime
