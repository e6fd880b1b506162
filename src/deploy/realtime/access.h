// Who may ask: a handler before the others that lets a request through, or refuses it when its header is in.
//
//   AccessGuard guard(router, keys, clock);
//   net::HttpServer::start(options, guard, registry);
//
// A key comes as `Authorization: Bearer sk-...` or `x-api-key: sk-...`. Health needs none. Predictions and metadata are for
// the role predict; metrics, and what changes what is served or logged, for operate. 401 without a key that exists, 403
// for a role too low, 429 with Retry-After beyond the key's rate. Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "deploy/core/keys.h"
#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class AccessGuard final : public net::ForwardingHandler {
 public:
  // All of them outlive this.
  AccessGuard(net::Handler& next, const LiveKeys& keys, MetricRegistry& registry,
              const Clock& clock)
      : ForwardingHandler(next), keys_(keys), registry_(registry), clock_(clock) {}

  std::optional<net::Reject> admit(const net::HttpRequest& head) override;

 private:
  // A gRPC call is told the text alone.
  net::Reject reject(const net::HttpRequest& head, int status, std::string_view reason,
                     std::string_view error) const;

  const LiveKeys& keys_;
  MetricRegistry& registry_;
  const Clock& clock_;
};

// The key that a request shows; none if it shows none.
std::optional<std::string_view> presented_key(const net::HttpHeaders& headers);

// What a path wants of who asks; none: it is open to all.
std::optional<Role> role_for(net::Method method, std::string_view path);

}  // namespace slipway::deploy::realtime
