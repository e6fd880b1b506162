// SPDX-License-Identifier: Apache-2.0
#include "scoring/text/normalizer.h"

#include <array>

#include "scoring/text/token_chars.h"
#include "scoring/text/unicode.h"

namespace slipway::scoring {
namespace {

std::u32string cleaned(std::u32string_view text) {
  std::u32string out;
  for (const char32_t code : text) {
    if (code == 0 || code == U'\uFFFD' || token::is_control(code)) continue;
    out += token::is_space(code) ? U' ' : code;
  }
  return out;
}

std::u32string around_chinese(std::u32string_view text) {
  std::u32string out;
  for (const char32_t code : text) {
    const bool alone = token::is_chinese(code);
    if (alone) out += U' ';
    out += code;
    if (alone) out += U' ';
  }
  return out;
}

std::u32string replaced(std::u32string text, std::u32string_view from, std::u32string_view to) {
  if (from.empty()) return text;
  std::u32string out;
  std::size_t at = 0;
  for (std::size_t found = text.find(from); found != text.npos; found = text.find(from, at)) {
    out.append(text, at, found - at).append(to);
    at = found + from.size();
    if (out.size() > kMostCharacters) return out;
  }
  return out.append(text, at);
}

std::u32string stripped(std::u32string text, std::string_view sides) {
  std::size_t begin = 0, end = text.size();
  const bool left = sides.find('l') != sides.npos, right = sides.find('r') != sides.npos;
  while (left && begin < end && token::is_space(text[begin])) ++begin;
  while (right && end > begin && token::is_space(text[end - 1])) --end;
  return text.substr(begin, end - begin);
}

std::u32string applied(const TextStep& step, std::u32string text) {
  if (step.name == "clean") return cleaned(text);
  if (step.name == "chinese") return around_chinese(text);
  if (step.name == "nfc") return token::nfc(text);
  if (step.name == "nfd") return token::nfd(text);
  if (step.name == "nfkc") return token::nfkc(text);
  if (step.name == "nfkd") return token::nfkd(text);
  if (step.name == "lowercase") return token::lower(text);
  if (step.name == "replace")
    return replaced(std::move(text), decode(step.first), decode(step.second));
  if (step.name == "prepend") return text.empty() ? text : decode(step.first) + text;
  if (step.name == "strip") return stripped(std::move(text), step.first);
  if (step.name == "bytes") return visible_bytes(text);
  if (step.name == "no_nonspacing") std::erase_if(text, token::is_nonspacing);
  if (step.name == "no_marks") std::erase_if(text, token::is_mark);
  return text;
}

// Bytes that print as they are keep their number; the others get numbers from 256 on, in order.
std::array<char32_t, 256> visible_table() {
  std::array<char32_t, 256> table{};
  char32_t next = 256;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool prints =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    table[byte] = prints ? byte : next++;
  }
  return table;
}

}  // namespace

std::vector<TextStep> steps_of(const std::vector<std::string>& flat) {
  std::vector<TextStep> steps;
  for (std::size_t i = 0; i + 2 < flat.size(); i += 3)
    steps.push_back({flat[i], flat[i + 1], flat[i + 2]});
  return steps;
}

std::u32string normalized(const std::vector<TextStep>& steps, std::u32string text) {
  for (const TextStep& step : steps) {
    text = applied(step, std::move(text));
    if (text.size() > kMostCharacters) return text;
  }
  return text;
}

char32_t visible_byte(unsigned char byte) {
  static const std::array<char32_t, 256> kTable = visible_table();
  return kTable[byte];
}

std::u32string visible_bytes(std::u32string_view text) {
  std::u32string out;
  std::string bytes;
  for (const char32_t code : text) {
    bytes.clear();
    encode(code, &bytes);
    for (const char byte : bytes) out += visible_byte(static_cast<unsigned char>(byte));
  }
  return out;
}

}  // namespace slipway::scoring
