// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/unicode.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"
#include "scoring/text/tables.h"

namespace slipway::scoring {
namespace {

#include "scoring/text/gen/unicode.inc"

constexpr char32_t kCapitalSigma = 0x3A3, kSigma = 0x3C3, kFinalSigma = 0x3C2;
constexpr char32_t kCapitalDottedI = 0x130, kDotAbove = 0x307;

// Unicode's Final_Sigma: a letter stands before it and none after, whatever is looked through.
bool is_final(std::u32string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && among(kIgnorable, text[before - 1])) --before;
  if (before == 0 || !among(kCased, text[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < text.size() && among(kIgnorable, text[after])) ++after;
  return after == text.size() || !among(kCased, text[after]);
}

void append_bare(char32_t code, std::u32string* out) {
  if (code < 0x80) {
    *out += code;
    return;
  }
  if (among(kCombining, code) || append_hangul(code, out)) return;
  const auto* pair =
      std::lower_bound(std::begin(kBarePairs), std::end(kBarePairs), code,
                       [](const char32_t(&entry)[2], char32_t c) { return entry[0] < c; });
  if (pair != std::end(kBarePairs) && (*pair)[0] == code) {
    *out += (*pair)[1];
    return;
  }
  if (const Several* several = several_of(kBareSeveral, code)) {
    out->append(kBareText + several->first, several->count);
    return;
  }
  *out += moved(kBareRuns, code);
}

}  // namespace

std::u32string decode(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const auto first = static_cast<unsigned char>(utf8[0]);
    const std::size_t length = first < 0x80 ? 1 : utf8_sequence(utf8);
    if (length <= 1) {
      out += first < 0x80 ? first : U'\uFFFD';
      utf8.remove_prefix(1);
      continue;
    }
    char32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
      code = code << 6 | (static_cast<unsigned char>(utf8[i]) & 0x3FU);
    out += code;
    utf8.remove_prefix(length);
  }
  return out;
}

void encode(char32_t code, std::string* out) {
  const auto tail = [&](int shift) { *out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    *out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_word(char32_t code) {
  if (code >= 0x80) return among(kWord, code);
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
         (code >= '0' && code <= '9') || code == '_';
}

bool is_space(char32_t code) { return among(kSpace, code); }

std::u32string lower(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t code = text[i];
    if (code < 0x80) {
      out += code >= 'A' && code <= 'Z' ? code + 32 : code;
    } else if (code == kCapitalDottedI) {
      out += U'i';
      out += kDotAbove;
    } else if (code == kCapitalSigma) {
      out += is_final(text, i) ? kFinalSigma : kSigma;
    } else {
      out += moved(kLower, code);
    }
  }
  return out;
}

std::u32string bare(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t code : text) append_bare(code, &out);
  return out;
}

std::u32string ascii_only(std::u32string_view text) {
  std::u32string out = bare(text);
  std::erase_if(out, [](char32_t code) { return code >= 0x80; });
  return out;
}

std::span<const std::string_view> english_stop_words() { return kEnglishStopWords; }

}  // namespace slipway::scoring
