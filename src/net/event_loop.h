// One thread that waits: for sockets, for work that other threads give it, for a time.
//
//   ASSIGN_OR_RETURN(auto loop, EventLoop::create());
//   loop->add(socket, watcher);                 // watcher.on_events(kReadable | ...) from now on
//   loop->post([] { ... });                     // any thread; runs on the loop's
//   loop->run();                                // until stop(), which any thread may call
//
// Events are edges: what one has said is not said again, so a watcher remembers what it leaves for later. Who does not
// want to wait for the next edge asks for again(). A round is one look at the sockets, then everything that was found, then what
// was asked for again, then what was posted: what is posted while events are handled runs behind all that were ready
// with them, and before what the next look finds.
//
// Errors: kResourceExhausted "net.reactor". All but post() and stop() belong to the loop's thread, or to one before
// run() and after it. Decision: docs/decisions/009.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"

namespace slipway::net {

class Watcher {
 public:
  enum Event : unsigned {
    kReadable = 1,  // input, or the end of it, or an error
    kWritable = 2,  // room for output, or an error
    kEnded = 4,     // no more input will come behind what is there
  };
  virtual ~Watcher() = default;
  // 0: as asked for by again().
  virtual void on_events(unsigned events) = 0;
};

class EventLoop {
 public:
  // For so long it looks again and again before it sleeps: who comes then need not wake it.
  static Result<std::unique_ptr<EventLoop>> create(std::chrono::microseconds busy_poll = {});
  ~EventLoop();

  // False if the system has no room for it. Closing the descriptor is the end of its events, but for those found.
  bool add(int descriptor, Watcher& watcher);
  // Nothing more is said to it, of this round either.
  void forget(const Watcher& watcher);
  // on_events(0), once, in this round or the next.
  void again(Watcher& watcher);
  // Calls the function after so long, once; another call replaces it.
  void call_in(std::int64_t ms, std::function<void()> function);

  void post(std::function<void()> function);
  void run();
  void stop();

 private:
  struct Impl;
  explicit EventLoop(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
