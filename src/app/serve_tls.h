// TLS of `slipway serve`: its options, and certificates that are read again when they change.
//
//   ASSIGN_OR_RETURN(const auto certificates, tls_certificates(arguments));     // null without --tls-cert
//   const TlsWatch watch(certificates);                                        // until it dies
//
// Files are looked at every second; SIGHUP has them read at once. New ones that cannot be used are logged, and
// the old ones stay. Errors: kInvalidArgument "app.option", "net.tls".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "app/arguments.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "net/tls_certificates.h"

namespace slipway::app {

Result<std::shared_ptr<net::TlsCertificates>> tls_certificates(const Arguments& arguments);

class TlsWatch {
 public:
  explicit TlsWatch(std::shared_ptr<net::TlsCertificates> certificates);  // null: nothing to do
  ~TlsWatch();

 private:
  void watch() EXCLUDES(mutex_);

  const std::shared_ptr<net::TlsCertificates> certificates_;
  Mutex mutex_;
  Condition stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  OwnedThread thread_;
};

}  // namespace slipway::app
