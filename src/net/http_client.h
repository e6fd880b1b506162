// One request to an HTTP server, by a thread that may wait for the answer: telemetry on its way out, `slipway doctor`.
//
//   ASSIGN_OR_RETURN(const HttpUrl url, parse_http_url("http://127.0.0.1:4318/v1/traces"));
//   ASSIGN_OR_RETURN(const HttpAnswer answer, http_call(url, {.body = body, .headers = "X-Token: t\r\n"}));
//
// A connection per call. The answer's body is read only if it is asked for. https:// is TLS, by `tls` or, without it, by
// a client of the call's own that trusts whom the system trusts. Errors: kInvalidArgument "net.url"; kUnavailable
// "net.post" for a server that is not there, does not answer in time, not in HTTP, or at too great a length; those of
// tls_client.h. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_answer.h"

namespace slipway::net {

class TlsClient;

struct HttpUrl {
  bool is_tls = false;
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

Result<HttpUrl> parse_http_url(std::string_view text);

struct HttpCall {
  std::string_view method = "POST";
  std::string_view body;
  std::string content_type = "application/json";
  std::string headers;  // further lines, each with its end
  std::int64_t timeout_ms =
      5000;  // of each step: to connect, TLS's handshake, to send, to be answered
  const TlsClient* tls = nullptr;
  std::size_t answer_bytes_max = 0;  // 0: its status alone is waited for
};

Result<HttpAnswer> http_call(const HttpUrl& url, const HttpCall& call = {});

}  // namespace slipway::net
