// What went wrong in TLS, and why a server's certificate is refused, in words that say what to do.
//
//   std::string why = certificate_problem(store_context, {.host = "h", .ca_option = "--otlp-ca FILE"});
//   // "its certificate has expired (Nov 28 12:00:00 2026 GMT): ..."
//
// What the certificate says of itself is cut and made printable: it is whatever the server sent. Called from within
// OpenSSL's verification, with its X509_STORE_CTX. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace slipway::net {

struct CertificateAsked {
  std::string host;
  std::string ca_option;
};

// OpenSSL's words for what failed first on this thread, which it forgets.
std::string tls_reason();

std::string certificate_problem(void* store_context, const CertificateAsked& asked);

}  // namespace slipway::net
