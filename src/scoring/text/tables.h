// Tables of characters as the gen/*.inc files hold them, and how to look into them.
// Pure; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace slipway::scoring {

struct Range {
  char32_t first, last;
};
// Every step-th code from first to last moves by delta.
struct Run {
  char32_t first, last;
  std::uint32_t step;
  std::int32_t delta;
};
// `count` characters of a long text, from `first` on.
struct Several {
  char32_t code;
  std::uint32_t first, count;
};

// The entry whose `first` is the last one not above the code.
template <typename Entry, std::size_t N>
const Entry* at_or_before(const Entry (&table)[N], char32_t code) {
  const Entry* after =
      std::upper_bound(std::begin(table), std::end(table), code,
                       [](char32_t c, const Entry& entry) { return c < entry.first; });
  return after == std::begin(table) ? nullptr : after - 1;
}

template <std::size_t N>
bool among(const Range (&table)[N], char32_t code) {
  const Range* entry = at_or_before(table, code);
  return entry != nullptr && code <= entry->last;
}

// The code itself if the table says nothing of it.
template <std::size_t N>
char32_t moved(const Run (&table)[N], char32_t code) {
  const Run* run = at_or_before(table, code);
  if (run == nullptr || code > run->last || (code - run->first) % run->step != 0) return code;
  return code + static_cast<char32_t>(run->delta);
}

// Null if the table says nothing of it.
template <std::size_t N>
const Several* several_of(const Several (&table)[N], char32_t code) {
  const Several* at =
      std::lower_bound(std::begin(table), std::end(table), code,
                       [](const Several& entry, char32_t c) { return entry.code < c; });
  return at != std::end(table) && at->code == code ? at : nullptr;
}

// Hangul syllables are made of their parts by arithmetic (the Unicode Standard, 3.12).
inline bool append_hangul(char32_t code, std::u32string* out) {
  constexpr char32_t kFirst = 0xAC00, kLast = 0xD7A3;
  constexpr char32_t kVowels = 21, kTails = 28;
  if (code < kFirst || code > kLast) return false;
  const char32_t index = code - kFirst;
  *out += 0x1100 + index / (kVowels * kTails);
  *out += 0x1161 + index % (kVowels * kTails) / kTails;
  if (index % kTails != 0) *out += 0x11A7 + index % kTails;
  return true;
}

}  // namespace slipway::scoring
