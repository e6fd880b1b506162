// Sockets that listen on one address, one for each reactor.
//
//   ASSIGN_OR_RETURN(Listeners listeners, Listeners::open("127.0.0.1", 0, 2));
//   listeners.port();                    // the one that the system chose
//   int socket = listeners.take(0);      // the caller closes it
//
// Errors say what to do: kUnavailable "net.port_in_use", kPermissionDenied "net.port_permission",
// kInvalidArgument "net.host". Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace slipway::net {

class Listeners {
 public:
  static Result<Listeners> open(const std::string& host, std::uint16_t port, std::size_t count);
  ~Listeners();
  Listeners(Listeners&& other) noexcept;
  Listeners& operator=(Listeners&& other) = delete;

  std::uint16_t port() const { return port_; }
  int take(std::size_t index);

 private:
  Listeners() = default;

  std::vector<int> sockets_;  // -1: taken
  std::uint16_t port_ = 0;
};

}  // namespace slipway::net
