// Who writes the answer of a request that waits for its scores, in its protocol's bytes.
//
//   auto done = scores ? reply->write(endpoint, id, outputs, scores.value()) : Result<void>(scores.error());
//   reply->finish(done);
//
// What it needs of the request it has kept. write() at most once, then finish() once, both on the thread that the request
// arrived on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "deploy/realtime/infer_request.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

struct Endpoint;

class LaterReply {
 public:
  virtual ~LaterReply() = default;
  // `outputs`: as they were asked for; their names are the endpoint's.
  virtual Result<void> write(const Endpoint& endpoint, std::string_view id,
                             std::span<const RequestedOutput> outputs,
                             const frame::Frame& scores) = 0;
  virtual void finish(const Result<void>& done) = 0;
  // False once its caller has left, as far as the protocol tells: it need not be scored.
  virtual bool is_wanted() const = 0;
};

}  // namespace slipway::deploy::realtime
