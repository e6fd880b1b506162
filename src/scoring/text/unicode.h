// Characters as Python's str, re and unicodedata know them.
//
//   const std::u32string text = lower(decode("İstanbul"));
//
// lower() is str.lower(), final sigma and 'İ' included. bare() is scikit-learn's
// strip_accents_unicode: NFKD, then no combining characters. Tables: tools/gen_unicode_tables.py.
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace slipway::scoring {

// Bytes that are no UTF-8 become U+FFFD, one each.
std::u32string decode(std::string_view utf8);
void encode(char32_t code, std::string* out);

bool is_word(char32_t code);   // Python's \w
bool is_space(char32_t code);  // str.isspace()

std::u32string lower(std::u32string_view text);
std::u32string bare(std::u32string_view text);
std::u32string ascii_only(std::u32string_view text);

// What scikit-learn's stop_words="english" means, sorted.
std::span<const std::string_view> english_stop_words();

}  // namespace slipway::scoring
