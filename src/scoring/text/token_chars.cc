// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/token_chars.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "scoring/text/tables.h"

namespace slipway::scoring::token {
namespace {

#include "scoring/text/gen/tokens.inc"

bool inside(std::initializer_list<Range> ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [=](const Range& range) { return code >= range.first && code <= range.last; });
}

// Canonical combining class.
std::uint32_t class_of(char32_t code) {
  if (code < 0x300) return 0;
  const auto* after =
      std::upper_bound(std::begin(kClasses), std::end(kClasses), code,
                       [](char32_t c, const char32_t(&entry)[3]) { return c < entry[0]; });
  if (after == std::begin(kClasses)) return 0;
  const auto& entry = *(after - 1);
  return code <= entry[1] ? entry[2] : 0;
}

void append_decomposed(char32_t code, bool compatible, std::u32string* out) {
  if (code < 0x80) {
    *out += code;
    return;
  }
  if (append_hangul(code, out)) return;
  if (compatible) {
    if (const Several* several = several_of(kCompatibleSeveral, code)) {
      out->append(kCompatibleText + several->first, several->count);
      return;
    }
    if (const char32_t one = moved(kCompatibleRuns, code); one != code) {
      *out += one;
      return;
    }
  }
  if (const Several* several = several_of(kCanonicalSeveral, code)) {
    out->append(kCanonicalText + several->first, several->count);
    return;
  }
  *out += moved(kCanonicalRuns, code);
}

// Marks between two starters stand by their class, those of one class as they came.
void reorder(std::u32string* text) {
  std::size_t begin = 0;
  while (begin < text->size()) {
    if (class_of((*text)[begin]) == 0) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text->size() && class_of((*text)[end]) != 0) ++end;
    std::stable_sort(text->begin() + static_cast<std::ptrdiff_t>(begin),
                     text->begin() + static_cast<std::ptrdiff_t>(end),
                     [](char32_t a, char32_t b) { return class_of(a) < class_of(b); });
    begin = end;
  }
}

std::u32string decomposed(std::u32string_view text, bool compatible) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t code : text) append_decomposed(code, compatible, &out);
  reorder(&out);
  return out;
}

// 0 if the two do not make one.
char32_t pair_of(char32_t first, char32_t second) {
  constexpr char32_t kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7, kSyllable = 0xAC00;
  constexpr char32_t kLeads = 19, kVowels = 21, kTails = 28;
  if (first >= kLead && first < kLead + kLeads && second >= kVowel && second < kVowel + kVowels)
    return kSyllable + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  if (first >= kSyllable && first < kSyllable + kLeads * kVowels * kTails &&
      (first - kSyllable) % kTails == 0 && second > kTail && second < kTail + kTails)
    return first + (second - kTail);
  const std::array<char32_t, 2> wanted{first, second};
  const auto* at =
      std::lower_bound(std::begin(kComposed), std::end(kComposed), wanted,
                       [](const char32_t(&entry)[3], const std::array<char32_t, 2>& pair) {
                         return entry[0] != pair[0] ? entry[0] < pair[0] : entry[1] < pair[1];
                       });
  const bool found = at != std::end(kComposed) && (*at)[0] == first && (*at)[1] == second;
  return found ? (*at)[2] : 0;
}

std::u32string composed(std::u32string text) {
  std::size_t kept = 0;
  std::size_t starter = text.size();  // where the last one stands; none yet
  std::uint32_t before = 0;           // class of the character kept last
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t code = text[i];
    const std::uint32_t own = class_of(code);
    const bool blocked = kept > starter + 1 && before >= own;
    const char32_t pair = starter < kept && !blocked ? pair_of(text[starter], code) : 0;
    if (pair != 0) {
      text[starter] = pair;
      continue;
    }
    if (own == 0) starter = kept;
    before = own;
    text[kept++] = code;
  }
  text.resize(kept);
  return text;
}

}  // namespace

bool is_space(char32_t code) {
  return inside({{9, 13},
                 {32, 32},
                 {133, 133},
                 {160, 160},
                 {0x1680, 0x1680},
                 {0x2000, 0x200A},
                 {0x2028, 0x2029},
                 {0x202F, 0x202F},
                 {0x205F, 0x205F},
                 {0x3000, 0x3000}},
                code);
}

bool is_control(char32_t code) {
  constexpr char32_t kPrivatePlanes = 0xF0000;
  return among(kTokenControl, code) || (code >= kPrivatePlanes && (code & 0xFFFF) < 0xFFFE);
}
bool is_punctuation(char32_t code) { return among(kTokenPunctuation, code); }
bool is_word(char32_t code) { return among(kTokenWord, code); }
bool is_numeric(char32_t code) { return among(kTokenNumeric, code); }
bool is_letter(char32_t code) { return among(kTokenLetter, code); }
bool is_number(char32_t code) { return among(kTokenNumber, code); }
bool is_mark(char32_t code) { return among(kTokenMark, code); }
bool is_nonspacing(char32_t code) { return among(kTokenNonspacing, code); }

bool is_chinese(char32_t code) {
  return inside({{0x4E00, 0x9FFF},
                 {0x3400, 0x4DBF},
                 {0x20000, 0x2A6DF},
                 {0x2A700, 0x2B73F},
                 {0x2B740, 0x2B81F},
                 {0x2B920, 0x2CEAF},
                 {0xF900, 0xFAFF},
                 {0x2F800, 0x2FA1F}},
                code);
}

std::u32string lower(std::u32string_view text) {
  constexpr char32_t kCapitalDottedI = 0x130, kDotAbove = 0x307;
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t code : text) {
    if (code == kCapitalDottedI) {
      out += U'i';
      out += kDotAbove;
    } else {
      out += moved(kTokenLower, code);
    }
  }
  return out;
}

std::u32string nfd(std::u32string_view text) { return decomposed(text, false); }
std::u32string nfc(std::u32string_view text) { return composed(decomposed(text, false)); }
std::u32string nfkd(std::u32string_view text) { return decomposed(text, true); }
std::u32string nfkc(std::u32string_view text) { return composed(decomposed(text, true)); }

}  // namespace slipway::scoring::token
