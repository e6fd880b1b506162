// SPDX-License-Identifier: Apache-2.0
#include "net/connection.h"

#include <algorithm>
#include <utility>

namespace slipway::net {
namespace {

constexpr std::int64_t kParkAfterMs = 1000;

}  // namespace

Connection::Connection(const Parts& parts, std::unique_ptr<Session> session)
    : parts_(parts), session_(std::move(session)) {}

void Connection::start() {
  lend_wake();
  active_ms_ = parts_.context.now_ms;
  read_more();
}

void Connection::on_read(std::ptrdiff_t bytes) {
  if (state_ == State::kEnded) return;
  if (state_ == State::kLingering) {
    if (bytes <= 0) return end();
    return parts_.transport.read(parts_.context.unread);
  }
  if (bytes < 0) {
    if (state_ != State::kParking) return end();
    session_->park();
    state_ = State::kParked;
    parts_.transport.await_readable();
    return schedule();
  }
  state_ = State::kReading;
  active_ms_ = parts_.context.now_ms;
  session_->received(static_cast<std::size_t>(bytes));
  if (bytes == 0) return end();
  work();
}

void Connection::on_readable() {
  if (state_ != State::kParked) return;
  state_ = State::kReading;
  read_more();
}

void Connection::on_writable() {
  if (state_ == State::kReading && std::exchange(is_stalled_, false)) return push();
  if (state_ != State::kWriting) return;
  state_ = State::kReading;
  work();
}

void Connection::work() {
  while (session_->advance()) {
    if (!flush()) return;
  }
  if (auto next = session_->successor()) {
    session_ = std::move(next);
    lend_wake();
    return work();
  }
  if (session_->finished()) return linger();
  read_more();
}

bool Connection::flush() {
  for (auto pieces = session_->output(); pieces[0].size() + pieces[1].size() > 0;
       pieces = session_->output()) {
    const std::ptrdiff_t taken = parts_.transport.write(pieces);
    if (taken == Transport::kBroken) return end(), false;
    session_->sent(taken > 0 ? static_cast<std::size_t>(taken) : 0);
    if (taken == Transport::kWouldBlock) {
      state_ = State::kWriting;
      waiting_ms_ = parts_.context.now_ms;
      parts_.transport.await_writable();
      schedule();
      return false;
    }
  }
  return true;
}

void Connection::read_more() {
  if (const auto later = session_->waits_for()) {
    state_ = State::kWaiting;
    parts_.wheel.remove(*this);
    // Nothing else ends a connection that waits: it is there when its reactor comes to this.
    later->wake_with([this, &context = parts_.context] { context.post([this] { on_answer(); }); });
    return;
  }
  const std::span<char> room = session_->room();
  if (room.empty()) return work();  // no memory: there is an answer that says so
  parts_.transport.read(room);
  schedule();
}

void Connection::on_answer() {
  if (state_ != State::kWaiting) return;
  state_ = State::kReading;
  work();
}

void Connection::lend_wake() {
  if (self_ == nullptr) self_ = std::make_shared<Self>(*this);
  session_->set_wake([&context = parts_.context, weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self == nullptr || self->is_woken.exchange(true)) return;
    context.post([weak] {
      if (const auto woken = weak.lock()) woken->connection.on_wake();
    });
  });
}

void Connection::on_wake() {
  self_->is_woken.store(false);
  if (state_ == State::kEnded || state_ == State::kLingering) return;
  session_->woken();
  if (state_ == State::kReading) push();
}

void Connection::linger() {
  state_ = State::kLingering;
  waiting_ms_ = parts_.context.now_ms;
  parts_.transport.end_output();
  parts_.transport.read(parts_.context.unread);
  schedule();
}

void Connection::drain() {
  if (state_ == State::kEnded) return;
  session_->drain();
  if (state_ == State::kReading || state_ == State::kParked) return push();
  schedule();
}

// Output that no input has caused: a read or a wait is under way and goes on.
void Connection::push() {
  while (session_->advance()) {
    const std::ptrdiff_t taken = parts_.transport.write(session_->output());
    if (taken == Transport::kBroken) return end();
    session_->sent(taken > 0 ? static_cast<std::size_t>(taken) : 0);
    is_stalled_ = taken == Transport::kWouldBlock;
    if (is_stalled_) break;  // goes when there is room, or with the next input
  }
  if (!session_->finished()) return schedule();
  // The read that is under way goes on into the session's memory; nobody will look at it.
  state_ = State::kLingering;
  waiting_ms_ = parts_.context.now_ms;
  parts_.transport.end_output();
  schedule();
}

std::int64_t Connection::deadline_of_input_ms() const {
  if (parts_.transport.is_open()) return session_->deadline_ms();
  const Limits& limits = parts_.context.limits;
  const std::int64_t deadline_ms = active_ms_ + limits.handshake_timeout_ms;
  if (!parts_.context.draining) return deadline_ms;
  return std::min(deadline_ms, parts_.context.drain_began_ms + limits.drain_idle_ms);
}

void Connection::schedule() {
  const Limits& limits = parts_.context.limits;
  std::int64_t deadline_ms = 0;
  switch (state_) {
    case State::kReading:
    case State::kParking:
      deadline_ms = deadline_of_input_ms();
      if (session_->idle()) deadline_ms = std::min(deadline_ms, active_ms_ + kParkAfterMs);
      break;
    case State::kParked:
      deadline_ms = deadline_of_input_ms();
      break;
    case State::kWaiting:
      return;
    case State::kWriting:
      deadline_ms = waiting_ms_ + limits.write_timeout_ms;
      break;
    case State::kLingering:
      deadline_ms =
          waiting_ms_ + (parts_.context.draining ? std::min(limits.linger_ms, limits.drain_idle_ms)
                                                 : limits.linger_ms);
      break;
    case State::kEnded:
      return;
  }
  parts_.wheel.set(*this, deadline_ms);
}

void Connection::on_timer() {
  if (state_ == State::kWriting) parts_.context.metrics.count_limit("write_timeout");
  if (state_ == State::kWriting || state_ == State::kLingering) return end();
  const std::int64_t now_ms = parts_.context.now_ms;
  if (now_ms <= deadline_of_input_ms()) {
    if (state_ == State::kReading && session_->idle() && now_ms > active_ms_ + kParkAfterMs) {
      state_ = State::kParking;
      parts_.transport.cancel();
    }
    return schedule();
  }
  if (!parts_.transport.is_open()) {
    if (!parts_.context.draining) parts_.context.metrics.count_limit("handshake_timeout");
    return end();
  }
  session_->expire();
  if (!session_->finished()) return push();
  const auto pieces = session_->output();
  if (pieces[0].empty()) return end();
  (void)parts_.transport.write(pieces);  // it has had its time: no second attempt
  // The read that is under way goes on into the session's memory; nobody will look at it.
  state_ = State::kLingering;
  waiting_ms_ = now_ms;
  parts_.transport.end_output();
  schedule();
}

void Connection::end() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  parts_.wheel.remove(*this);
  session_.reset();
  parts_.owner.ended();
}

}  // namespace slipway::net
