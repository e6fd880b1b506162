// SPDX-License-Identifier: Apache-2.0
#include "net/test_raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace slipway::net {
namespace {

int listen_somewhere() {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  listen(made, 8);
  return made;
}

}  // namespace

RawServer::RawServer(std::string says, bool stays, std::size_t segment_bytes)
    : says_(std::move(says)),
      stays_(stays),
      segment_bytes_(segment_bytes),
      socket_(listen_somewhere()),
      thread_("raw", [this] { serve(); }) {}

RawServer::~RawServer() {
  shutdown(socket_, SHUT_RDWR);
  thread_.join();
  close(socket_);
}

std::string RawServer::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  return std::to_string(ntohs(address.sin_port));
}

void RawServer::serve() const {
  const int peer = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (peer < 0) return;
  const int on = 1;
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  for (std::string_view rest = says_; !rest.empty();) {
    const std::string_view segment = rest.substr(0, segment_bytes_);
    if (send(peer, segment.data(), segment.size(), MSG_NOSIGNAL) <= 0) break;
    rest.remove_prefix(segment.size());
  }
  std::array<char, 4096> bytes;
  while (stays_ && recv(peer, bytes.data(), bytes.size(), 0) > 0) {
  }
  close(peer);
}

}  // namespace slipway::net
