// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/literals.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace slipway::model::pickle {
namespace {

std::string written(const Result<Integer>& number) {
  if (!number) return std::string(number.error().reason());
  return number.value().digits.empty() ? std::to_string(number.value().small)
                                       : number.value().digits;
}

TEST(DecimalInteger, KeepsWhatFitsAndTheDigitsOfWhatDoesNot) {
  EXPECT_EQ(decimal_integer("-9223372036854775808L", 0).value().small,
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decimal_integer("9223372036854775808", 0).value().digits, "9223372036854775808");
  EXPECT_EQ(written(decimal_integer("+007", 0)), "7");
  EXPECT_EQ(written(decimal_integer("-0", 0)), "0");
  EXPECT_EQ(written(decimal_integer("000000000000000000000099999999999999999999", 0)),
            "99999999999999999999");
}

TEST(DecimalInteger, RefusesWhatIsNoNumber) {
  for (const char* line : {"", "L", "-", "1.5", "0x10", "1_000", " 1", "1 "})
    EXPECT_EQ(written(decimal_integer(line, 0)), "model.pickle.number") << line;
  EXPECT_EQ(written(decimal_integer(std::string(kMostDigits + 1, '1'), 0)), "model.pickle.number");
}

TEST(BinaryInteger, IsTwosComplementOfAnyLength) {
  EXPECT_EQ(written(binary_integer("", 0)), "0");
  EXPECT_EQ(written(binary_integer("\xff", 0)), "-1");
  EXPECT_EQ(written(binary_integer({"\xff\x00", 2}, 0)), "255");
  EXPECT_EQ(written(binary_integer({"\0\0\0\0\0\0\0\x80", 8}, 0)), "-9223372036854775808");
  EXPECT_EQ(written(binary_integer({"\0\0\0\0\0\0\0\x80\0", 9}, 0)), "9223372036854775808");
  EXPECT_EQ(written(binary_integer("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0)), "-1");
  EXPECT_EQ(written(binary_integer({"\xff\xff\xff\xff\xff\xff\xff\x7f\xff", 9}, 0)),
            "-9223372036854775809");
  EXPECT_EQ(written(binary_integer({"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 17}, 0)),
            "340282366920938463463374607431768211456");
  EXPECT_EQ(written(binary_integer(std::string(kMostIntegerBytes + 1, '\x55'), 0)),
            "model.pickle.number");
}

TEST(UnescapeQuoted, KnowsTheEscapesOfPython2) {
  EXPECT_EQ(unescape_quoted("'a'", 0).value(), "a");
  EXPECT_EQ(unescape_quoted("\"it's\"", 0).value(), "it's");
  EXPECT_EQ(unescape_quoted(R"('\\\'\n\x41\101\0')", 0).value(), std::string("\\'\nAA\0", 6));
  for (const char* line : {"", "'", "a", "'a\"", R"('\q')", R"('\x4')"})
    EXPECT_FALSE(unescape_quoted(line, 0).has_value()) << line;
}

TEST(UnescapeUnicode, IsRawUnicodeEscape) {
  EXPECT_EQ(unescape_unicode(R"(\u20ac)", 0).value(), "\xe2\x82\xac");
  EXPECT_EQ(unescape_unicode(R"(\U0001f600)", 0).value(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(unescape_unicode("\xe9", 0).value(), "\xc3\xa9") << "other bytes are Latin-1";
  EXPECT_EQ(unescape_unicode(R"(\n\\u0041)", 0).value(), R"(\n\\u0041)");
  for (const char* line : {R"(\u20a)", R"(\uD800)", R"(\U00110000)", R"(\U0001f60)", R"(\u+123)"})
    EXPECT_FALSE(unescape_unicode(line, 0).has_value()) << line;
}

TEST(Utf8ToLatin1, GivesOneByteForEachCharacter) {
  EXPECT_EQ(utf8_to_latin1("a\xc3\xbf\xc2\x80", 0).value(), "a\xff\x80");
  EXPECT_EQ(utf8_to_latin1("\xe2\x82\xac", 7).error().message().substr(0, 7), "byte 7:");
}

}  // namespace
}  // namespace slipway::model::pickle
