// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace slipway {
namespace {

JsonDocument parsed(std::string_view text, JsonLimits limits = {}) {
  auto document = JsonDocument::parse(text, limits);
  EXPECT_TRUE(document.has_value()) << text << ": " << document.error().message();
  return std::move(document).value();
}

void expect_refused(std::string_view text, std::string_view reason, std::string_view message) {
  const auto document = JsonDocument::parse(text);
  ASSERT_FALSE(document.has_value()) << text;
  EXPECT_EQ(document.error().reason(), reason) << text;
  EXPECT_EQ(document.error().message(), message) << text;
}

TEST(Json, ReadsEveryKindOfValue) {
  const auto document = parsed(
      R"({"n":null,"t":true,"f":false,"i":-7,"u":18446744073709551615,"d":0.5,"s":"h\u00e9","a":[1],"o":{}})");
  const JsonView root = document.root();
  EXPECT_EQ(root.kind(), JsonKind::kObject);
  EXPECT_EQ(root.size(), 9u);
  EXPECT_TRUE(root.find("n").is_null());
  EXPECT_EQ(root.find("t").as_bool(), true);
  EXPECT_EQ(root.find("f").as_bool(), false);
  EXPECT_EQ(root.find("i").as_int64(), -7);
  EXPECT_EQ(root.find("u").as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(root.find("d").as_double(), 0.5);
  EXPECT_EQ(root.find("s").as_string(), "h\xC3\xA9");
  EXPECT_EQ(root.find("a").kind(), JsonKind::kArray);
  EXPECT_EQ(root.find("o").kind(), JsonKind::kObject);
}

TEST(Json, AnswersNoForEveryOtherKind) {
  const auto document = parsed(R"(["text", 1.0, -1])");
  auto item = document.root().array().begin();
  EXPECT_FALSE((*item).as_double());
  EXPECT_FALSE((*item).as_bool());
  EXPECT_EQ((*item).size(), 0u);
  EXPECT_TRUE((*item).find("x").is_missing());
  for ([[maybe_unused]] JsonView nothing : (*item).array()) FAIL();
  EXPECT_FALSE((*++item).as_int64()) << "1.0 is not an integer";
  EXPECT_FALSE((*++item).as_uint64()) << "-1 is not unsigned";
  EXPECT_EQ((*item).as_double(), -1.0);
}

TEST(Json, AChainOfFindsNeedsOneCheck) {
  const auto document = parsed(R"({"learner":{"params":{"eta":0.3}}})");
  EXPECT_EQ(document.root().find("learner").find("params").find("eta").as_double(), 0.3);
  const JsonView missing = document.root().find("lerner").find("params").find("eta");
  EXPECT_TRUE(missing.is_missing());
  EXPECT_EQ(missing.kind(), JsonKind::kMissing);
  EXPECT_EQ(missing.describe(), "nothing");
  EXPECT_FALSE(missing.as_double());
  for ([[maybe_unused]] JsonMember nothing : missing.object()) FAIL();
}

TEST(Json, IteratesInTheOrderOfTheText) {
  const auto document = parsed(R"({"z":[1,[2,{"q":3}],4],"a":{"b":"c"},"m":5.5})");
  std::string keys;
  for (const auto& [key, value] : document.root().object())
    keys += std::string(key) + std::string(value.describe()) + ";";
  EXPECT_EQ(keys, "zan array;aan object;ma number;");
  std::string kinds;
  for (JsonView item : document.root().find("z").array())
    kinds += std::string(item.describe()) + ";";
  EXPECT_EQ(kinds, "an integer;an array;an integer;");
}

TEST(Json, FindTakesTheFirstOfTwoEqualKeysAndTheHelperTells) {
  const auto document = parsed(R"({"a":1,"b":2,"a":3})");
  EXPECT_EQ(document.root().find("a").as_int64(), 1);
  EXPECT_EQ(document.root().duplicate_key(), "a");
  EXPECT_FALSE(parsed(R"({"a":1,"b":{"a":1}})").root().duplicate_key());
}

TEST(Json, ReadsAFlatArrayOfNumbersInOneGo) {
  const auto document = parsed("[1, 2.5, null, -3, 18446744073709551615]");
  std::vector<double> out(5);
  ASSERT_TRUE(document.root().read_doubles(out));
  EXPECT_EQ(out[0], 1.0);
  EXPECT_EQ(out[1], 2.5);
  EXPECT_TRUE(std::isnan(out[2]));
  EXPECT_EQ(out[3], -3.0);
  EXPECT_EQ(out[4], 18446744073709551616.0);

  std::vector<double> short_one(4), long_one(6);
  EXPECT_FALSE(document.root().read_doubles(short_one));
  EXPECT_FALSE(document.root().read_doubles(long_one));
  EXPECT_FALSE(parsed("[1,[2]]").root().read_doubles(std::span(short_one).first(2)));
  EXPECT_FALSE(parsed("{}").root().read_doubles({}));
  EXPECT_TRUE(parsed("[]").root().read_doubles({}));
}

TEST(Json, NumbersAtTheEdgesHaveADefinedMeaning) {
  const auto document = parsed(
      "[9223372036854775807, 9223372036854775808, 18446744073709551616, -9223372036854775809, "
      "1e-400, -0.0, -0, "
      "5e-324, 1.7976931348623157e308, 9007199254740993]");
  std::vector<JsonView> items;
  for (JsonView item : document.root().array()) items.push_back(item);
  EXPECT_EQ(items[0].as_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(items[1].as_uint64(), std::uint64_t{1} << 63);
  EXPECT_EQ(items[2].kind(), JsonKind::kDouble);
  EXPECT_EQ(items[2].as_double(), 18446744073709551616.0);
  EXPECT_EQ(items[3].as_double(), -9223372036854775808.0);
  EXPECT_EQ(items[4].as_double(), 0.0);
  EXPECT_TRUE(std::signbit(*items[5].as_double()));
  EXPECT_FALSE(std::signbit(*items[6].as_double()));
  EXPECT_EQ(items[7].as_double(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(items[8].as_double(), std::numeric_limits<double>::max());
  EXPECT_EQ(items[9].as_int64(), 9007199254740993);
}

TEST(Json, ANumberBeyondDoubleIsRefusedWhereItStands) {
  expect_refused(
      "{\"a\":\n  [1, -1e309]}", "base.json.number_out_of_range",
      "JSON line 2 column 7: the number -1e309 is beyond the range of a double (about 1.8e308)");
  expect_refused("[1e99999999999999999999]", "base.json.number_out_of_range",
                 "JSON line 1 column 2: the number 1e99999999999999999999 is beyond the range of a "
                 "double (about 1.8e308)");
  EXPECT_EQ(parsed("1e-99999999999999999999").root().as_double(), 0.0);
}

TEST(Json, SyntaxErrorsSayWhereAndWhat) {
  const char* reason = "base.json.syntax";
  expect_refused("{\"a\":1,}", reason,
                 "JSON line 1 column 8: found '}', expected a key in double quotes");
  expect_refused("[1,]", reason,
                 "JSON line 1 column 4: found ']', expected a value after the comma");
  expect_refused("[1 2]", reason, "JSON line 1 column 4: found '2', expected ',' or ']'");
  expect_refused("{\"a\" 1}", reason,
                 "JSON line 1 column 6: found '1', expected ':' after the key");
  expect_refused("{'a':1}", reason,
                 "JSON line 1 column 2: found a single quote, expected a key in double quotes");
  expect_refused("[1,\n\n  True]", reason, "JSON line 3 column 3: found 'True', expected a value");
  expect_refused("[1] x", reason, "JSON line 1 column 5: found 'x', expected the end of the text");
  expect_refused("[1", reason,
                 "JSON line 1 column 3: found the end of the text, expected ',' or ']'");
  expect_refused(
      "{", reason,
      "JSON line 1 column 2: found the end of the text, expected a key in double quotes");
  expect_refused("[\"\xC3\xA9\xC3\xA9\", \"open", reason,
                 "JSON line 1 column 8: this string is never closed: expected '\"'");
  expect_refused("[01]", reason,
                 "JSON line 1 column 2: found a number that starts with 0: drop the leading zero");
  expect_refused("[1.]", reason,
                 "JSON line 1 column 4: found ']', expected a digit after the decimal point");
  expect_refused("[1e+]", reason,
                 "JSON line 1 column 5: found ']', expected a digit in the exponent");
  expect_refused("[-]", reason, "JSON line 1 column 3: found ']', expected a digit after '-'");
  expect_refused("[12ab]", reason,
                 "JSON line 1 column 4: found 'ab', expected the end of the number");
  expect_refused(
      "[\"a\tb\"]", reason,
      "JSON line 1 column 4: found the control character 0x09 in a string: write it as \\u0009");
  expect_refused(
      R"(["\x41"])", reason,
      R"(JSON line 1 column 4: found 'x41', expected one of " \ / b f n r t u after '\')");
  expect_refused(R"(["\u12g4"])", reason,
                 "JSON line 1 column 3: found an incomplete \\u escape, expected four hex digits");
  expect_refused(R"(["\ud83d"])", reason,
                 "JSON line 1 column 3: found half of a surrogate pair: characters beyond U+FFFF "
                 "take two \\u escapes");
}

TEST(Json, EmptyTextAndBadEncodingsAreRefused) {
  expect_refused({}, "base.json.empty",
                 "JSON line 1 column 1: found no JSON at all, expected a value");
  expect_refused("", "base.json.empty",
                 "JSON line 1 column 1: found no JSON at all, expected a value");
  expect_refused(" \n ", "base.json.empty",
                 "JSON line 2 column 2: found no JSON at all, expected a value");
  expect_refused("\xEF\xBB\xBF{}", "base.json.byte_order_mark",
                 "JSON line 1 column 1: found a UTF-8 byte order mark: save the text without it");
  expect_refused(
      "[\"caf\xE9\"]", "base.json.not_utf8",
      "JSON line 1 column 6: byte 0xe9 at offset 5 is not UTF-8: convert the text to UTF-8");
}

TEST(Json, NaNAndInfinityAreRefusedWithAHint) {
  expect_refused(
      "[1, NaN]", "base.json.non_finite",
      "JSON line 1 column 5: found NaN, which is not JSON: send null for a missing number");
  expect_refused(
      "[-Infinity]", "base.json.non_finite",
      "JSON line 1 column 2: found -Infinity, which is not JSON: send null for a missing number");
}

TEST(Json, NaNAndInfinityAreTakenWhereAskedFor) {
  const auto document =
      parsed(R"({"NaN":[1, NaN, "NaN", 99999999999999999999, -Infinity, Infinity, 2]})",
             {.nan_and_infinity = true});
  std::vector<JsonView> items;
  for (JsonView item : document.root().find("NaN").array()) items.push_back(item);
  ASSERT_EQ(items.size(), 7u);
  EXPECT_EQ(items[0].as_int64(), 1);
  EXPECT_TRUE(std::isnan(*items[1].as_double()));
  EXPECT_EQ(items[2].as_string(), "NaN");
  EXPECT_EQ(items[3].as_double(), 1e20);
  EXPECT_EQ(items[4].as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(items[5].as_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(items[6].as_int64(), 2);
  EXPECT_TRUE(std::isnan(*parsed("NaN", {.nan_and_infinity = true}).root().as_double()));
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](int depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonDocument::parse(nested(100)).has_value());
  expect_refused(nested(101), "base.json.too_deep",
                 "JSON line 1 column 101: containers are nested deeper than 100, the limit here");
  expect_refused(std::string(100000, '['), "base.json.too_deep",
                 "JSON line 1 column 101: containers are nested deeper than 100, the limit here");
  EXPECT_TRUE(JsonDocument::parse(nested(3), {.max_depth = 3}).has_value());
  EXPECT_FALSE(JsonDocument::parse(nested(4), {.max_depth = 3}).has_value());
}

TEST(Json, SizeIsLimited) {
  const auto document = JsonDocument::parse("[1,2,3]", {.max_bytes = 6});
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(document.error().reason(), "base.json.too_large");
  EXPECT_EQ(document.error().message(), "JSON text has 7 bytes, the limit here is 6");
}

TEST(Json, CountsContainersTooLargeForTheTapesCounter) {
  constexpr std::size_t kItems = (1u << 24) + 5;
  std::string text = "[0";
  text.reserve(2 * kItems + 2);
  for (std::size_t i = 1; i < kItems; ++i) text += ",0";
  text += ']';
  EXPECT_EQ(parsed(text).root().size(), kItems);
}

TEST(JsonParser, ParsesInPlaceAndAgainAfterAnError) {
  JsonParser parser;
  std::string buffer = R"({"a":[1,2,3]})";
  const std::size_t size = buffer.size();
  buffer.resize(size + kJsonPadding, '}');
  ASSERT_EQ(parser.parse_padded(buffer.data(), size, buffer.size()).value().find("a").size(), 3u);
  ASSERT_FALSE(parser.parse_padded(buffer.data(), size - 1, buffer.size()).has_value());
  ASSERT_EQ(parser.parse_padded(buffer.data(), size, buffer.size()).value().find("a").size(), 3u);
}

TEST(JsonParser, CopiesWhereThePaddingIsMissing) {
  JsonParser parser;
  const std::string text(R"([1,2,3])");
  EXPECT_EQ(parser.parse_padded(text.data(), text.size(), text.size()).value().size(), 3u);
}

TEST(JsonParser, TakesTextsOfAnySizeInAnyOrder) {
  JsonParser parser({.keep_bytes = 1000});
  for (std::size_t items : {1u, 5000u, 10u, 100u, 20000u, 1u}) {
    std::string text = "[\"x\"";
    for (std::size_t i = 1; i < items; ++i) text += ",\"x\"";
    EXPECT_EQ(parser.parse(text + "]").value().size(), items);
  }
}

}  // namespace
}  // namespace slipway
