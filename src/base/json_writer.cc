// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>

#include "base/utf8.h"

namespace slipway {
namespace {

// Bytes that can be copied as they are: printable ASCII but for '"' and '\'.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

// Eight of them at a time: whether no byte is above 0x7F, below 0x20, '"' or '\\'. A byte is zero after the
// exclusive or where it was the one looked for, and below 0x20 where subtracting that borrows.
bool are_plain(const char* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quotes = word ^ (kEach * '"');
  const std::uint64_t slashes = word ^ (kEach * '\\');
  const std::uint64_t odd = word | (word - kEach * 0x20) | (quotes - kEach) | (slashes - kEach);
  return (odd & (kEach * 0x80)) == 0;
}

void append_escaped(char c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      break;
    case '\\':
      *out += "\\\\";
      break;
    case '\b':
      *out += "\\b";
      break;
    case '\f':
      *out += "\\f";
      break;
    case '\n':
      *out += "\\n";
      break;
    case '\r':
      *out += "\\r";
      break;
    case '\t':
      *out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<unsigned>(c));
  }
}

}  // namespace

void append_json_string(std::string_view text, std::string* out) {
  *out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (text.size() - end >= 8 && are_plain(text.data() + end)) end += 8;
    while (end < text.size() && is_plain(text[end])) ++end;
    out->append(text, at, end - at);
    if (end == text.size()) break;
    if (static_cast<unsigned char>(text[end]) < 0x80) {
      append_escaped(text[end], out);
      at = end + 1;
      continue;
    }
    const std::size_t length = utf8_sequence(text.substr(end));
    *out += length == 0 ? kReplacementCharacter : text.substr(end, length);
    at = end + (length == 0 ? 1 : length);
  }
  *out += '"';
}

JsonWriter& JsonWriter::key(std::string_view key) {
  separate();
  append_json_string(key, out_);
  *out_ += options_.pretty ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text, out_);
  return *this;
}

JsonWriter& JsonWriter::value(double value) { return floating(value); }
JsonWriter& JsonWriter::value(float value) { return floating(value); }

template <typename T>
JsonWriter& JsonWriter::floating(T value) {
  if (!std::isfinite(value)) {
    if (options_.non_finite == NonFinite::kNull) return null();
    const char* token = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return options_.non_finite == NonFinite::kToken ? raw(token) : this->value(token);
  }
  separate();
  char digits[32];  // "-2.2250738585072014e-308" is as long as it gets
  char* end = fmt::format_to(digits, FMT_COMPILE("{}"), value);
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  *out_ += text;
  const bool is_whole =
      std::none_of(text.begin(), text.end(), [](char c) { return c == '.' || c == 'e'; });
  if (is_whole) *out_ += ".0";
  return *this;
}

JsonWriter& JsonWriter::signed_integer(std::int64_t value) {
  separate();
  fmt::format_to(std::back_inserter(*out_), FMT_COMPILE("{}"), value);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t value) {
  separate();
  fmt::format_to(std::back_inserter(*out_), FMT_COMPILE("{}"), value);
  return *this;
}

JsonWriter& JsonWriter::values(std::span<const double> values) {
  begin_array();
  for (double item : values) value(item);
  return end_array();
}

JsonWriter& JsonWriter::values(std::span<const float> values) {
  begin_array();
  for (float item : values) value(item);
  return end_array();
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  *out_ += json;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  *out_ += bracket;
  ++depth_;
  after_item_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  --depth_;
  if (after_item_) new_line();
  *out_ += bracket;
  after_item_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    after_item_ = true;
    return;
  }
  if (after_item_) *out_ += ',';
  if (depth_ > 0) new_line();
  after_item_ = true;
}

void JsonWriter::new_line() {
  if (!options_.pretty) return;
  *out_ += '\n';
  out_->append(2 * depth_, ' ');
}

}  // namespace slipway
