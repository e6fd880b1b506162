// A request's head of HTTP/1.1, read at once if it is as plain as most are.
//
//   if (read_plain_head(bytes, limits, &message)) ...   // all of it is known: message.body_at, .fields, ...
//   else ...                                            // not whole yet, or not plain: http1_parser.h's grammar decides
//
// Plain: GET or POST of a path, HTTP/1.1, printable ASCII, Host once, Content-Length at most once and within the limit, and
// nothing that bears on framing or on the connection but `Connection: keep-alive`. It refuses nothing and takes nothing that
// the grammar would refuse or read in another way (http1_fuzz.cc compares them), for a quarter of the work. Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "net/http1_parser.h"
#include "net/options.h"

namespace slipway::net {

// False: `message` is what it was. `bytes` begin with the request's first.
bool read_plain_head(std::string_view bytes, const Limits& limits, Http1Message* message);

}  // namespace slipway::net
