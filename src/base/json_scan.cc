// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "base/utf8.h"

namespace slipway {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// Decimal exponent of the first digit that is not zero, or nullopt for zero; saturates far outside
// double's range.
std::optional<long> magnitude(std::string_view number) {
  constexpr long kFar = 1L << 40;
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  long exponent = static_cast<long>(point) - static_cast<long>(first) - (first < point ? 1 : 0);
  if (e == std::string_view::npos) return exponent;
  std::string_view digits = number.substr(e + 1);
  if (digits.front() == '+') digits.remove_prefix(1);
  long scale = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), scale).ec != std::errc())
    scale = kFar;
  if (digits.front() == '-') scale = -std::abs(scale);
  return exponent + std::clamp(scale, -kFar, kFar);
}

bool beyond_double(std::string_view number) {
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  return read.ec == std::errc::result_out_of_range && magnitude(number).value_or(0) > 0;
}

bool fits_an_integer(std::string_view number) {
  std::int64_t small;
  std::uint64_t large;
  const char* end = number.data() + number.size();
  return std::from_chars(number.data(), end, small).ec == std::errc() ||
         (number.front() != '-' && std::from_chars(number.data(), end, large).ec == std::errc());
}

class Scanner {
 public:
  Scanner(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  JsonScan run() && {
    if (!check_encoding() || !document()) {
      scan_.rewritten.clear();
      return std::move(scan_);
    }
    copy_to(text_.size());
    return std::move(scan_);
  }

 private:
  bool check_encoding() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") {
      return fail(0, "base.json.byte_order_mark",
                  "found a UTF-8 byte order mark: save the text without it");
    }
    const std::size_t valid = valid_utf8_prefix(text_);
    if (valid == text_.size()) return true;
    return fail(valid, "base.json.not_utf8",
                fmt::format("byte 0x{:02x} at offset {} is not UTF-8: convert the text to UTF-8",
                            static_cast<unsigned char>(text_[valid]), valid));
  }

  // One loop and an own stack: depth is the text's choice and must not become ours.
  bool document() {
    skip_space();
    if (at_end()) return fail(at_, "base.json.empty", "found no JSON at all, expected a value");
    do {
      if (!value_or_open()) return false;
      skip_space();
      while (!stack_.empty() && !expects_value_) {
        if (!after_value()) return false;
        skip_space();
      }
    } while (!stack_.empty());
    return at_end() || expected("the end of the text");
  }

  // Takes a scalar, or the opening of a container; expects_value_ says whether a value comes next.
  bool value_or_open() {
    expects_value_ = false;
    if (at_end()) return expected("a value");
    switch (const char c = text_[at_]; c) {
      case '[':
        return open(']');
      case '{':
        return open('}');
      case '"':
        return string();
      default:
        return is_digit(c) || (c == '-' && !looking_at("-I")) ? number() : word();
    }
  }

  bool open(char closing) {
    if (stack_.size() == limits_.max_depth) {
      return fail(
          at_, "base.json.too_deep",
          fmt::format("containers are nested deeper than {}, the limit here", limits_.max_depth));
    }
    ++at_;
    skip_space();
    if (!at_end() && text_[at_] == closing) {
      ++at_;
      return true;
    }
    stack_.push_back(closing);
    expects_value_ = true;
    return closing == ']' || key();
  }

  // After a value inside a container: a comma (and, in an object, the next key), or the end of the
  // container.
  bool after_value() {
    const char closing = stack_.back();
    if (at_end()) return expected(closing == ']' ? "',' or ']'" : "',' or '}'");
    if (text_[at_] == closing) {
      ++at_;
      stack_.pop_back();
      return true;
    }
    if (text_[at_] != ',') return expected(closing == ']' ? "',' or ']'" : "',' or '}'");
    ++at_;
    skip_space();
    expects_value_ = true;
    if (closing == '}') return key();
    if (!at_end() && text_[at_] == ']') return expected("a value after the comma");
    return true;
  }

  bool key() {
    if (at_end() || text_[at_] != '"') return expected("a key in double quotes");
    if (!string()) return false;
    skip_space();
    if (at_end() || text_[at_] != ':') return expected("':' after the key");
    ++at_;
    skip_space();
    return true;
  }

  bool string() {
    const std::size_t opening = at_++;
    while (!at_end() && text_[at_] != '"') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) {
        return fail(
            at_, "base.json.syntax",
            fmt::format("found the control character 0x{:02x} in a string: write it as \\u{:04x}",
                        c, c));
      }
      if (c != '\\')
        ++at_;
      else if (!escape())
        return false;
    }
    if (at_end())
      return fail(opening, "base.json.syntax", "this string is never closed: expected '\"'");
    ++at_;
    return true;
  }

  bool escape() {
    const std::size_t start = at_++;
    if (at_end()) return expected("a character after '\\'");
    if (text_[at_] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
        return expected("one of \" \\ / b f n r t u after '\\'");
      }
      ++at_;
      return true;
    }
    const std::optional<unsigned> unit = hex4(start);
    const bool high = unit && *unit >= 0xD800 && *unit < 0xDC00;
    const std::optional<unsigned> pair = high ? hex4(at_) : std::nullopt;
    if (!unit)
      return fail(start, "base.json.syntax",
                  "found an incomplete \\u escape, expected four hex digits");
    if (high ? !pair || *pair < 0xDC00 || *pair > 0xDFFF : *unit >= 0xDC00 && *unit <= 0xDFFF) {
      return fail(start, "base.json.syntax",
                  "found half of a surrogate pair: characters beyond U+FFFF take two \\u escapes");
    }
    return true;
  }

  // Reads \uXXXX at `from` and moves past it.
  std::optional<unsigned> hex4(std::size_t from) {
    const std::string_view digits = text_.substr(std::min(from + 2, text_.size()), 4);
    unsigned unit = 0;
    if (text_.substr(from, 2) != "\\u" || digits.size() != 4) return std::nullopt;
    if (std::from_chars(digits.data(), digits.data() + 4, unit, 16).ptr != digits.data() + 4)
      return std::nullopt;
    at_ = from + 6;
    return unit;
  }

  bool number() {
    const std::size_t start = at_;
    if (text_[at_] == '-') ++at_;
    if (at_end() || !is_digit(text_[at_])) return expected("a digit after '-'");
    if (text_[at_] == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      return fail(start, "base.json.syntax",
                  "found a number that starts with 0: drop the leading zero");
    }
    skip_digits();
    bool integer = true;
    if (!at_end() && text_[at_] == '.') {
      integer = false;
      ++at_;
      if (!skip_digits()) return expected("a digit after the decimal point");
    }
    if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      integer = false;
      ++at_;
      if (!at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!skip_digits()) return expected("a digit in the exponent");
    }
    if (!at_end() && is_word(text_[at_])) return expected("the end of the number");
    return take_number(start, integer);
  }

  bool take_number(std::size_t start, bool integer) {
    const std::string_view digits = text_.substr(start, at_ - start);
    ++numbers_;
    if (beyond_double(digits)) {
      return fail(start, "base.json.number_out_of_range",
                  fmt::format("the number {}{} is beyond the range of a double (about 1.8e308)",
                              digits.substr(0, 24), digits.size() > 24 ? "..." : ""));
    }
    if (integer && !fits_an_integer(digits)) {
      copy_to(at_);
      scan_.rewritten += "e0";
    }
    return true;
  }

  bool word() {
    for (const std::string_view known : {"true", "false", "null"}) {
      if (token() == known) {
        at_ += known.size();
        return true;
      }
    }
    const std::string_view found = token();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (found == "NaN") return non_finite(std::numeric_limits<double>::quiet_NaN());
    if (found == "Infinity") return non_finite(kInfinity);
    if (found == "-Infinity") return non_finite(-kInfinity);
    return expected("a value");
  }

  bool non_finite(double value) {
    const std::string_view found = token();
    if (!limits_.nan_and_infinity) {
      return fail(
          at_, "base.json.non_finite",
          fmt::format("found {}, which is not JSON: send null for a missing number", found));
    }
    copy_to(at_);
    scan_.rewritten += '0';
    at_ += found.size();
    copied_ = at_;
    scan_.patches.push_back({numbers_++, value});
    return true;
  }

  // The word at the reader, a leading minus included.
  std::string_view token() const {
    std::size_t end = at_;
    if (end < text_.size() && text_[end] == '-') ++end;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool expected(std::string_view what) {
    return fail(at_, "base.json.syntax", fmt::format("found {}, expected {}", found(), what));
  }

  std::string found() const {
    if (at_end()) return "the end of the text";
    const std::string_view word = token();
    if (word.size() > 1)
      return fmt::format("'{}'{}", word.substr(0, 24), word.size() > 24 ? "..." : "");
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\'') return "a single quote";
    if (c < 0x20 || c == 0x7F) return fmt::format("byte 0x{:02x}", c);
    return fmt::format("'{}'", text_.substr(at_, utf8_length(c)));
  }

  bool fail(std::size_t offset, const char* reason, std::string_view what) {
    const std::string_view before = text_.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::string_view row = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
    const auto column =
        1 + std::count_if(row.begin(), row.end(), [](char c) { return !is_utf8_tail(c); });
    scan_.error = Error(Code::kInvalidArgument, reason,
                        fmt::format("JSON line {} column {}: {}", line, column, what));
    return false;
  }

  void copy_to(std::size_t end) {
    scan_.rewritten.append(text_, copied_, end - copied_);
    copied_ = end;
  }

  bool skip_digits() {
    const std::size_t start = at_;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return at_ > start;
  }
  void skip_space() {
    while (!at_end() && is_space(text_[at_])) ++at_;
  }
  bool at_end() const { return at_ >= text_.size(); }
  bool looking_at(std::string_view word) const { return text_.substr(at_, word.size()) == word; }

  std::string_view text_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;
  std::size_t numbers_ = 0;
  bool expects_value_ = false;
  std::string stack_;  // the closing bracket of every open container
  JsonScan scan_;
};

}  // namespace

JsonScan scan_json(std::string_view text, const JsonLimits& limits) {
  return Scanner(text, limits).run();
}

}  // namespace slipway
