// One POST to an HTTP server, waiting for its status: for what sends telemetry from a thread of its own.
//
//   ASSIGN_OR_RETURN(const HttpUrl url, parse_http_url("http://127.0.0.1:4318/v1/traces"));
//   ASSIGN_OR_RETURN(const int status, http_post(url, body, {.headers = "X-Token: t\r\n"}));
//
// A connection per call; the answer's body is not read. https:// is TLS, by `tls` or, without it, by a client of the
// call's own that trusts whom the system trusts. Errors: kInvalidArgument "net.url"; kUnavailable "net.post" for a server
// that is not there, does not answer in time, or not in HTTP; those of tls_client.h. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::net {

class TlsClient;

struct HttpUrl {
  bool is_tls = false;
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

Result<HttpUrl> parse_http_url(std::string_view text);

struct HttpPost {
  std::string content_type = "application/json";
  std::string headers;  // further lines, each with its end
  std::int64_t timeout_ms =
      5000;  // of each step: to connect, TLS's handshake, to send, to be answered
  const TlsClient* tls = nullptr;
};

Result<int> http_post(const HttpUrl& url, std::string_view body, const HttpPost& options = {});

}  // namespace slipway::net
