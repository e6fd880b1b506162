// TLS 1.2 and 1.3 towards a server that must show who it is: a certificate for the host that was asked, signed by
// one whom the system trusts, or whom `ca_file` names.
//
//   ASSIGN_OR_RETURN(auto tls, TlsClient::create({.ca_file = "ca.pem", .ca_option = "--otlp-ca FILE"}));
//   ASSIGN_OR_RETURN(auto connection, tls->connect(socket, "collector.example"));   // the handshake
//
// One for many connections: it holds the trusted certificates, read once. Errors: kInvalidArgument "net.tls" for a CA
// file that cannot be used, with OpenSSL's reason; those of TlsConnection. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "net/client_socket.h"
#include "net/tls_connection.h"

namespace slipway::net {

class TlsClient {
 public:
  struct Options {
    std::string
        ca_file;  // PEM; empty: whom the system trusts (OpenSSL's SSL_CERT_FILE, SSL_CERT_DIR count)
    std::string ca_option;  // how a user gives that file, for messages
  };
  static Result<std::unique_ptr<const TlsClient>> create(Options options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // `host`: a name or an address. The socket outlives the connection.
  Result<std::unique_ptr<TlsConnection>> connect(ClientSocket& socket,
                                                 const std::string& host) const;

 private:
  explicit TlsClient(Options options) : options_(std::move(options)) {}

  const Options options_;
  void* context_ = nullptr;  // OpenSSL's SSL_CTX
};

}  // namespace slipway::net
