// TLS of `slipway serve`: its options, and certificates that are read again when they change.
//
//   ASSIGN_OR_RETURN(const auto certificates, tls_certificates(arguments));     // null without --tls-cert
//   const auto following = follow_certificates(certificates);                  // until it dies
//
// Files are looked at every second; SIGHUP has them read even if they look the same. New ones that cannot be
// used are logged, and the old ones stay. Errors: kInvalidArgument "app.option", "net.tls".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "app/arguments.h"
#include "app/ticker.h"
#include "base/result.h"
#include "net/tls_certificates.h"

namespace slipway::app {

Result<std::shared_ptr<net::TlsCertificates>> tls_certificates(const Arguments& arguments);

// Null if there are none.
std::unique_ptr<Ticker> follow_certificates(std::shared_ptr<net::TlsCertificates> certificates);

}  // namespace slipway::app
