// A handler before the others for a server behind a proxy that passes paths on whole: takes a prefix off them.
//
//   PrefixHandler handler(next, "/models/team-a");          // /models/team-a/v2/health/live is /v2/health/live
//
// Paths without it are taken as they are: probes reach the server past the proxy, and gRPC has no prefixes.
// Safe from all reactors at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class PrefixHandler final : public net::ForwardingHandler {
 public:
  // `next` outlives this. Precondition: `prefix` begins with a slash and does not end with one.
  PrefixHandler(net::Handler& next, std::string prefix)
      : ForwardingHandler(next), prefix_(std::move(prefix)) {}

  void handle(const net::HttpRequest& request, net::HttpResponse& response) override {
    next_.handle(without_prefix(request), response);
  }
  std::optional<net::Reject> admit(const net::HttpRequest& head) override {
    return next_.admit(without_prefix(head));
  }
  std::unique_ptr<net::StreamHandler> open(const net::HttpRequest& head) override {
    return next_.open(without_prefix(head));
  }

 private:
  net::HttpRequest without_prefix(const net::HttpRequest& request) const {
    net::HttpRequest inner = request;
    if (!inner.path.starts_with(prefix_)) return inner;
    const std::string_view rest = inner.path.substr(prefix_.size());
    if (rest.empty()) inner.path = "/";
    if (rest.starts_with('/')) inner.path = rest;
    return inner;
  }

  const std::string prefix_;
};

}  // namespace slipway::deploy::realtime
