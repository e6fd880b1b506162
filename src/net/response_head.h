// The bytes of a response up to its body.
//
//   std::string head;
//   append_response_head(response, {.keep_alive = true, .date = http_date(now_us)}, &head);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace slipway::net {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7)
std::string http_date(std::int64_t us_since_epoch);

struct ResponseFraming {
  bool keep_alive = true;
  bool http11 = true;  // of the request: HTTP/1.0 wants to be told that it may go on
  std::string_view date;
};

// Appends everything before the body, with its length.
void append_response_head(const HttpResponse& response, const ResponseFraming& framing,
                          std::string* out);

}  // namespace slipway::net
