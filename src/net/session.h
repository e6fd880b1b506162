// A protocol on one connection, without the connection: bytes in, bytes out, a deadline. HTTP/1.1
// is one (http1_session.h), HTTP/2 another (http2_session.h); what carries the bytes (connection.h)
// does not care which.
//
//   session.received(recv(session.room()));
//   while (session.advance()) send(session.output()), session.sent(n);
//
// One per connection, on its reactor's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "net/buffer_pool.h"
#include "net/http.h"
#include "net/net_metrics.h"
#include "net/options.h"
#include "net/turn.h"

namespace slipway::net {

// What the sessions of a reactor share.
struct SessionContext {
  const Limits& limits;
  const Clock& clock;
  Handler& handler;
  NetMetrics& metrics;
  BufferPool buffers;
  std::size_t reactor = 0;
  std::int64_t now_ms = 0;  // monotonic, as of the last tick
  std::string date;         // for the Date header, likewise
  bool draining = false;
  std::int64_t drain_began_ms = 0;
  HttpResponse response;  // of the request that is being answered
  std::string head;       // its head
  std::function<void(std::function<void()>)>
      post;  // runs something on the reactor's thread; from any
  // Where input goes that nobody will read: written for all connections, looked at for none.
  std::array<char, 16u << 10> unread;
  Turn turn;
  std::size_t askers = 0;  // requests that open connections may make at a time

  // Input of a socket is about to be worked on.
  void begin_work();
  void begin_turn();
  void watch_turn();
  std::int64_t turn_began_ns() {
    if (turn.began_ns == 0) turn.began_ns = clock.monotonic_ns();
    return turn.began_ns;
  }
};

inline void SessionContext::begin_work() {
  if (turn.is_open) return;
  begin_turn();
  if (askers > turn.crowd) watch_turn();
}

inline void SessionContext::begin_turn() {
  ++turn.number;
  turn.began_ns = 0;
}

inline void SessionContext::watch_turn() {
  turn.is_open = true;
  // Runs behind all that was ready with this, and before what the next look finds.
  post([this] {
    turn.is_open = false;
    auto at_end = std::exchange(turn.at_end, nullptr);
    if (!at_end || !at_end()) return;
    turn.at_end = std::move(at_end);
    begin_turn();
    watch_turn();
  });
}

class Session {
 public:
  // Two pieces, so that a body is sent from where its handler wrote it.
  using Output = std::array<std::string_view, 2>;

  virtual ~Session() = default;

  // Where to receive. Empty if there is no memory for it: then there is output that says so.
  virtual std::span<char> room() = 0;
  virtual void received(std::size_t bytes) = 0;

  // Works on what was received until it needs more of it, or has enough to send. True in the latter
  // case: send, and call again.
  virtual bool advance() = 0;

  // Valid until the next call of any session of this reactor, sent() excepted.
  virtual Output output() const = 0;
  // Keeps what was not sent.
  virtual void sent(std::size_t bytes) = 0;

  // After the output there is nothing more to say.
  virtual bool finished() const = 0;
  // The answer that another thread is working on: until it is ready there is nothing to receive or to send.
  virtual std::shared_ptr<Later> waits_for() const { return nullptr; }
  // A session with several answers at a time, of which some may come from other threads: what to call, from any
  // thread, when one is ready; then woken() is called on this one, and there may be output.
  virtual void set_wake(std::function<void()> wake) { (void)wake; }
  virtual void woken() {}
  // Between messages: nothing half received, nothing to send.
  virtual bool idle() const = 0;
  // Gives its memory back, while idle.
  virtual void park() = 0;

  virtual std::int64_t deadline_ms() const = 0;
  // The deadline has passed: there may be output now, and the session may be finished.
  virtual void expire() = 0;
  // The context has begun to drain: there may be output now.
  virtual void drain() {}

  // The protocol that the peer turned out to speak, to be asked from now on instead of this one.
  // Null, nearly always.
  virtual std::unique_ptr<Session> successor() { return nullptr; }
};

}  // namespace slipway::net
