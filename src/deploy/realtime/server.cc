// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/server.h"

#include <optional>
#include <utility>

#include "base/thread_pool.h"
#include "deploy/realtime/access.h"
#include "deploy/realtime/admission.h"
#include "deploy/realtime/api.h"
#include "deploy/realtime/grpc/services.h"
#include "deploy/realtime/held_requests.h"
#include "deploy/realtime/prefix_handler.h"
#include "deploy/realtime/routes_api.h"
#include "deploy/realtime/shadow_requests.h"
#include "deploy/realtime/tracing.h"
#include "net/grpc_router.h"
#include "net/http_server.h"
#include "net/router.h"

namespace slipway::deploy::realtime {

struct Server::Impl {
  explicit Impl(const Api::Parts& parts)
      : api(parts),
        services({.api = api,
                  .rest = router,
                  .control = parts.control,
                  .reactors = parts.reactors + parts.holders}),
        grpc(router, parts.registry, parts.clock, {.message_bytes_max = parts.body_bytes_max}),
        gate(grpc, api, api.admission()) {
    api.add_routes(&router);
    if (parts.routes != nullptr) {
      routes.emplace(RoutesApi::Parts{.routes = *parts.routes,
                                      .catalogue = parts.catalogue,
                                      .control = parts.control,
                                      .body_bytes_max = parts.body_bytes_max});
      routes->add_routes(&router);
    }
    services.add_to(&grpc);
  }

  Api api;
  net::Router router;
  grpc::Services services;
  net::GrpcRouter grpc;
  AdmissionGuard gate;
  std::optional<RoutesApi> routes;            // none: names are models'
  std::unique_ptr<TraceHandler> traces;       // null likewise
  std::unique_ptr<ShadowRequests> shadows;    // null likewise
  std::unique_ptr<HeldRequests> held;         // null: all models are in memory
  std::unique_ptr<AccessGuard> guard;         // null: what stands before it is the front
  std::unique_ptr<PrefixHandler> prefix;      // null likewise
  std::unique_ptr<AccessLogHandler> telling;  // null likewise
  std::unique_ptr<net::HttpServer> http;      // last: its threads use the others
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              const ServerParts& parts) {
  net::ServerOptions net = options.net;
  if (net.reactors == 0) net.reactors = usable_cores();
  OnDemand* const on_demand = parts.control == nullptr ? nullptr : parts.control->on_demand();
  // Slots of scratch memory after the reactors': one of the shadows, then those of held requests.
  const std::size_t holders = 1 + (on_demand == nullptr ? 0 : HeldRequests::kThreads);
  auto impl = std::make_unique<Impl>(Api::Parts{.catalogue = parts.catalogue,
                                                .control = parts.control,
                                                .routes = parts.routes,
                                                .tracing = parts.tracing,
                                                .sinks = parts.sinks,
                                                .registry = parts.registry,
                                                .clock = parts.clock,
                                                .server_name = options.name,
                                                .server_version = options.version,
                                                .path_prefix = options.path_prefix,
                                                .is_tls = net.tls != nullptr,
                                                .reactors = net.reactors,
                                                .holders = holders,
                                                .body_bytes_max = net.limits.body_bytes_max,
                                                .triton_metrics = options.triton_metrics,
                                                .admission = options.admission,
                                                .batching = options.batching,
                                                .cache_bytes = options.cache_bytes});
  net::Handler* front = &impl->gate;
  if (parts.tracing != nullptr) {
    impl->traces =
        std::make_unique<TraceHandler>(*front, impl->api, *parts.tracing, parts.clock,
                                       TraceHandler::Options{.is_tls = net.tls != nullptr});
    front = impl->traces.get();
  }
  if (parts.routes != nullptr) {
    impl->shadows = std::make_unique<ShadowRequests>(*front, impl->api, parts.registry,
                                                     ShadowRequests::Options{.slot = net.reactors});
    impl->services.set_shadows(impl->shadows.get());
    front = impl->shadows.get();
  }
  if (on_demand != nullptr) {
    impl->held =
        std::make_unique<HeldRequests>(*front, impl->api, *on_demand, parts.registry,
                                       HeldRequests::Options{.first_slot = net.reactors + 1});
    front = impl->held.get();
  }
  if (parts.keys != nullptr) {
    impl->guard = std::make_unique<AccessGuard>(*front, *parts.keys, parts.registry, parts.clock);
    front = impl->guard.get();
  }
  if (!options.path_prefix.empty()) {
    impl->prefix = std::make_unique<PrefixHandler>(*front, options.path_prefix);
    front = impl->prefix.get();
  }
  if (parts.access_log != nullptr) {
    impl->telling = std::make_unique<AccessLogHandler>(*front, *parts.access_log, parts.clock);
    front = impl->telling.get();
  }
  ASSIGN_OR_RETURN(impl->http, net::HttpServer::start(net, *front, parts.registry, parts.clock));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->http->port(); }

bool Server::drain(std::int64_t deadline_ms) {
  impl_->api.set_draining();
  return impl_->http->drain(deadline_ms);
}

}  // namespace slipway::deploy::realtime
