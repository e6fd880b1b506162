// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace slipway::net {
namespace {

// Peers limit what they take as headers, mostly to 8 KiB; percent signs treble a byte.
constexpr std::size_t kMessageBytesMax = 2048;

}  // namespace

Code grpc_status_of_http(int status) {
  switch (status) {
    case 400:
    case 414:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
    case 405:
    case 415:
    case 501:
      return Code::kUnimplemented;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 413:
    case 429:
    case 431:
      return Code::kResourceExhausted;
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

void append_percent_encoded(std::string_view text, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7E && c != '%') {
      *out += c;
    } else {
      *out += '%';
      *out += kDigits[byte >> 4];
      *out += kDigits[byte & 15];
    }
  }
}

void append_grpc_status(int status, std::string_view message, std::string* lines) {
  const fmt::format_int number(status);
  lines->append("grpc-status: ").append(number.data(), number.size()).append("\r\n");
  if (message.empty()) return;
  lines->append("grpc-message: ");
  append_percent_encoded(message.substr(0, kMessageBytesMax), lines);
  lines->append("\r\n");
}

bool is_overload(std::string_view reason) {
  constexpr std::array<std::string_view, 4> kNames{"in_flight", "model_in_flight", "held",
                                                   "buffered_bytes"};
  const std::string_view name = reason.substr(reason.find('.') + 1);
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

void append_grpc_pushback(std::int64_t after_s, std::string* lines) {
  // The field is a 32-bit integer; what is none keeps clients from calling again.
  const std::int64_t ms = std::min<std::int64_t>(after_s, 1'000'000) * 1000;
  lines->append(fmt::format("grpc-retry-pushback-ms: {}\r\n", ms));
}

void write_trailers_only(Code code, std::string_view message, HttpResponse* response) {
  response->status = 200;
  response->content_type = "application/grpc";
  response->body.clear();
  append_grpc_status(static_cast<int>(code), message, &response->headers);
}

}  // namespace slipway::net
