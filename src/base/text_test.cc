// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace slipway {
namespace {

TEST(Numbers, PrintShortestAndReadBackToTheSameBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    const auto back = parse_double(number_text(value));
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(value))
        << number_text(value);
    const float narrow = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(narrow)) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(*parse_float(number_text(narrow))),
              std::bit_cast<std::uint32_t>(narrow));
  }
  EXPECT_EQ(number_text(0.1f), "0.1");
  EXPECT_EQ(number_text(0.1), "0.1");
}

TEST(Numbers, ReadWhatStrtodReads) {
  EXPECT_EQ(parse_double("+1e-3"), 1e-3);
  EXPECT_EQ(parse_double("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("-1e999"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("1e-999"), 0.0);
  EXPECT_EQ(parse_double("0.01e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::isnan(*parse_double("nan")));
  EXPECT_EQ(parse_double("inf"), std::numeric_limits<double>::infinity());
  for (const char* bad : {"", "1x", " 1", "--1", "+-1", "0x10", "1,5"})
    EXPECT_FALSE(parse_double(bad)) << bad;
}

TEST(Nearest, OffersASlipOfTheHandAndNothingElse) {
  const std::vector<std::string> names{"carrier", "origin", "dest"};
  EXPECT_EQ(nearest("carier", names), "carrier");
  EXPECT_EQ(nearest("modle", std::vector<std::string>{"model", "x"}), "model")
      << "two letters swapped";
  EXPECT_EQ(nearest("omdel", std::vector<std::string>{"model", "x"}), "model");
  EXPECT_FALSE(nearest("temperature", names));
}

TEST(Bytes, PrintAndRead) {
  EXPECT_EQ(bytes_text(312), "312 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::uint64_t{1} << 30), "1 GiB");
  EXPECT_EQ(parse_bytes("1 GiB"), std::uint64_t{1} << 30);
  EXPECT_EQ(parse_bytes("64K"), 65536u);
  EXPECT_EQ(parse_bytes("10MB"), 10u << 20);
  for (const char* bad : {"", "x", "-1", "10 ZB", "1iB", "1e400G"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Text, SplitsTrimsAndGroups) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_TRUE(split("", ',').empty());
  EXPECT_EQ(trim("  a b\r\n"), "a b");
  EXPECT_EQ(grouped(170618), "170,618");
  EXPECT_EQ(grouped(12), "12");
}

}  // namespace
}  // namespace slipway
