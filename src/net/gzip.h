// gzip (RFC 1952), whole texts at a time.
//
//   RETURN_IF_ERROR(gunzip(bytes, 64 << 20, &text));     // appends
//   gzip(text, &bytes);                                                 // appends
//
// Errors: kInvalidArgument "net.gzip" for bytes that are none, kResourceExhausted "net.gzip_size".
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::net {

Result<void> gunzip(std::string_view bytes, std::size_t bytes_max, std::string* out);
void gzip(std::string_view text, std::string* out);

}  // namespace slipway::net
