// gzip and deflate (RFC 1950, as HTTP means it), both ways.
//
//   RETURN_IF_ERROR(decompress(*encoding, body, max_bytes, &plain));      // plain has kJsonPadding behind it
//   if (const auto encoding = chosen_encoding(accept)) compress(*encoding, body, &packed);
//
// What is unpacked has a limit, whatever the packed bytes promise. Errors: kInvalidArgument
// "realtime.encoding" for damaged bytes, kResourceExhausted "realtime.too_large", kUnimplemented
// "realtime.encoding" for others. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::deploy::realtime {

enum class Encoding : std::uint8_t { kGzip, kDeflate };
std::string_view name_of(Encoding encoding);

// Of a Content-Encoding; none for identity.
Result<std::optional<Encoding>> encoding_named(std::string_view name);
// Of an Accept-Encoding with its q values: the best that we have, gzip of equal ones. None: send it plain.
std::optional<Encoding> chosen_encoding(std::string_view accept);

Result<void> decompress(Encoding encoding, std::string_view packed, std::size_t max_bytes,
                        std::string* out);
Result<void> compress(Encoding encoding, std::string_view plain, std::string* out);

}  // namespace slipway::deploy::realtime
