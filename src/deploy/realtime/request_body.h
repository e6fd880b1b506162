// The body of a request as its decoders want it: unpacked, and split where the JSON ends and bytes of tensors
// begin (Inference-Header-Content-Length).
//
//   ASSIGN_OR_RETURN(const RequestBody body, read_body(request, max_bytes, &scratch));
//   parser.parse_padded(body.json.data(), body.json.size(), body.capacity)
//
// Views into the request, or into the scratch until its next use. Errors: those of compression.h,
// kInvalidArgument "realtime.header_length". Not thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace slipway::deploy::realtime {

struct RequestBody {
  std::string_view json;
  std::size_t capacity = 0;  // bytes readable from json.data(): at least json.size() + kJsonPadding
  std::string_view binary;   // what follows the JSON
  bool is_raw = false;       // a length of 0 was given: all of it is one tensor's values
};

Result<RequestBody> read_body(const net::HttpRequest& request, std::size_t max_bytes,
                              std::string* scratch);

// Packs the body as the request accepts it, if that is worth it.
void pack_reply(const net::HttpRequest& request, net::HttpResponse* response);
void pack_reply(std::string_view accept_encoding, net::HttpResponse* response);

}  // namespace slipway::deploy::realtime
