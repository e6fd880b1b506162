// SPDX-License-Identifier: Apache-2.0
#include "net/peer.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/http1_session.h"

namespace slipway::net {
namespace {

constexpr int kSend = MSG_NOSIGNAL | MSG_DONTWAIT;

ssize_t send_both(int socket, const Session::Output& pieces) {
  std::array<iovec, 2> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, kSend);
}

}  // namespace

Peer::~Peer() {
  give_records_back();
  if (socket_ >= 0) close(socket_);
}

bool Peer::open(int socket, Place place, const Parts& parts) {
  place_ = place;
  context_ = &parts.context;
  if (parts.tls != nullptr) {
    tls_ = parts.tls->open();
    if (tls_ == nullptr) return false;
  }
  if (!loop_.add(socket, *this)) return false;
  socket_ = socket;
  connection_.emplace(Connection::Parts{*this, *this, parts.context, parts.wheel},
                      std::make_unique<Http1Session>(parts.context));
  connection_->start();
  return true;
}

void Peer::drain() {
  if (socket_ >= 0) connection_->drain();
}

// ---- what the loop is asked for, and says

void Peer::ask_again() {
  if (!std::exchange(asked_again_, true)) loop_.again(*this);
}

void Peer::want(Wants what) {
  wants_ = what;
  if (is_readable_) ask_again();
}

void Peer::on_events(unsigned events) {
  if (events == 0) asked_again_ = false;
  if ((events & kReadable) != 0) is_readable_ = true;
  if ((events & kEnded) != 0) has_end_ = true;
  switch (wants_) {
    case Wants::kNothing:
      return;
    case Wants::kRead:
      if (is_readable_) return receive_plain();
      if ((events & kWritable) != 0) connection_->on_writable();
      return;
    case Wants::kRecords:
      if (is_readable_) return receive_records();
      if ((events & kWritable) != 0) connection_->on_writable();
      return;
    case Wants::kPlain:
      return tell_read(given_);
    case Wants::kReadable:
      if (!is_readable_) return;
      wants_ = Wants::kNothing;
      return connection_->on_readable();
    case Wants::kWritable:
      if ((events & kWritable) == 0) return;
      wants_ = Wants::kNothing;
      return connection_->on_writable();
    case Wants::kCancelled:
      return tell_read(-1);
  }
}

void Peer::tell_read(std::ptrdiff_t bytes) {
  wants_ = Wants::kNothing;
  connection_->on_read(bytes);
}

void Peer::cancel() {
  const bool reads = wants_ == Wants::kRead || wants_ == Wants::kRecords;
  if (wants_ == Wants::kPlain) return;  // on its way already
  wants_ = reads ? Wants::kCancelled : Wants::kNothing;
  if (reads) ask_again();
}

void Peer::ended() {
  loop_.forget(*this);
  wants_ = Wants::kNothing;
  close(std::exchange(socket_, -1));
  // We cannot die here, inside a call of our own connection.
  loop_.post([this] { home_.remove(place_); });
}

// ---- input

void Peer::read(std::span<char> room) {
  room_ = room;
  if (tls_ == nullptr) return want(Wants::kRead);
  // A record may hold more than there was room for: told later, as all that is received.
  given_ = tls_->read(room);
  if (given_ == TlsStream::kMore) return want(Wants::kRecords);
  wants_ = Wants::kPlain;
  ask_again();
}

void Peer::await_readable() {
  give_records_back();
  want(Wants::kReadable);
}

// As recv(); kWouldBlock if there is nothing, kBroken if there will be nothing.
std::ptrdiff_t Peer::receive(std::span<char> room) {
  while (true) {
    const ssize_t bytes = recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
    if (bytes >= 0) {
      is_readable_ = has_end_ || static_cast<std::size_t>(bytes) == room.size();
      return bytes;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return is_readable_ = false, kWouldBlock;
    if (errno != EINTR) return kBroken;
  }
}

void Peer::receive_plain() {
  const std::ptrdiff_t bytes = receive(room_);
  if (bytes == kWouldBlock) return;
  context_->begin_work();
  tell_read(bytes);
}

void Peer::receive_records() {
  do {
    if (!records_) records_ = context_->buffers.take(BufferPool::kBlockBytes);
    if (!records_) return tell_read(kBroken);
    const std::ptrdiff_t bytes = receive({records_.bytes.get(), records_.capacity});
    if (bytes == kWouldBlock) return;
    context_->begin_work();
    if (bytes <= 0) {
      give_records_back();
      return tell_read(bytes);
    }
    tls_->feed({records_.bytes.get(), static_cast<std::size_t>(bytes)});
    const std::ptrdiff_t plain = tls_->read(room_);
    if (!flush_records() || plain == TlsStream::kBroken) return tell_read(kBroken);
    if (plain != TlsStream::kMore) return tell_read(plain);
  } while (is_readable_);
}

void Peer::give_records_back() {
  if (context_ != nullptr) context_->buffers.give_back(std::exchange(records_, Buffer()));
}

// ---- output

std::ptrdiff_t Peer::write(const Session::Output& pieces) {
  return tls_ == nullptr ? send_plain(pieces) : send_records(pieces);
}

void Peer::end_output() {
  if (tls_ != nullptr) {
    tls_->close();
    (void)flush_records();
  }
  ::shutdown(socket_, SHUT_WR);
}

std::ptrdiff_t Peer::send_plain(const Session::Output& pieces) {
  while (true) {
    const ssize_t sent = pieces[1].empty()
                             ? send(socket_, pieces[0].data(), pieces[0].size(), kSend)
                             : send_both(socket_, pieces);
    if (sent >= 0) return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
    if (errno != EINTR) return kBroken;
  }
}

// False if the socket is broken; what it does not take now stays.
bool Peer::flush_records() {
  while (!tls_->output().empty()) {
    const std::ptrdiff_t sent = send_plain({tls_->output(), {}});
    if (sent == kBroken) return false;
    if (sent == kWouldBlock) return true;
    tls_->sent(static_cast<std::size_t>(sent));
  }
  return true;
}

// Bytes count as taken when their records have left: until then the same come again.
std::ptrdiff_t Peer::send_records(const Session::Output& pieces) {
  constexpr std::size_t kAtOnce = 64u << 10;
  for (const std::string_view piece : pieces) {
    if (promised_ > 0) break;
    const std::string_view part = piece.substr(0, kAtOnce);
    if (!tls_->write(part)) return kBroken;
    promised_ += part.size();
  }
  if (!flush_records()) return kBroken;
  if (!tls_->output().empty()) return kWouldBlock;
  return static_cast<std::ptrdiff_t>(std::exchange(promised_, 0));
}

}  // namespace slipway::net
