// SPDX-License-Identifier: Apache-2.0
#include "net/client_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/clock.h"

namespace slipway::net {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

Error failed(std::string what) { return Error(Code::kUnavailable, "net.post", std::move(what)); }

struct FreeAddress {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

}  // namespace

ClientSocket::~ClientSocket() {
  if (number_ >= 0) close(number_);
}

void ClientSocket::allow(std::int64_t timeout_ms) {
  timeout_ms_ = timeout_ms;
  ends_ns_ = system_clock().monotonic_ns() + timeout_ms * kNsPerMs;
}

Result<void> ClientSocket::wait(short events) const {
  for (;;) {
    const std::int64_t left_ms = (ends_ns_ - system_clock().monotonic_ns()) / kNsPerMs;
    if (left_ms <= 0) return failed(fmt::format("nothing came of it in {} ms", timeout_ms_));
    pollfd waited{.fd = number_, .events = events, .revents = 0};
    const int ready = poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return failed(std::strerror(errno));
  }
}

Result<void> ClientSocket::connect_to(const void* address, unsigned size) {
  if (::connect(number_, static_cast<const sockaddr*>(address), size) == 0) return {};
  if (errno != EINPROGRESS) return failed(std::strerror(errno));
  RETURN_IF_ERROR(wait(POLLOUT));
  int error = 0;
  socklen_t error_size = sizeof error;
  if (getsockopt(number_, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0) error = errno;
  if (error != 0) return failed(std::strerror(error));
  return {};
}

Result<ClientSocket> ClientSocket::connect(const std::string& host, const std::string& port,
                                           std::int64_t timeout_ms) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    return failed(gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddress> addresses(found);
  Error last = failed("it has no address that can be used here");
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    ClientSocket made(socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             each->ai_protocol));
    if (made.number_ < 0) continue;
    made.allow(timeout_ms);
    auto done = made.connect_to(each->ai_addr, each->ai_addrlen);
    if (done) return made;
    last = std::move(done).error();
  }
  return last;
}

Result<void> ClientSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      RETURN_IF_ERROR(wait(POLLOUT));
      continue;
    }
    if (sent < 0) return failed(std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::size_t> ClientSocket::receive(std::span<char> room) {
  for (;;) {
    // Before it is read: who always has another byte does not stretch the time.
    RETURN_IF_ERROR(wait(POLLIN));
    const ssize_t got = recv(number_, room.data(), room.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
      return failed(std::strerror(errno));
  }
}

}  // namespace slipway::net
