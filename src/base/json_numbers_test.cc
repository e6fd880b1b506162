// SPDX-License-Identifier: Apache-2.0
#include "base/json_numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "base/json.h"

namespace slipway {
namespace {

// What a document of that array has.
std::vector<double> by_document(const std::string& array) {
  const auto document = JsonDocument::parse(array);
  EXPECT_TRUE(document) << array;
  std::vector<double> values(document.value().root().size());
  EXPECT_TRUE(document.value().root().read_doubles(values)) << array;
  return values;
}

void expect_same(const std::string& items) {
  const std::string array = "[" + items + "]";
  std::vector<double> values;
  const char* const end = array.data() + array.size();
  EXPECT_EQ(read_json_numbers(array.data() + 1, end, &values), end) << items;
  const std::vector<double> expected = by_document(array);
  ASSERT_EQ(values.size(), expected.size()) << items;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(values[i]), std::bit_cast<std::uint64_t>(expected[i]))
        << items << ", number " << i << ": " << values[i] << " for " << expected[i];
  }
}

void expect_left_alone(const std::string& items) {
  const std::string array = "[" + items + "]";
  std::vector<double> values;
  EXPECT_EQ(read_json_numbers(array.data() + 1, array.data() + array.size(), &values), nullptr)
      << items;
}

TEST(JsonNumbers, AreWhatADocumentGives) {
  for (const char* items : {"1",
                            "0",
                            "-0",
                            "-0.0",
                            "0.0",
                            "-1.5",
                            "1,2 , 3\n,\t4\r\n",
                            "  7.25  ",
                            "null",
                            "1,null,2",
                            "4.1803",
                            "0.1",
                            "0.30000001192092896",
                            "0.1000000000000000055511151231257827",
                            "1e5",
                            "1E+5",
                            "1.5e-05",
                            "123456789012345678",
                            "-123456789012345678",
                            "9007199254740993.0",
                            "9007199254740992.5",
                            "0.5000000000000001",
                            "1.7976931348623157e308",
                            "2.2250738585072011e-308",
                            "0e9999",
                            "12345678.12345678",
                            "0.12345678901234567",
                            "0.000000000000000000000000001",
                            "1e22",
                            "1e23",
                            "99999999999999999999.5",
                            "9999999999999999999.0",
                            "0.9999999999999999999",
                            "1844674407370955161.5e1",
                            "18446744073709551615e-1"}) {
    expect_same(items);
  }
}

TEST(JsonNumbers, OfAllLengthsAreRoundedOnce) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t digits = random() >> (random() % 64);
    const auto places = static_cast<std::size_t>(random() % 22);
    std::string text = std::to_string(digits);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    if (places > 0) text.insert(text.size() - places, ".");
    if (places > 0 && random() % 4 == 0)
      text += fmt::format("e{}", static_cast<int>(random() % 61) - 30);
    if (random() % 2 == 0) text.insert(0, "-");
    if (places == 0 && text.size() > 18) continue;
    expect_same(text);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(JsonNumbers, HalfwayBetweenTwoDoublesIsTheEvenOne) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    // 2^53 and more: odd numbers lie between two doubles; a division must see that nothing is left.
    const std::uint64_t number =
        (std::uint64_t{1} << 53) + 2 * (random() % (std::uint64_t{1} << 52)) + 1;
    const auto places = 1 + random() % 3;
    expect_same(fmt::format("{}.{}", number, std::string(places, '0')));
    expect_same(fmt::format("{}.{}1", number, std::string(places, '0')));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(JsonNumbers, WhatPythonWritesOfFloatsReadsBack) {
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value) || std::fabs(value) > 1e15f || std::fabs(value) < 1e-15f) continue;
    expect_same(fmt::format("{}", static_cast<double>(value)));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(JsonNumbers, AnythingElseIsLeftToTheParser) {
  for (const char* items :
       {"",     " ",       ",",        "1,",        ",1",   "01",
        "-",    "-a",      "1.",       ".5",        "1.e5", "1e",
        "1e+",  "1e99999", "1e400",    "-1e400",    "+1",   "1 2",
        "1;2",  "NaN",     "Infinity", "-Infinity", "nul",  "nulls",
        "nan",  "\"1\"",   "[1]",      "{}",        "true", "1234567890123456789",
        "0x10", "1_000",   "1\v",      "1\x80"})
    expect_left_alone(items);
}

TEST(JsonNumbers, TheEndIsSeen) {
  std::vector<double> values;
  for (const std::string text : {"1", "1,", "1,2", "1.5e", "n", "nul", "-", "1 "}) {
    EXPECT_EQ(read_json_numbers(text.data(), text.data() + text.size(), &values), nullptr) << text;
    const std::string closed = text + "}";
    EXPECT_EQ(read_json_numbers(closed.data(), closed.data() + closed.size(), &values), nullptr)
        << closed;
  }
}

}  // namespace
}  // namespace slipway
