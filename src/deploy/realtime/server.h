// Real-time deployment: every model of a catalogue over HTTP.
//
//   ASSIGN_OR_RETURN(auto server, Server::start({.net = {.port = 8080}},
//                                               {catalogue, sinks, registry, system_clock()}));
//   ... SIGTERM ...
//   server->drain(10'000);
//
// What is added to the catalogue later is served from its next request on. Start and drain from one
// thread. Errors: those of net::HttpServer::start.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/keys.h"
#include "deploy/core/model_control.h"
#include "deploy/core/routes.h"
#include "deploy/realtime/access_log.h"
#include "deploy/realtime/admission.h"
#include "deploy/realtime/batching.h"
#include "frame/prediction.h"
#include "net/options.h"

namespace slipway::deploy::realtime {

class Tracing;

struct ServerOptions {
  net::ServerOptions net;
  std::string name = "slipway";  // some clients insist on "triton"
  std::string version;
  bool triton_metrics = false;  // /metrics by Triton's names, too
  AdmissionLimits admission;
  BatchOptions batching;
  std::size_t cache_bytes = 0;  // response_cache.h; 0: none
  std::string path_prefix;  // that a proxy in front leaves on paths, such as /team-a; empty: none
};

// Outlive the server. Sinks receive each prediction after its answer is written.
struct ServerParts {
  const Catalogue& catalogue;
  std::vector<frame::PredictionSink*> sinks;
  MetricRegistry& registry;
  const Clock& clock;
  ModelControl* control = nullptr;  // null: models cannot be loaded over the network
  const LiveKeys* keys = nullptr;   // null: nobody is asked for a key
  AccessLog* access_log = nullptr;  // null: requests are not told one by one
  Routes* routes = nullptr;         // null: there are none
  Tracing* tracing = nullptr;       // null: requests are not traced
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                               const ServerParts& parts);
  // Drops what drain() has not finished.
  ~Server();

  std::uint16_t port() const;
  // Says "not ready", takes no more connections, answers what was asked, stops. False if the
  // deadline came first.
  bool drain(std::int64_t deadline_ms);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::deploy::realtime
