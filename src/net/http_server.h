// An HTTP/1.1 server.
//
//   ASSIGN_OR_RETURN(auto server, HttpServer::start({.port = 0}, handler, registry));
//   server->port();                         // it is being served already
//   server->drain(5000);                    // no more connections, requests in flight are answered
//
// `handler` (usually a Router), `registry` and `clock` outlive the server. Errors of start() say
// what to do: net/listener.h. start(), drain() and the destructor are for one thread; the handler
// is called from the reactors'.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http.h"
#include "net/options.h"

namespace slipway::net {

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(const ServerOptions& options, Handler& handler,
                                                   MetricRegistry& registry,
                                                   const Clock& clock = system_clock());
  // Drops what drain() has not finished.
  ~HttpServer();

  std::uint16_t port() const;
  std::size_t reactors() const;

  // Closes the listening sockets, answers what was asked (with `Connection: close`), gives idle
  // connections Limits::drain_idle_ms for one more request, then stops. False if the deadline came
  // first. Again: does nothing.
  bool drain(std::int64_t deadline_ms);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
