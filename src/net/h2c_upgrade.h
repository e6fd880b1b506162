// A request of HTTP/1.1 that offers to go on in HTTP/2 without TLS (RFC 7540 3.2; `curl --http2`, older Java clients).
//
//   if (const auto settings = h2c_settings_of(request)) ...    // the payload of a SETTINGS frame
//
// Nothing unless it is asked for in full: Upgrade has h2c, Connection has Upgrade and HTTP2-Settings, and there is one
// HTTP2-Settings field in base64url, and no proxy has left its mark (Via, Forwarded, ...). RFC 9113 has dropped the mechanism; a server may pass it over, and then answers in
// HTTP/1.1. Pure function; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "net/http.h"

namespace slipway::net {

std::optional<std::string> h2c_settings_of(const HttpRequest& request);

// Whether a field of that name belongs to the connection, and not to the request that becomes stream 1.
bool is_of_connection(std::string_view name);

}  // namespace slipway::net
