// A TCP connection to another server, for a thread that may wait, though never longer than it has said.
//
//   ASSIGN_OR_RETURN(ClientSocket socket, ClientSocket::connect("collector", "4318", 5000));
//   socket.allow(5000);                                        // until the next allow(), all together
//   RETURN_IF_ERROR(socket.send(bytes));
//   ASSIGN_OR_RETURN(const std::size_t got, socket.receive(room));    // 0: the server has ended
//
// A peer that sends a byte now and then gains no time by it, and one that is gone raises no SIGPIPE.
// Errors: kUnavailable "net.post" with the system's reason. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace slipway::net {

class ClientSocket {
 public:
  // Each address of the host is given that time.
  static Result<ClientSocket> connect(const std::string& host, const std::string& port,
                                      std::int64_t timeout_ms);
  ~ClientSocket();
  ClientSocket(ClientSocket&& other) noexcept
      : number_(std::exchange(other.number_, -1)),
        timeout_ms_(other.timeout_ms_),
        ends_ns_(other.ends_ns_) {}
  ClientSocket& operator=(ClientSocket&&) = delete;

  void allow(std::int64_t timeout_ms);
  // All of it.
  Result<void> send(std::string_view bytes);
  // At least one byte, unless the server has ended.
  Result<std::size_t> receive(std::span<char> room);

 private:
  explicit ClientSocket(int number) : number_(number) {}
  // Until one of poll()'s events is there.
  Result<void> wait(short events) const;
  Result<void> connect_to(const void* address, unsigned size);

  int number_;
  std::int64_t timeout_ms_ = 0, ends_ns_ = 0;
};

}  // namespace slipway::net
