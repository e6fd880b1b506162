// Random model::CategoryStatistics for tests, rows that its tables know in part, and what these rows should give. The same seed
// gives the same tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "model/operators/category_statistics.h"

namespace slipway::scoring {

// Columns 0 and 1 are hashes of few values, 2 and 3 numbers.
struct RandomTables {
  static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::uint64_t kM = model::CategoryStatistics::kMultiplier;

  std::mt19937 draw;
  model::CategoryStatistics op;
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
          op.condition_rule[i] == model::CategoryStatistics::kEqual
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
        const bool is_category = below(5) == 0;
        column.push_back(is_category ? below(2) : 2 + below(2));
        value.push_back(is_category ? hash() : 0.5 * below(8));
        rule.push_back(is_category ? model::CategoryStatistics::kEqual
                                   : static_cast<std::uint8_t>(below(3)));
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

}  // namespace slipway::scoring
