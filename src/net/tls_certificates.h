// Whom a TLS server says it is, from files that may change while it serves: connections that are open keep
// what they began with, the next ones get the new.
//
//   ASSIGN_OR_RETURN(auto certificates, TlsCertificates::load({.certificate = "cert.pem", .key = "key.pem"}));
//   HttpServer::start({.tls = certificates}, ...);
//   RETURN_IF_ERROR(certificates->reload());            // the old ones stay where the new cannot be read
//   if (certificates->changed()) ...                    // the files are other ones than those last read
//
// TLS 1.2 and 1.3, forward secrecy and authenticated ciphers only, tickets, no renegotiation; ALPN offers h2 and
// http/1.1. With client_ca, who connects must show a certificate that it has signed.
// Errors: kInvalidArgument "net.tls", with the file and OpenSSL's reason. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace slipway::net {

struct TlsFiles {
  std::string certificate;  // PEM: the server's, then those that signed it
  std::string key;          // PEM
  std::string client_ca;    // PEM; empty: clients need not say who they are
};

class TlsStream;

class TlsCertificates {
 public:
  static Result<std::shared_ptr<TlsCertificates>> load(TlsFiles files);
  ~TlsCertificates();

  Result<void> reload() EXCLUDES(mutex_);
  bool changed() const EXCLUDES(mutex_);
  // A connection's. Null if there is no memory for it.
  std::unique_ptr<TlsStream> open() const EXCLUDES(mutex_);

 private:
  struct Context;  // OpenSSL's
  explicit TlsCertificates(TlsFiles files) : files_(std::move(files)) {}
  // Sizes and times of the files, as text.
  std::string stamp() const;

  const TlsFiles files_;
  mutable Mutex mutex_;
  std::shared_ptr<const Context> context_ GUARDED_BY(mutex_);
  std::string stamp_ GUARDED_BY(mutex_);
};

}  // namespace slipway::net
