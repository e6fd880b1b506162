// A way to ask for predictions that is not REST: it turns its bytes into rows and scores into its bytes; all
// between and around them is the Api's, and with that the same for every protocol.
//
//   class MyCall : public InferProtocol { ... };
//   RETURN_IF_ERROR(api.infer(request.reactor, {.model = "delay"}, &call));
//
// Called once each, on the reactor's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

class InferProtocol {
 public:
  virtual ~InferProtocol() = default;
  // Fills scratch->tensors and makes rows of them (rows_of_tensors).
  virtual Result<InferRequest> decode(const Endpoint& endpoint, DecodeScratch* scratch) = 0;
  virtual Result<void> write(const Endpoint& endpoint, std::string_view id,
                             const InferRequest& request, const frame::Frame& scores) = 0;
};

// Which model a call is for; no version: the newest.
struct ModelName {
  std::string_view model, version;
};

}  // namespace slipway::deploy::realtime
