// A handler before the others for routes with shadows: what such a route answers is asked of its shadows too, on
// a thread of ours, when the caller has its answer. What they say is counted, logged as predictions of NAME~shadow, and goes
// nowhere else; what they take or fail is not felt.
//
//   ShadowRequests shadows(grpc_router, api, registry, {.slot = reactors});
//
// More copies than `requests_max`, or `bytes_max` of them, wait at no time: further ones are dropped and counted
// (slipway_shadow_dropped_total). Of streams each message is a copy: who reads them calls mirror(). Safe from all reactors at once; the destructor drops what waits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/metrics.h"
#include "base/thread_pool.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/kept_request.h"
#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class ShadowRequests final : public net::ForwardingHandler {
 public:
  struct Options {
    std::size_t slot = 0;  // of scratch memory, which no reactor has
    std::size_t requests_max = 256;
    std::size_t bytes_max = std::size_t{64} << 20;
  };
  // All of them outlive this.
  ShadowRequests(net::Handler& next, Api& api, MetricRegistry& registry, Options options);
  ~ShadowRequests() override;

  void handle(const net::HttpRequest& request, net::HttpResponse& response) override {
    next_.handle(request, response);
    if (api_.has_shadows(request.reactor)) mirror(request);
  }

  // If api.has_shadows(request.reactor): a copy of the request for each of them.
  void mirror(const net::HttpRequest& request);

 private:
  void ask(const KeptRequest& request, const Api::Forced& shadow);

  Api& api_;
  Counter& dropped_;
  const Options options_;
  std::atomic<std::size_t> waiting_{0}, bytes_{0};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<ThreadPool> thread_;  // one: the slot is its
};

}  // namespace slipway::deploy::realtime
