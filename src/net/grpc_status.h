// gRPC's statuses on the wire: our Code is its number, so that only HTTP's have to be mapped.
//
//   write_trailers_only(Code::kUnavailable, "try again later", &response);
//   append_grpc_pushback(1, &response.headers);
//
// The message is percent-encoded as gRPC's HTTP/2 mapping says. Pure functions; safe from any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http.h"

namespace slipway::net {

// What an answer that HTTP has a status for says in gRPC.
Code grpc_status_of_http(int status);

// "grpc-status: 5\r\ngrpc-message: ...\r\n"; the message is left out if it is empty.
void append_grpc_status(int status, std::string_view message, std::string* lines);

// Whether a call was refused because of load, before anything was begun, and may be made again a little later: told
// by the reason of the Error, behind its module's name, as in "net.buffered_bytes".
bool is_overload(std::string_view reason);
// For clients that call again by themselves: when. "grpc-retry-pushback-ms: 1000\r\n" (gRPC's proposal A6).
void append_grpc_pushback(std::int64_t after_s, std::string* lines);

// A whole answer that is only a status: in its header, without a body.
void write_trailers_only(Code code, std::string_view message, HttpResponse* response);

// Printable ASCII but '%' stays; all else becomes %XX.
void append_percent_encoded(std::string_view text, std::string* out);

}  // namespace slipway::net
