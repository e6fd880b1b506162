// For tests: a server that says its bytes to the first who comes, one segment after the other, and ends; or stays until
// that one ends.
//
//   RawServer server("HTTP/1.1 200 OK\r\n\r\n", false);
//   http_call({.host = "127.0.0.1", .port = server.port()}, {});
//
// The destructor waits for its thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/thread_pool.h"

namespace slipway::net {

class RawServer {
 public:
  RawServer(std::string says, bool stays, std::size_t segment_bytes = static_cast<std::size_t>(-1));
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string port() const;

 private:
  void serve() const;

  const std::string says_;
  const bool stays_;
  const std::size_t segment_bytes_;
  const int socket_;
  OwnedThread thread_;
};

}  // namespace slipway::net
