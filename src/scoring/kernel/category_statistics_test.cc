// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scoring/kernel/kernel.h"
#include "scoring/kernel/test_tables.h"

namespace slipway::scoring {
namespace {

using model::CategoryStatistics;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kM = CategoryStatistics::kMultiplier;

// Table 0: the key of column 0 alone gives two columns. Table 1: column 0 and whether column 1 is
// above 1.5 (by `rule`) gives one.
CategoryStatistics two_tables(std::uint8_t rule) {
  CategoryStatistics op;
  op.category_begin = std::vector<std::uint32_t>{0, 1, 2};
  op.category_column = std::vector<std::uint32_t>{0, 0};
  op.condition_begin = std::vector<std::uint32_t>{0, 0, 1};
  op.condition_column = std::vector<std::uint32_t>{1};
  op.condition_value = std::vector<double>{1.5};
  op.condition_rule = std::vector<std::uint8_t>{rule};
  // The hash 7 and the hash -1, as a signed number.
  const std::uint64_t seven = kM * (kM * 7);
  const std::uint64_t minus_one = kM * (kM * ~std::uint64_t{0});
  op.key_begin = std::vector<std::uint32_t>{0, 2, 3};
  op.keys = std::vector<std::uint64_t>{std::min(seven, minus_one), std::max(seven, minus_one),
                                       kM * (seven + kM)};
  const double of_seven = seven < minus_one ? 1 : 2;
  op.values = std::vector<double>{of_seven, 10 * of_seven, 3 - of_seven, 30 - 10 * of_seven, 5};
  op.widths = std::vector<std::uint32_t>{2, 1};
  op.otherwise = std::vector<double>{-1, -2, -3};
  return op;
}

std::vector<double> run(const CategoryStatistics& op, const std::vector<double>& rows) {
  const std::vector<std::uint32_t> widths{2};
  EXPECT_EQ(model::width_of(op, widths).value(), 3u);
  std::vector<double> out(rows.size() / 2 * 3);
  const std::vector<Rows> inputs{{rows.data(), rows.size() / 2, 2}};
  EXPECT_FALSE(make_kernel(op)->run(inputs, out.data()));
  return out;
}

TEST(CategoryStatistics, KnownKeysGiveTheirValuesOthersTheDefault) {
  const double of_seven = run(two_tables(0), {7, 0})[0];
  EXPECT_EQ(run(two_tables(0), {7, 2}), (std::vector<double>{of_seven, 10 * of_seven, 5}));
  EXPECT_EQ(run(two_tables(0), {7, 1.5}), (std::vector<double>{of_seven, 10 * of_seven, -3}));
  EXPECT_EQ(run(two_tables(0), {8, 2}), (std::vector<double>{-1, -2, -3}));
  EXPECT_EQ(run(two_tables(0), {4294967295.0, 2})[0], 3 - of_seven) << "hashes are signed";
}

TEST(CategoryStatistics, ConditionsCompareFloatsAndKnowNaN) {
  EXPECT_EQ(run(two_tables(0), {7, kNaN})[2], -3);
  EXPECT_EQ(run(two_tables(CategoryStatistics::kNaNAbove), {7, kNaN})[2], 5);
  EXPECT_EQ(run(two_tables(0), {7, 1.5 + 1e-9})[2], -3) << "1.5 as a float";
  EXPECT_EQ(run(two_tables(CategoryStatistics::kEqual), {7, 1.5})[2], 5);
  EXPECT_EQ(run(two_tables(CategoryStatistics::kEqual), {7, 2})[2], -3);
}

TEST(CategoryStatistics, TablesAsArraysGiveWhatTheirKeysDo) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const RandomTables random(seed);
    const std::vector<std::uint32_t> widths{4};
    ASSERT_TRUE(model::width_of(random.op, widths)) << "seed " << seed;
    const std::vector<double> want = random.expected();
    std::vector<double> got(want.size());
    const std::vector<Rows> inputs{{random.rows.data(), random.rows.size() / 4, 4}};
    ASSERT_FALSE(make_kernel(random.op)->run(inputs, got.data()));
    ASSERT_EQ(got, want) << "seed " << seed;
  }
}

TEST(CategoryStatistics, WhatIsNoHashIsNotUndefined) {
  for (const double x : {kNaN, -1.0, 1e300, -std::numeric_limits<double>::infinity()})
    EXPECT_EQ(run(two_tables(0), {x, 0})[0], -1) << x;
}

TEST(CategoryStatistics, ATableThatIsNotSoundIsRefused) {
  const std::vector<std::uint32_t> widths{2};
  const auto reason = [&](const CategoryStatistics& op) {
    return std::string(model::width_of(op, widths).error().reason());
  };
  CategoryStatistics op = two_tables(0);
  op.keys = std::vector<std::uint64_t>{5, 5, 1};
  EXPECT_EQ(reason(op), "model.graph.keys");
  op = two_tables(0);
  op.category_column = std::vector<std::uint32_t>{0, 2};
  EXPECT_EQ(reason(op), "model.graph.column");
  op = two_tables(0);
  op.values = std::vector<double>{1};
  EXPECT_EQ(reason(op), "model.graph.sizes");
  op = two_tables(0);
  op.otherwise = std::vector<double>{1};
  EXPECT_EQ(reason(op), "model.graph.sizes");
  op = two_tables(0);
  op.condition_rule = std::vector<std::uint8_t>{};
  EXPECT_EQ(reason(op), "model.graph.sizes");
  op = two_tables(0);
  op.key_begin = std::vector<std::uint32_t>{0, 4, 3};
  EXPECT_EQ(reason(op), "model.graph.offsets");
}

}  // namespace
}  // namespace slipway::scoring
