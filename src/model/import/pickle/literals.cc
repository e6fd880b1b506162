// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {
namespace {

constexpr const char* kNumber = "model.pickle.number";
constexpr const char* kText = "model.pickle.text";

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

// `digits` characters at the front of `text` in the given base.
std::optional<std::uint32_t> code_in(std::string_view text, std::size_t digits, int base) {
  std::uint32_t value = 0;
  const std::string_view code = text.substr(0, digits);
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), value, base);
  if (error != std::errc() || end != code.data() + digits) return std::nullopt;
  return value;
}

// Of a magnitude given as little-endian bytes, four of them into base 10^9 at a time.
std::string decimal_of(std::string_view magnitude) {
  constexpr std::uint64_t kBase = 1'000'000'000;
  std::vector<std::uint32_t> digits{0};
  std::string padded(magnitude);
  padded.resize((padded.size() + 3) / 4 * 4, '\0');
  for (std::size_t i = padded.size(); i >= 4; i -= 4) {
    std::uint64_t carry = 0;
    for (std::size_t j = i; j-- > i - 4;)
      carry = carry << 8 | static_cast<unsigned char>(padded[j]);
    for (auto& digit : digits) {
      carry += std::uint64_t{digit} << 32;
      digit = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    for (; carry != 0; carry /= kBase) digits.push_back(static_cast<std::uint32_t>(carry % kBase));
  }
  std::string text = fmt::format("{}", digits.back());
  for (std::size_t i = digits.size() - 1; i-- > 0;) text += fmt::format("{:09}", digits[i]);
  return text;
}

struct Escape {
  char value;
  std::size_t length;  // without the backslash
};

// `text` starts behind a backslash.
std::optional<Escape> string_escape(std::string_view text) {
  constexpr std::string_view kLetters = "abfnrtv\\'\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  if (text.empty()) return std::nullopt;
  if (const auto i = kLetters.find(text[0]); i != std::string_view::npos)
    return Escape{kMeanings[i], 1};
  if (text[0] == 'x') {
    const auto code = code_in(text.substr(1), 2, 16);
    if (!code) return std::nullopt;
    return Escape{static_cast<char>(*code), 3};
  }
  std::size_t length = 0;
  while (length < std::min<std::size_t>(3, text.size()) && text[length] >= '0' &&
         text[length] <= '7')
    ++length;
  if (length == 0) return std::nullopt;
  return Escape{static_cast<char>(*code_in(text, length, 8)), length};
}

}  // namespace

Result<Integer> decimal_integer(std::string_view line, std::size_t offset) {
  std::string_view digits = line;
  if (digits.ends_with('L')) digits.remove_suffix(1);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const bool all_digits =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits.empty() || !all_digits || digits.size() > kMostDigits) {
    return damaged(kNumber, offset,
                   fmt::format("not a whole number of at most {} digits", kMostDigits));
  }
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  Integer number{.digits = (negative ? "-" : "") + std::string(digits)};
  const char* const begin = number.digits.data();
  const auto [end, error] = std::from_chars(begin, begin + number.digits.size(), number.small);
  if (error == std::errc()) number.digits.clear();
  return number;
}

Result<Integer> binary_integer(std::string_view bytes, std::size_t offset) {
  const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  const char sign = negative ? '\xFF' : '\0';
  while (bytes.size() > 8 && bytes.back() == sign) bytes.remove_suffix(1);
  // The sign's own bit may have been in a byte that is gone: 0x00 FF.. (9 bytes) is positive.
  const bool fits = bytes.size() < 8 || (bytes.size() == 8 && ((bytes[7] & 0x80) != 0) == negative);
  if (fits) {
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return Integer{.small = static_cast<std::int64_t>(value)};
  }
  if (bytes.size() > kMostIntegerBytes) {
    return damaged(kNumber, offset,
                   fmt::format("a whole number of {} bytes: no estimator holds one", bytes.size()));
  }
  std::string magnitude(bytes);
  magnitude += sign;
  if (negative) {
    unsigned carry = 1;
    for (char& byte : magnitude) {
      carry += static_cast<unsigned char>(~byte);
      byte = static_cast<char>(carry);
      carry >>= 8;
    }
  }
  return Integer{.digits = (negative ? "-" : "") + decimal_of(magnitude)};
}

Result<std::string> unescape_quoted(std::string_view line, std::size_t offset) {
  while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
  const bool quoted =
      line.size() >= 2 && (line[0] == '\'' || line[0] == '"') && line.back() == line[0];
  if (!quoted) return damaged(kText, offset, "a text without quotes around it");
  line = line.substr(1, line.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    const auto escape = string_escape(line.substr(i + 1));
    if (!escape) return damaged(kText, offset, "a text with a backslash that escapes nothing");
    out += escape->value;
    i += escape->length;
  }
  return out;
}

Result<std::string> unescape_unicode(std::string_view line, std::size_t offset) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char next = line[i] == '\\' && i + 1 < line.size() ? line[i + 1] : '\0';
    if (next != 'u' && next != 'U') {
      append_utf8(out, static_cast<unsigned char>(line[i]));
      if (next != '\0') append_utf8(out, static_cast<unsigned char>(line[++i]));
      continue;
    }
    const std::size_t digits = next == 'u' ? 4 : 8;
    const auto point = code_in(line.substr(i + 2), digits, 16);
    const bool surrogate = point && *point >= 0xD800 && *point < 0xE000;
    if (!point || *point > 0x10FFFF || surrogate) {
      return damaged(kText, offset, fmt::format("a text with a bad \\{} escape", next));
    }
    append_utf8(out, *point);
    i += 1 + digits;
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

Result<std::string> utf8_to_latin1(std::string_view text, std::size_t offset) {
  std::string out(text.size(), '\0');  // as long as it can get
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out[size++] = text[i];
    } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < text.size()) {
      out[size++] = static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3F));
    } else {
      return damaged(kText, offset, "a text that stands for bytes holds a character above U+00FF");
    }
  }
  out.resize(size);
  return out;
}

}  // namespace slipway::model::pickle
