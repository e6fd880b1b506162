// What carries a connection's bytes: a TCP socket, with TLS or without (Peer in reactor.cc). One operation at a time; its end is told to TransportEvents on the reactor's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "net/session.h"

namespace slipway::net {

class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  // bytes > 0: received; 0: the peer has ended; < 0: broken or cancelled.
  virtual void on_read(std::ptrdiff_t bytes) = 0;
  virtual void on_readable() = 0;
  // Also while a read waits, whether or not anybody has asked.
  virtual void on_writable() = 0;
};

class Transport {
 public:
  static constexpr std::ptrdiff_t kWouldBlock = -1;
  static constexpr std::ptrdiff_t kBroken = -2;

  virtual ~Transport() = default;
  // `room` stays valid until on_read().
  virtual void read(std::span<char> room) = 0;
  // As read(), without memory lying ready for it: on_readable().
  virtual void await_readable() = 0;
  virtual void await_writable() = 0;
  // Ends the operation that is waiting, with on_read(-1), or with nothing if it was another.
  virtual void cancel() = 0;

  // At once: bytes taken, kWouldBlock or kBroken.
  virtual std::ptrdiff_t write(const Session::Output& pieces) = 0;
  // False while it agrees with the peer on how to carry anything (TLS).
  virtual bool is_open() const { return true; }
  // No more output; input may go on.
  virtual void end_output() = 0;
};

}  // namespace slipway::net
