// A handler before the others for models that are loaded on demand: a request whose model is not in memory is
// kept, the model is loaded, and the request is then answered as if it had been there all along.
//
//   HeldRequests held(grpc_router, api, models, registry, {.first_slot = reactors});
//   net::HttpServer::start(options, held, registry);
//
// Whatever the protocol: the handlers behind it are called, the Api says which model it missed (Api::take_missing), and
// the same handlers are called again on a thread of ours, with scratch memory from `first_slot` on. The reactor goes on at
// once. More than `requests_max` or `bytes_max` of waiting requests: 503 with Retry-After. Why a model cannot be loaded
// is what its requests are told. Safe from all reactors at once; the destructor waits for what is held.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "deploy/core/on_demand.h"
#include "deploy/realtime/api.h"
#include "net/forwarding_handler.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

class HeldRequests final : public net::ForwardingHandler {
 public:
  static constexpr std::size_t kThreads = 2;
  struct Options {
    std::size_t first_slot = 0;  // of kThreads which no reactor has
    std::size_t requests_max = 1000;
    std::size_t bytes_max = std::size_t{256} << 20;
  };
  // All of them outlive this.
  HeldRequests(net::Handler& next, Api& api, OnDemand& models, MetricRegistry& registry,
               Options options);
  ~HeldRequests() override;

  void handle(const net::HttpRequest& request, net::HttpResponse& response) override;

 private:
  struct Held;

  bool take_in(std::size_t bytes);
  void let_out(std::size_t bytes);
  void answer(const Held& held, net::Later* later);

  Api& api_;
  OnDemand& models_;
  Gauge& waiting_;
  Counter& refused_;
  const Options options_;
  Mutex mutex_;
  Condition changed_;
  std::size_t requests_ GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<std::size_t> slots_ GUARDED_BY(mutex_);  // free ones: as many as threads
  std::unique_ptr<ThreadPool> threads_;
};

}  // namespace slipway::deploy::realtime
