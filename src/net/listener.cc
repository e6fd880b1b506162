// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace slipway::net {
namespace {

constexpr int kBacklog = 4096;

struct FreeAddress {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddress>;

Result<Addresses> resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // An address needs no resolver, and works where there is no network to configure it.
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), "0", &hints, &found) == 0) return Addresses(found);
  hints.ai_flags = AI_PASSIVE;
  const int error = getaddrinfo(host.c_str(), "0", &hints, &found);
  if (error == 0) return Addresses(found);
  return Error(Code::kInvalidArgument, "net.host",
               fmt::format("cannot listen on host '{}': {}; give an address of this machine, such "
                           "as 127.0.0.1 (this machine only) or 0.0.0.0 (all networks)",
                           host, gai_strerror(error)));
}

Error bind_error(int error, const std::string& host, std::uint16_t port) {
  switch (error) {
    case EADDRINUSE:
      return Error(Code::kUnavailable, "net.port_in_use",
                   fmt::format("port {0} on {1} is taken: another process listens there ('ss -ltnp "
                               "sport = :{0}' shows which); stop it, or choose another port (0 "
                               "takes any free one)",
                               port, host));
    case EACCES:
      return Error(Code::kPermissionDenied, "net.port_permission",
                   fmt::format("port {} on {}: the system lets only privileged processes listen "
                               "below 1024; choose a port from 1024 on, such as 8080",
                               port, host));
    case EADDRNOTAVAIL:
      return Error(Code::kInvalidArgument, "net.host",
                   fmt::format("cannot listen on host '{}': it is no address of this machine; use "
                               "127.0.0.1 (this machine only) or 0.0.0.0 (all networks)",
                               host));
    default:
      return Error(Code::kUnavailable, "net.listen",
                   fmt::format("cannot listen on {}:{}: {}", host, port, std::strerror(error)));
  }
}

void set_port(sockaddr* address, std::uint16_t port) {
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  }
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void set_flag(int socket, int level, int option) {
  const int on = 1;
  (void)setsockopt(socket, level, option, &on, sizeof(on));
}

// A bound socket, or -1 with errno set.
int bound_socket(const addrinfo& address, bool shared) {
  const int socket =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) return -1;
  set_flag(socket, SOL_SOCKET, SO_REUSEADDR);
  if (shared) set_flag(socket, SOL_SOCKET, SO_REUSEPORT);
  set_flag(socket, IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  if (bind(socket, address.ai_addr, address.ai_addrlen) == 0) return socket;
  const int error = errno;
  close(socket);
  errno = error;
  return -1;
}

// Whether the port is somebody else's: sockets that share a port (SO_REUSEPORT) would bind beside
// those of another server of ours, and each would get half of the requests.
int probe(const addrinfo& address) {
  const int socket = bound_socket(address, false);
  if (socket < 0) return errno;
  const int error = listen(socket, 1) == 0 ? 0 : errno;
  close(socket);
  return error;
}

}  // namespace

Result<Listeners> Listeners::open(const std::string& host, std::uint16_t port, std::size_t count) {
  ASSIGN_OR_RETURN(const Addresses address, resolve(host));
  Listeners listeners;
  listeners.port_ = port;
  set_port(address->ai_addr, port);
  if (const int error = probe(*address); error != 0) return bind_error(error, host, port);
  for (std::size_t i = 0; i < count; ++i) {
    set_port(address->ai_addr, listeners.port_);
    const int socket = bound_socket(*address, count > 1);
    if (socket < 0) return bind_error(errno, host, listeners.port_);
    listeners.sockets_.push_back(socket);
    if (listen(socket, kBacklog) != 0) return bind_error(errno, host, listeners.port_);
    listeners.port_ = port_of(socket);
  }
  return listeners;
}

Listeners::Listeners(Listeners&& other) noexcept
    : sockets_(std::move(other.sockets_)), port_(other.port_) {
  other.sockets_.clear();
}

Listeners::~Listeners() {
  for (const int socket : sockets_) {
    if (socket >= 0) close(socket);
  }
}

int Listeners::take(std::size_t index) { return std::exchange(sockets_[index], -1); }

}  // namespace slipway::net
