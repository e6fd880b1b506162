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

// Columns 0 and 1 are hashes of few values, 2 and 3 numbers.
struct RandomTables {
  std::mt19937 draw;
  CategoryStatistics op;
  std::vector<double> rows;

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(draw() % limit); }
  double hash() { return below(5) == 0 ? 4294967295.0 - below(3) : below(12); }
  double number() { return below(6) == 0 ? kNaN : 0.5 * below(8); }

  std::uint64_t key(std::size_t t, const double* row) const {
    std::uint64_t h = 0;
    for (std::uint32_t i = op.category_begin[t]; i < op.category_begin[t + 1]; ++i) {
      const auto hash = static_cast<std::uint32_t>(row[op.category_column[i]]);
      h = kM * (h + kM * static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(hash)}));
    }
    for (std::uint32_t i = op.condition_begin[t]; i < op.condition_begin[t + 1]; ++i) {
      const double x = row[op.condition_column[i]];
      const bool holds =
          op.condition_rule[i] == CategoryStatistics::kEqual
              ? x == op.condition_value[i]
              : (std::isnan(x) ? op.condition_rule[i] != 0 : x > op.condition_value[i]);
      h = kM * (h + kM * (holds ? 1 : 0));
    }
    return h;
  }

  explicit RandomTables(std::uint32_t seed) : draw(seed) {
    for (std::uint32_t r = 0; r < 1 + seed % 70; ++r) {
      for (int c = 0; c < 2; ++c) rows.push_back(hash());
      for (int c = 0; c < 2; ++c) rows.push_back(number());
    }
    const std::uint32_t tables = 1 + below(8);
    std::vector<std::uint32_t> category_begin{0}, category, condition_begin{0}, column,
        key_begin{0}, widths;
    std::vector<double> value, values, otherwise;
    std::vector<std::uint8_t> rule;
    for (std::uint32_t t = 0; t < tables; ++t) {
      for (std::uint32_t i = below(4) == 0 ? below(3) : 1; i > 0; --i) category.push_back(below(2));
      for (std::uint32_t i = below(8) == 0 ? 9 : below(4); i > 0; --i) {
        column.push_back(2 + below(2));
        value.push_back(0.5 * below(8));
        rule.push_back(static_cast<std::uint8_t>(below(3)));
      }
      category_begin.push_back(static_cast<std::uint32_t>(category.size()));
      condition_begin.push_back(static_cast<std::uint32_t>(column.size()));
      widths.push_back(1 + below(4));
    }
    op.category_begin = category_begin, op.category_column = category;
    op.condition_begin = condition_begin, op.condition_column = column;
    op.condition_value = value, op.condition_rule = rule, op.widths = widths;
    std::vector<std::uint64_t> keys;
    for (std::uint32_t t = 0; t < tables; ++t) {
      // Of some of the rows, and one that may be of none.
      std::set<std::uint64_t> of_table{draw() * std::uint64_t{draw()}};
      for (std::size_t r = 0; r < rows.size(); r += 4) {
        if (below(2) == 0) of_table.insert(key(t, &rows[r]));
      }
      keys.insert(keys.end(), of_table.begin(), of_table.end());
      key_begin.push_back(static_cast<std::uint32_t>(keys.size()));
      for (std::size_t i = 0; i < of_table.size() * widths[t]; ++i) values.push_back(below(1000));
      for (std::size_t i = 0; i < widths[t]; ++i) otherwise.push_back(-1.0 - below(1000));
    }
    op.key_begin = key_begin, op.keys = keys, op.values = values, op.otherwise = otherwise;
  }

  std::vector<double> expected() const {
    std::vector<double> out;
    for (std::size_t r = 0; r < rows.size(); r += 4) {
      std::size_t value = 0, column = 0;
      for (std::size_t t = 0; t < op.tables();
           value += (op.key_begin[t + 1] - op.key_begin[t]) * op.widths[t], column += op.widths[t],
                       ++t) {
        const auto keys =
            op.keys.span().subspan(op.key_begin[t], op.key_begin[t + 1] - op.key_begin[t]);
        const auto at = static_cast<std::size_t>(
            std::find(keys.begin(), keys.end(), key(t, &rows[r])) - keys.begin());
        for (std::uint32_t j = 0; j < op.widths[t]; ++j)
          out.push_back(at < keys.size() ? op.values[value + at * op.widths[t] + j]
                                         : op.otherwise[column + j]);
      }
    }
    return out;
  }
};

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
