// UTF-8, as far as a text format needs it: where does a text stop being valid?
//
//   if (valid_utf8_prefix(text) != text.size()) ...
//
// Table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above U+10FFFF.
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace slipway {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

inline bool is_utf8_tail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Length that a first byte promises; 1 for a byte that cannot start a sequence.
inline std::size_t utf8_length(unsigned char first) {
  if (first < 0xC2 || first > 0xF4) return 1;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

// Length of the valid sequence at the start of `text`, 0 if there is none.
std::size_t utf8_sequence(std::string_view text);

// Bytes up to the first that is not part of a valid sequence.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace slipway
