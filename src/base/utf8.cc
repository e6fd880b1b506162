// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

namespace slipway {

std::size_t utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = utf8_length(first);
  if (length == 1 || text.size() < length) return 0;
  // The second byte carries the exceptions: overlong forms, surrogates, the end of the code space.
  const auto second = static_cast<unsigned char>(text[1]);
  const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (second < lowest || second > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_utf8_tail(text[i])) return 0;
  }
  return length;
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_sequence(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace slipway
