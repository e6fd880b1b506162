// A connection to a server over TLS, by a TlsClient (tls_client.h), whose settings it has.
//
//   ASSIGN_OR_RETURN(auto connection, TlsConnection::open(context, socket, {.host = "h"}));   // the handshake
//   RETURN_IF_ERROR(connection->send(bytes));
//   ASSIGN_OR_RETURN(const std::size_t got, connection->receive(room));             // 0: the server has ended
//
// Time is the socket's. Errors: kUnavailable "net.tls_peer" for a server that shows no good certificate (which one, and
// what to do) or says that it refuses us, "net.post" for all else. What could not be sent leaves receive() allowed: a
// server may have said why. Not thread-safe. The protocol is OpenSSL's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/client_socket.h"
#include "net/tls_problem.h"

namespace slipway::net {

class TlsConnection {
 public:
  // `context` is an SSL_CTX; the socket outlives the connection.
  static Result<std::unique_ptr<TlsConnection>> open(void* context, ClientSocket& socket,
                                                     CertificateAsked asked);
  // Says that we end, unless the connection is broken.
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  Result<void> send(std::string_view bytes);
  // At least one byte, unless the server has ended.
  Result<std::size_t> receive(std::span<char> room);

 private:
  struct Impl;
  explicit TlsConnection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::net
