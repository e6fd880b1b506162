// HTTP/2 on one connection (RFC 9113): many requests at a time, each answered when it is complete;
// see session.h. The framing is nghttp2's; what a peer may cost us is decided here.
//
//   auto session = make_http2_session(context, bytes_received_already);
//
// Requests go to the same Handler as those of HTTP/1.1, inline, with the same limits; streams that
// Handler::open() takes get their bodies as they arrive. Memory for what a peer does not read is
// bounded by its own windows. While draining, new requests are still taken for
// Limits::drain_idle_ms, as a client that has not read the GOAWAY yet may send them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "net/session.h"

namespace slipway::net {

// What a client that speaks HTTP/2 says first (RFC 9113 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// `context` outlives the session. Null if there is no memory for it.
std::unique_ptr<Session> make_http2_session(SessionContext& context, std::string_view received);

// The same after a request that has asked for it (h2c_upgrade.h): it has been let through and becomes stream 1. Null if
// its settings are none.
std::unique_ptr<Session> make_upgraded_session(SessionContext& context, const HttpRequest& request,
                                               std::string_view settings,
                                               std::string_view received);

}  // namespace slipway::net
