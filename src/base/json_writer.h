// JSON out: appends to a string, commas and escapes taken care of.
//
//   std::string out;
//   JsonWriter json(&out);
//   json.begin_object();
//   json.member("name", "delay").member("rows", 336776).member("p", 0.25f);
//   json.key("outputs").begin_array();
//   for (double y : outputs) json.value(y);
//   json.end_array().end_object();   // {"name":"delay","rows":336776,"p":0.25,"outputs":[...]}
//
// Numbers print in the fewest digits that read back to the same bits; a float in its own, fewer,
// digits; whole ones keep ".0", so that a reader who looks at the text sees a float (and "-0.0"
// keeps its sign). Text that is not UTF-8 gets U+FFFD for each bad byte.
// Not for two threads at once. No errors: pairing begin with end, and key with value, is the
// caller's part; then the output is valid JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace slipway {

// `text` in double quotes, escaped.
void append_json_string(std::string_view text, std::string* out);

class JsonWriter {
 public:
  // JSON has no NaN and no infinities.
  enum class NonFinite : unsigned char {
    kNull,
    kToken /* NaN, Infinity: Python's dialect */,
    kString
  };
  struct Options {
    bool pretty = false;  // two spaces per level, one item a line
    NonFinite non_finite = NonFinite::kNull;
  };

  explicit JsonWriter(std::string* out) : JsonWriter(out, Options()) {}
  JsonWriter(std::string* out, Options options) : out_(out), options_(options) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view key);

  JsonWriter& null() { return raw("null"); }
  JsonWriter& value(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& value(double value);
  JsonWriter& value(float value);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  template <std::integral T>
  JsonWriter& value(T integer) {
    if constexpr (std::is_signed_v<T>)
      return signed_integer(integer);
    else
      return unsigned_integer(integer);
  }
  JsonWriter& values(std::span<const double> values);
  JsonWriter& values(std::span<const float> values);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  // Text that is JSON already, taken as it is.
  JsonWriter& raw(std::string_view json);

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& signed_integer(std::int64_t value);
  JsonWriter& unsigned_integer(std::uint64_t value);
  template <typename T>
  JsonWriter& floating(T value);
  void separate();
  void new_line();

  std::string* out_;
  Options options_;
  std::size_t depth_ = 0;
  bool after_item_ = false;  // the next item of this container needs a comma
  bool after_key_ = false;
};

}  // namespace slipway
