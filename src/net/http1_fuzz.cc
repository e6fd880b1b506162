// Whatever the bytes and however they are cut: the same complete requests with the same bodies.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "net/http1_parser.h"

namespace slipway::net {
namespace {

constexpr Limits kLimits{.header_bytes_max = 512,
                         .header_fields_max = 10,
                         .target_bytes_max = 64,
                         .body_bytes_max = 1000};

void append_message(const Http1Message& message, std::string_view bytes, std::string* out) {
  *out += name_of(message.method);
  *out += bytes.substr(message.target_at, message.target_size);
  for (const FieldPlace& field : message.fields) {
    *out += '\n';
    *out += bytes.substr(field.name_at, field.name_size);
    *out += ':';
    *out += bytes.substr(field.value_at, field.value_size);
  }
  *out += '{';
  *out += bytes.substr(message.body_at, message.body_size);
  *out += message.keep_alive ? "}+" : "}-";
}

// Feeds pieces of lengths that `step` decides, each call with memory of its own, so that reading
// past what has arrived is seen.
std::string transcript(std::string_view input, std::size_t step) {
  Http1Parser parser(kLimits);
  std::string out, held;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t piece = step == 0 ? input.size() : 1 + (at * 7 + step) % step;
    held += input.substr(at, piece);
    at += std::min(piece, input.size() - at);
    while (!held.empty()) {
      std::size_t size = held.size();
      const auto bytes = std::make_unique<char[]>(size);
      std::memcpy(bytes.get(), held.data(), size);
      const auto said = parser.parse(bytes.get(), &size);
      held.assign(bytes.get(), size);
      if (said == Http1Parser::Step::kNeedMore) break;
      if (said == Http1Parser::Step::kHeader) continue;
      // What is wrong is found sooner or later, depending on the pieces, so a refusal reads like a
      // message that has not ended; it must not read like one that has.
      if (said == Http1Parser::Step::kRefused) return out;
      const Http1Message& message = parser.message();
      if (message.body_size > kLimits.body_bytes_max || message.end > size) std::abort();
      append_message(message, held, &out);
      held.erase(0, message.end);
      parser.reset();
    }
  }
  return out;
}

}  // namespace
}  // namespace slipway::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string whole = slipway::net::transcript(input, 0);
  for (const std::size_t step : {1, 2, 3, 17, 64}) {
    if (slipway::net::transcript(input, step) != whole) std::abort();
  }
  return 0;
}
