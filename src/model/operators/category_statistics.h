// What combinations of categories were worth in training: CatBoost's CTR features, as tables.
// Plain data; model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// Table t turns a row into a key, and the key into widths[t] columns; what is not among its keys
// becomes `otherwise`. The tables' columns come out side by side.
//
// The key is a 64-bit hash, from 0: h = m * (h + m * v) with m = kMultiplier, for each v of
//   the category columns, a hash (model/category_hash.h) as a signed 32-bit number, then
//   the conditions, 1 or 0: the column is above the value as floats (NaN: by the rule), or equal.
struct CategoryStatistics {
  static constexpr std::string_view kName = "category_statistics";
  static constexpr std::uint64_t kMultiplier = 0x4906ba494954cb65;
  // Bits of a condition's rule.
  static constexpr std::uint8_t kEqual = 1;     // else: above
  static constexpr std::uint8_t kNaNAbove = 2;  // NaN is above every value

  // Per table: its part of category_column, condition_*, keys.
  Array<std::uint32_t> category_begin;
  Array<std::uint32_t> category_column;
  Array<std::uint32_t> condition_begin;
  Array<std::uint32_t> condition_column;
  Array<double> condition_value;
  Array<std::uint8_t> condition_rule;
  Array<std::uint32_t> key_begin;
  Array<std::uint64_t> keys;    // rising within a table
  Array<std::uint32_t> widths;  // per table
  Array<double> values;         // per key its table's columns; NaN is a value
  Array<double> otherwise;      // per column that comes out

  std::size_t tables() const { return widths.size(); }

  static constexpr auto fields() {
    return std::tuple{field("category_begin", &CategoryStatistics::category_begin),
                      field("category_column", &CategoryStatistics::category_column),
                      field("condition_begin", &CategoryStatistics::condition_begin),
                      field("condition_column", &CategoryStatistics::condition_column),
                      field("condition_value", &CategoryStatistics::condition_value),
                      field("condition_rule", &CategoryStatistics::condition_rule),
                      field("key_begin", &CategoryStatistics::key_begin),
                      field("keys", &CategoryStatistics::keys),
                      field("widths", &CategoryStatistics::widths),
                      field("values", &CategoryStatistics::values),
                      field("otherwise", &CategoryStatistics::otherwise)};
  }
};

}  // namespace slipway::model
