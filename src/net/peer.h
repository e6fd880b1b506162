// A TCP socket that carries a connection's bytes, in TLS or without: what a reactor keeps of each connection.
//
//   peers.emplace_front(loop, home);
//   if (!peers.front().open(socket, peers.begin(), {context, wheel, tls})) ...    // the socket is still the caller's
//   peer.drain();
//
// home.remove(place) is called when it has ended, never inside a call of its own. A read that took less than there was
// room for has emptied the socket: the loop tells of what comes next, and is not asked before, but for the end of input,
// of which it tells with the input. Lives on its loop's thread; dies there, or after the loop has stopped.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/session.h"
#include "net/timer_wheel.h"
#include "net/tls_certificates.h"
#include "net/tls_stream.h"
#include "net/transport.h"

namespace slipway::net {

class Peer final : public Transport, public ConnectionOwner, public Watcher {
 public:
  using Place = std::list<Peer>::iterator;
  class Home {
   public:
    virtual ~Home() = default;
    virtual void remove(Place peer) = 0;
  };
  struct Parts {
    SessionContext& context;
    TimerWheel& wheel;
    const TlsCertificates* tls;  // null: plain text
  };

  Peer(EventLoop& loop, Home& home) : loop_(loop), home_(home) {}
  ~Peer() override;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // False if the system or TLS has no room for it.
  bool open(int socket, Place place, const Parts& parts);
  void drain();

  void read(std::span<char> room) override;
  void await_readable() override;
  void await_writable() override { wants_ = Wants::kWritable; }
  void cancel() override;
  std::ptrdiff_t write(const Session::Output& pieces) override;
  bool is_open() const override { return tls_ == nullptr || tls_->is_open(); }
  void end_output() override;
  void ended() override;
  void on_events(unsigned events) override;

 private:
  enum class Wants : std::uint8_t {
    kNothing,
    kRead,     // bytes into room_
    kRecords,  // TLS records that give some
    kPlain,    // to be told of what those that came before have given
    kReadable,
    kWritable,
    kCancelled  // to be told that its read has ended
  };

  void want(Wants what);
  void ask_again();
  void tell_read(std::ptrdiff_t bytes);
  std::ptrdiff_t receive(std::span<char> room);
  void receive_plain();
  void receive_records();
  bool flush_records();
  void give_records_back();
  std::ptrdiff_t send_plain(const Session::Output& pieces);
  std::ptrdiff_t send_records(const Session::Output& pieces);

  EventLoop& loop_;
  Home& home_;
  Place place_;
  int socket_ = -1;
  SessionContext* context_ = nullptr;
  std::unique_ptr<TlsStream> tls_;  // null: plain text
  Buffer records_;                  // received, not decrypted
  std::span<char> room_;
  std::ptrdiff_t given_ = 0;  // kPlain: bytes in room_
  std::size_t promised_ = 0;  // bytes of the session's whose records have not all left
  std::optional<Connection> connection_;
  Wants wants_ = Wants::kNothing;
  bool is_readable_ = false;  // as far as is known
  bool has_end_ = false;      // the peer has said all that it will
  bool asked_again_ = false;
};

}  // namespace slipway::net
