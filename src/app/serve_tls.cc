// SPDX-License-Identifier: Apache-2.0
#include "app/serve_tls.h"

#include <csignal>
#include <string>
#include <utility>

#include "base/log.h"

namespace slipway::app {
namespace {

constexpr std::int64_t kLookEveryMs = 1000;

volatile std::sig_atomic_t hung_up = 0;

}  // namespace

Result<std::shared_ptr<net::TlsCertificates>> tls_certificates(const Arguments& arguments) {
  net::TlsFiles files{.certificate = arguments.text("tls-cert"),
                      .key = arguments.text("tls-key"),
                      .client_ca = arguments.text("tls-client-ca")};
  if (files.certificate.empty() && files.key.empty() && files.client_ca.empty())
    return std::shared_ptr<net::TlsCertificates>();
  if (files.certificate.empty() || files.key.empty()) {
    return Error(Code::kInvalidArgument, "app.option",
                 "TLS needs both --tls-cert and --tls-key, PEM files");
  }
  return net::TlsCertificates::load(std::move(files));
}

std::unique_ptr<Ticker> follow_certificates(std::shared_ptr<net::TlsCertificates> certificates) {
  if (certificates == nullptr) return nullptr;
  std::signal(SIGHUP, [](int) { hung_up = 1; });
  return std::make_unique<Ticker>(kLookEveryMs, [certificates = std::move(certificates)] {
    const bool is_told = hung_up != 0;
    hung_up = 0;
    if (!is_told && !certificates->changed()) return;
    const auto done = certificates->reload();
    done ? log_info("TLS certificates read again")
         : log_error("TLS certificates stay as they were: {}", done.error().message());
  });
}

}  // namespace slipway::app
