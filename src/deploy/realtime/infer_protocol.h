// A way to ask for predictions that is not REST: it turns its bytes into rows and scores into its bytes; all
// between and around them is the Api's, and with that the same for every protocol.
//
//   class MyCall : public InferProtocol { ... };
//   RETURN_IF_ERROR(api.infer({.reactor = request.reactor, .turn = request.turn}, {.model = "delay"}, &call));
//
// Called once each, on the reactor's thread: decode(), then write() or put_off().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/later_reply.h"
#include "deploy/realtime/model_name.h"
#include "frame/frame.h"
#include "net/turn.h"

namespace slipway::deploy::realtime {

// Where a call arrived.
struct CallPlace {
  std::size_t reactor = 0;
  net::Turn* turn = nullptr;     // its reactor's; null if no reactor asks
  bool may_wait = false;         // for an answer that is written when its turn ends
  std::int64_t deadline_ns = 0;  // monotonic: from then on nobody wants it; 0: somebody always does
};

class InferProtocol {
 public:
  virtual ~InferProtocol() = default;
  // Fills scratch->tensors and makes rows of them (rows_of_tensors).
  virtual Result<InferRequest> decode(const Endpoint& endpoint, DecodeScratch* scratch) = 0;
  virtual Result<void> write(const Endpoint& endpoint, std::string_view id,
                             std::span<const RequestedOutput> outputs,
                             const frame::Frame& scores) = 0;
  // Who will write the answer instead. Asked where CallPlace::may_wait.
  virtual std::unique_ptr<LaterReply> put_off() { return nullptr; }
};

}  // namespace slipway::deploy::realtime
