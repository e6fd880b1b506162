// SPDX-License-Identifier: Apache-2.0
#include "net/h2c_upgrade.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::size_t kSettingsBytesMax = 6 * 32;  // more settings than there are

bool has_token(std::string_view list, std::string_view token) {
  for (const std::string_view each : split(list, ',')) {
    if (equal_ignoring_case(trim(each), token)) return true;
  }
  return false;
}

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

// RFC 4648 5, without padding.
std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFF);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<std::string> h2c_settings_of(const HttpRequest& request) {
  // A proxy that hands such a request on would be a tunnel past its own rules.
  for (const char* mark : {"Via", "Forwarded", "X-Forwarded-For", "X-Real-IP"}) {
    if (request.headers.find(mark)) return std::nullopt;
  }
  const auto upgrade = request.headers.find("Upgrade");
  if (!upgrade || !has_token(*upgrade, "h2c")) return std::nullopt;
  const std::string_view connection = request.headers.find("Connection").value_or("");
  if (!has_token(connection, "upgrade") || !has_token(connection, "http2-settings"))
    return std::nullopt;
  std::size_t fields = 0;
  for (std::size_t i = 0; i < request.headers.size(); ++i)
    fields += equal_ignoring_case(request.headers.name(i), "HTTP2-Settings") ? 1 : 0;
  if (fields != 1) return std::nullopt;
  auto settings = decode_base64url(*request.headers.find("HTTP2-Settings"));
  if (!settings || settings->size() % 6 != 0 || settings->size() > kSettingsBytesMax)
    return std::nullopt;
  return settings;
}

bool is_of_connection(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames{
      "connection",        "upgrade", "http2-settings", "keep-alive", "proxy-connection",
      "transfer-encoding", "te"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view each) { return equal_ignoring_case(each, name); });
}

}  // namespace slipway::net
