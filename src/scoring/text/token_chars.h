// Characters as Hugging Face's tokenizers library knows them, and Unicode's normal forms.
//
//   const std::u32string plain = nfd(decode("Café"));       // "Cafe" and a combining accent
//
// Tables: tools/gen_token_tables.py. The normal forms are those of the Unicode Standard Annex #15.
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace slipway::scoring::token {

bool is_space(char32_t code);        // Rust's char::is_whitespace
bool is_control(char32_t code);      // what BertNormalizer takes for one
bool is_punctuation(char32_t code);  // what BertPreTokenizer takes for one
bool is_word(char32_t code);         // \w
bool is_numeric(char32_t code);      // Rust's char::is_numeric
bool is_letter(char32_t code);       // \p{L}
bool is_number(char32_t code);       // \p{N}
bool is_mark(char32_t code);         // \p{M}
bool is_nonspacing(char32_t code);   // \p{Mn}
bool is_chinese(char32_t code);      // what BERT puts spaces around

std::u32string lower(std::u32string_view text);  // each character alone: no final sigma

std::u32string nfd(std::u32string_view text);
std::u32string nfc(std::u32string_view text);
std::u32string nfkd(std::u32string_view text);
std::u32string nfkc(std::u32string_view text);

}  // namespace slipway::scoring::token
