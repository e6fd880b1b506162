// One thread's event loop: accepts connections, carries their bytes, keeps their time. Reactors
// share nothing that a request touches.
//
//   ASSIGN_OR_RETURN(auto reactor, Reactor::create(index, shared));
//   reactor->listen(socket);
//   OwnedThread thread("http-0", [&] { reactor->run(); });
//   reactor->drain();                       // any thread; shared.progress is told
//   reactor->stop();                        // any thread; run() returns
//
// A reactor that accepts a connection keeps it unless another has clearly fewer: the kernel spreads
// connections over listening sockets by a hash, which leaves cores idle when there are few.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "net/http.h"
#include "net/net_metrics.h"
#include "net/options.h"

namespace slipway::net {

class Reactor;

// What the reactors of a server share; none of it is written while a request is served.
struct ReactorShared {
  const Limits limits;
  const std::chrono::microseconds busy_poll;
  const std::shared_ptr<const TlsCertificates> tls;  // null: plain text
  Handler& handler;
  NetMetrics& metrics;
  const Clock& clock;
  std::vector<Reactor*> reactors;  // set before any runs

  // All is done when every reactor is draining (none can hand a connection to another any more) and
  // none has load.
  Mutex mutex;
  Condition progress;
  std::size_t draining GUARDED_BY(mutex) = 0;
};

class Reactor {
 public:
  static Result<std::unique_ptr<Reactor>> create(std::size_t index, ReactorShared& shared);
  ~Reactor();

  // Before run(). Takes the socket over. Error: kResourceExhausted "net.reactor".
  Result<void> listen(int socket);
  void run();

  // From any thread.
  void adopt(int socket);
  void drain();
  void stop();
  std::size_t load() const;  // connections, those on their way here included

 private:
  struct Impl;
  explicit Reactor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
