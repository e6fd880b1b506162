// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"

namespace slipway {
namespace {

template <typename T>
std::string written(T value, JsonWriter::Options options = {}) {
  std::string out;
  JsonWriter(&out, options).value(value);
  return out;
}

TEST(JsonWriter, NestsObjectsAndArrays) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object().member("name", "delay").member("rows", 336776).member("ok", true);
  json.key("outputs")
      .begin_array()
      .value(1.5)
      .begin_object()
      .end_object()
      .begin_array()
      .end_array()
      .null();
  json.end_array().key("spliced").raw("{\"a\":1}").member("last", 'a' == 97).end_object();
  EXPECT_EQ(
      out,
      R"({"name":"delay","rows":336776,"ok":true,"outputs":[1.5,{},[],null],"spliced":{"a":1},"last":true})");
}

TEST(JsonWriter, PrettyPutsOneItemOnALine) {
  std::string out;
  JsonWriter json(&out, {.pretty = true});
  json.begin_object()
      .key("a")
      .begin_array()
      .value(1)
      .value(2)
      .end_array()
      .key("b")
      .begin_object()
      .end_object();
  json.end_object();
  EXPECT_EQ(out, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

TEST(JsonWriter, NumbersPrintInTheFewestDigitsThatReadBack) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(0.1f), "0.1");
  EXPECT_EQ(written(static_cast<double>(0.1f)), "0.10000000149011612");
  EXPECT_EQ(written(1.0), "1.0");
  EXPECT_EQ(written(-0.0), "-0.0");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(5e-324), "5e-324");
  EXPECT_EQ(written(-2.2250738585072014e-308), "-2.2250738585072014e-308");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::uint8_t{65}), "65");
}

TEST(JsonWriter, EveryFiniteDoubleReadsBackToItsBits) {
  std::mt19937_64 random(1);
  JsonParser parser;
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (value - value != 0) continue;
    const auto back = parser.parse(written(value)).value().as_double();
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(value))
        << written(value);
  }
}

TEST(JsonWriter, EveryFiniteFloatReadsBackToItsBits) {
  std::mt19937 random(1);
  JsonParser parser;
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (value - value != 0) continue;
    const auto back = static_cast<float>(*parser.parse(written(value)).value().as_double());
    ASSERT_EQ(std::bit_cast<std::uint32_t>(back), std::bit_cast<std::uint32_t>(value))
        << written(value);
  }
}

TEST(JsonWriter, NonFiniteNumbersFollowTheOption) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values{std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity};
  const auto all = [&](JsonWriter::NonFinite mode) {
    std::string out;
    JsonWriter(&out, {.non_finite = mode}).values(values);
    return out;
  };
  EXPECT_EQ(all(JsonWriter::NonFinite::kNull), "[null,null,null]");
  EXPECT_EQ(all(JsonWriter::NonFinite::kToken), "[NaN,Infinity,-Infinity]");
  EXPECT_EQ(all(JsonWriter::NonFinite::kString), R"(["NaN","Infinity","-Infinity"])");
}

TEST(JsonWriter, EscapesWhatJsonReserves) {
  using namespace std::string_literals;
  EXPECT_EQ(written("a\"b\\c\n\t\r\b\f\x01\0 z"s), R"("a\"b\\c\n\t\r\b\f\u0001\u0000 z")");
  EXPECT_EQ(written("caf\xC3\xA9 \xF0\x9F\x98\x80"), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(written("a\xE9"), "\"a" + bad + "\"");                              // cut short
  EXPECT_EQ(written("\xC0\xAF"), "\"" + bad + bad + "\"");                      // overlong '/'
  EXPECT_EQ(written("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");            // surrogate
  EXPECT_EQ(written("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");  // beyond U+10FFFF
}

}  // namespace
}  // namespace slipway
