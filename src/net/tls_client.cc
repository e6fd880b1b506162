// SPDX-License-Identifier: Apache-2.0
#include "net/tls_client.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace slipway::net {
namespace {

constexpr unsigned char kProtocols[] = "\x08http/1.1";

}  // namespace

Result<std::unique_ptr<const TlsClient>> TlsClient::create(Options options) {
  std::unique_ptr<TlsClient> made(new TlsClient(std::move(options)));
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr)
    return Error(Code::kInvalidArgument, "net.tls", "TLS cannot be set up: " + tls_reason());
  made->context_ = context;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_alpn_protos(context, kProtocols, sizeof(kProtocols) - 1);
  const std::string& file = made->options_.ca_file;
  if (file.empty()) {
    // Where the system has none, servers are not trusted, and their errors say so.
    SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
  } else if (SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    return Error(
        Code::kInvalidArgument, "net.tls",
        fmt::format("the certificates of those to trust (PEM), {}: {}", file, tls_reason()));
  }
  return std::unique_ptr<const TlsClient>(std::move(made));
}

TlsClient::~TlsClient() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

Result<std::unique_ptr<TlsConnection>> TlsClient::connect(ClientSocket& socket,
                                                          const std::string& host) const {
  return TlsConnection::open(context_, socket, {.host = host, .ca_option = options_.ca_option});
}

}  // namespace slipway::net
