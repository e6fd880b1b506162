// What a tokenizer does to a text before it looks for words: steps of three texts each, by name.
//
//   clean            BERT's: no control characters, every white space is a space
//   chinese          spaces around Chinese characters
//   nfc nfd nfkc nfkd lowercase
//   no_nonspacing    without nonspacing marks          no_marks     without marks
//   replace A B      each A becomes B                  prepend A    unless the text is empty
//   strip l r lr     white space at the ends           bytes        each byte as a character of its own
//
//   const std::u32string text = normalized({{"nfd"}, {"lowercase"}}, decode("Café"));
//
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::scoring {

struct TextStep {
  std::string name;
  std::string first = {};
  std::string second = {};
};

// From the flat list of model::Tokenize.
std::vector<TextStep> steps_of(const std::vector<std::string>& flat);

// Steps may make a text longer: one that grows beyond this is left there, cut short.
inline constexpr std::size_t kMostCharacters = std::size_t{1} << 24;
std::u32string normalized(const std::vector<TextStep>& steps, std::u32string text);

// GPT-2's way to write any byte as a character that can be seen.
char32_t visible_byte(unsigned char byte);
std::u32string visible_bytes(std::u32string_view text);

}  // namespace slipway::scoring
