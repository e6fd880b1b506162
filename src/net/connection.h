// Moves bytes between a transport and a session, and ends both in time.
//
// Sends at once and waits for the socket only when it is full; gives the session's memory back when
// nothing has come for a second; after the last answer keeps the socket until the peer has read it
// (closing with unread input would reset the connection and lose the answer).
//
// Lives on its reactor's thread. `owner.ended()` is called once; nothing happens after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/session.h"
#include "net/timer_wheel.h"
#include "net/transport.h"

namespace slipway::net {

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void ended() = 0;
};

class Connection final : public TransportEvents, public TimerEntry {
 public:
  struct Parts {
    Transport& transport;
    ConnectionOwner& owner;
    SessionContext& context;
    TimerWheel& wheel;
  };
  Connection(const Parts& parts, std::unique_ptr<Session> session);

  void start();
  // The context has begun to drain: deadlines are nearer now.
  void drain();

  void on_read(std::ptrdiff_t bytes) override;
  void on_readable() override;
  void on_writable() override;
  void on_timer() override;

 private:
  enum class State : std::uint8_t {
    kReading,
    kWaiting,
    kParking,
    kParked,
    kWriting,
    kLingering,
    kEnded
  };

  void work();
  bool flush();
  void push();
  void read_more();
  void on_answer();
  void lend_wake();
  void on_wake();
  void linger();
  std::int64_t deadline_of_input_ms() const;
  void schedule();
  void end();

  // For who may wake us when we are gone.
  struct Self {
    explicit Self(Connection& whose) : connection(whose) {}
    Connection& connection;
    std::atomic<bool> is_woken{false};  // on_wake() is on its way
  };

  Parts parts_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<Self> self_;
  State state_ = State::kReading;
  bool is_stalled_ = false;      // push() had more to say than the socket took
  std::int64_t active_ms_ = 0;   // something was received
  std::int64_t waiting_ms_ = 0;  // kWriting, kLingering: since
};

}  // namespace slipway::net
