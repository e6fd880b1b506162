// Kernel of model/operators/category_statistics.h. A table of one category column has its keys undone to what a row says:
// the hash of a category and the answers of conditions; so a row's categories are looked up once, whatever number of
// tables asks for them, and each table is an array. What cannot be undone that way is looked up by its key.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "scoring/engine/category_key.h"
#include "scoring/engine/key_index.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using model::CategoryStatistics;

constexpr std::size_t kConditionsMax = 512;       // distinct ones, that a row's answers are kept of
constexpr std::size_t kColumnsMax = 64;           // of categories, as well
constexpr std::uint32_t kArrayConditionsMax = 8;  // of a table that becomes an array
constexpr std::size_t kPlacesMax = std::size_t{1} << 22;  // of all arrays together

struct Condition {
  std::uint32_t column;
  double value;
  std::uint8_t rule;

  bool holds(double x) const { return statistic_condition_holds(x, value, rule); }
  friend bool operator<(const Condition& a, const Condition& b) {
    return std::tie(a.column, a.value, a.rule) < std::tie(b.column, b.value, b.rule);
  }
};

// A column of categories: the hashes that tables know, in order.
struct Column {
  std::uint32_t column = 0;
  std::vector<std::uint64_t> known;
  std::unique_ptr<const KeyIndex> index;
};

struct Table {
  std::uint32_t width = 0;
  std::size_t first = 0;  // column that comes out
  std::size_t keys = 0;
  const double* values = nullptr;
  const double* otherwise = nullptr;
  std::vector<std::uint32_t> conditions;  // among the distinct ones
  // As an array: a key's position, or `keys`, by the category's number among the known ones (the first that is none: their
  // count) and the conditions' answers, the first one's bit the lowest.
  std::size_t column = 0;  // among the columns
  std::vector<std::uint32_t> places;
  std::unique_ptr<const KeyIndex> index;  // if it is no array
};

// What a key of table t was made of.
struct Origin {
  std::size_t table;
  std::uint64_t category;  // its hash
  std::uint32_t answers;
  std::uint32_t position;
};

class CategoryStatisticsKernel final : public Kernel {
 public:
  explicit CategoryStatisticsKernel(CategoryStatistics op) : op_(std::move(op)) {
    std::size_t value = 0;
    std::size_t column = 0;
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      Table& table = tables_.emplace_back();
      table.width = op_.widths[t];
      table.first = column;
      table.keys = keys_of(t).size();
      table.values = op_.values.data() + value;
      table.otherwise = op_.otherwise.data() + column;
      value += table.keys * table.width;
      column += table.width;
    }
    width_ = column;
    number_conditions();
    if (conditions_.size() <= kConditionsMax) make_arrays();
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      if (tables_[t].places.empty())
        tables_[t].index = std::make_unique<const KeyIndex>(keys_of(t));
    }
  }

  // Table by table for a few rows: what is decided by the table is then decided for all of them.
  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    const Rows in = inputs[0];
    for (std::size_t first = 0; first < in.rows; first += kTile) {
      const Rows rows{in.values + first * in.width, std::min(kTile, in.rows - first), in.width};
      if (rows.rows == kTile) {
        run_tile<kTile>(rows, out);
      } else {
        run_tile<0>(rows, out);
      }
      out += rows.rows * width_;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kTile = 16;  // rows
  struct Answers {
    std::uint32_t code[kColumnsMax][kTile];
    std::uint8_t holds[kConditionsMax][kTile];
  };

  // Count: rows of the tile, 0 for as many as it says.
  template <std::size_t Count>
  void run_tile(Rows rows, double* out) const {
    Answers answers;
    answer<Count>(rows, &answers);
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      const Table& table = tables_[t];
      std::size_t at[kTile];
      if (table.places.empty()) {
        for (std::size_t r = 0; r < rows.rows; ++r)
          at[r] = table.index->find(key_of(t, rows.values + r * rows.width));
      } else {
        find_places<Count>(table, answers, rows.rows, at);
      }
      copy(table, at, rows.rows, out + table.first);
    }
  }

  template <std::size_t Count>
  void answer(Rows rows, Answers* out) const {
    const std::size_t count = Count == 0 ? rows.rows : Count;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const double* x = rows.values + columns_[c].column;
      for (std::size_t r = 0; r < count; ++r, x += rows.width)
        out->code[c][r] = static_cast<std::uint32_t>(columns_[c].index->find(signed_hash(*x)));
    }
    for (std::size_t c = 0; c < std::min(conditions_.size(), kConditionsMax); ++c) {
      const Condition condition = conditions_[c];
      const double* x = rows.values + condition.column;
      for (std::size_t r = 0; r < count; ++r, x += rows.width)
        out->holds[c][r] = condition.holds(*x) ? 1 : 0;
    }
  }

  template <std::size_t Count>
  static void find_places(const Table& table, const Answers& answers, std::size_t rows,
                          std::size_t* at) {
    const std::size_t count = Count == 0 ? rows : Count;
    const std::size_t bits = table.conditions.size();
    std::uint8_t all[kTile] = {};
    for (std::size_t i = 0; i < bits; ++i) {
      const std::uint8_t* holds = answers.holds[table.conditions[i]];
      for (std::size_t r = 0; r < count; ++r) all[r] |= static_cast<std::uint8_t>(holds[r] << i);
    }
    const std::uint32_t* code = answers.code[table.column];
    for (std::size_t r = 0; r < count; ++r)
      at[r] = table.places[(std::size_t{code[r]} << bits) + all[r]];
  }

  void copy(const Table& table, const std::size_t* at, std::size_t rows, double* out) const {
    for (std::size_t r = 0; r < rows; ++r, out += width_) {
      const double* from =
          at[r] < table.keys ? table.values + at[r] * table.width : table.otherwise;
      for (std::uint32_t j = 0; j < table.width; ++j) out[j] = from[j];  // too few for a call
    }
  }

  std::span<const std::uint64_t> keys_of(std::size_t t) const {
    return op_.keys.span().subspan(op_.key_begin[t], op_.key_begin[t + 1] - op_.key_begin[t]);
  }

  std::uint64_t key_of(std::size_t t, const double* row) const {
    std::uint64_t key = 0;
    for (std::uint32_t i = op_.category_begin[t]; i < op_.category_begin[t + 1]; ++i)
      key = mix(key, signed_hash(row[op_.category_column[i]]));
    for (std::uint32_t i = op_.condition_begin[t]; i < op_.condition_begin[t + 1]; ++i)
      key = mix(key, condition(i).holds(row[op_.condition_column[i]]) ? 1 : 0);
    return key;
  }

  // ---- arrays ----

  Condition condition(std::size_t i) const {
    return {op_.condition_column[i], op_.condition_value[i], op_.condition_rule[i]};
  }

  void number_conditions() {
    std::map<Condition, std::uint32_t> numbers;
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      for (std::uint32_t i = op_.condition_begin[t]; i < op_.condition_begin[t + 1]; ++i) {
        const auto next = static_cast<std::uint32_t>(conditions_.size());
        const auto [known, is_new] = numbers.try_emplace(condition(i), next);
        if (is_new) conditions_.push_back(condition(i));
        tables_[t].conditions.push_back(known->second);
      }
    }
  }

  bool can_be_array(std::size_t t) const {
    return op_.category_begin[t + 1] - op_.category_begin[t] == 1 &&
           tables_[t].conditions.size() <= kArrayConditionsMax;
  }

  // All that gives the table's keys: mixing can be undone, so there is no other way to one.
  std::vector<Origin> origins_of(std::size_t t) const {
    std::vector<Origin> origins;
    const auto count = static_cast<std::uint32_t>(tables_[t].conditions.size());
    const auto keys = keys_of(t);
    for (std::uint32_t position = 0; position < keys.size(); ++position) {
      for (std::uint32_t answers = 0; answers < 1U << count; ++answers) {
        std::uint64_t hash = keys[position];
        for (std::uint32_t i = count; i-- > 0;) hash = unmix(hash, (answers >> i) & 1);
        const std::uint64_t category = first_mixed(hash);
        if (is_signed_hash(category)) origins.push_back({t, category, answers, position});
      }
    }
    return origins;
  }

  // The column's number; it is new if need be. kColumnsMax if there are too many.
  std::size_t column_of(std::uint32_t column) {
    const auto known = std::find_if(columns_.begin(), columns_.end(),
                                    [&](const Column& each) { return each.column == column; });
    if (known != columns_.end()) return static_cast<std::size_t>(known - columns_.begin());
    if (columns_.size() == kColumnsMax) return kColumnsMax;
    columns_.push_back({.column = column, .known = {}, .index = nullptr});
    return columns_.size() - 1;
  }

  void make_arrays() {
    std::vector<Origin> origins;
    std::vector<std::size_t> arrays;
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      if (!can_be_array(t)) continue;
      const std::size_t column = column_of(op_.category_column[op_.category_begin[t]]);
      if (column == kColumnsMax) continue;
      tables_[t].column = column;
      arrays.push_back(t);
      for (const Origin& origin : origins_of(t)) {
        origins.push_back(origin);
        columns_[column].known.push_back(origin.category);
      }
    }
    for (Column& column : columns_) {
      std::sort(column.known.begin(), column.known.end());
      column.known.erase(std::unique(column.known.begin(), column.known.end()), column.known.end());
      column.index = std::make_unique<const KeyIndex>(column.known);
    }
    std::size_t places = 0;
    for (const std::size_t t : arrays) {
      Table& table = tables_[t];
      const std::size_t size = (columns_[table.column].known.size() + 1) << table.conditions.size();
      if (size > kPlacesMax - places) continue;
      places += size;
      table.places.assign(size, static_cast<std::uint32_t>(table.keys));
    }
    for (const Origin& origin : origins) {
      Table& table = tables_[origin.table];
      if (table.places.empty()) continue;
      const std::size_t code = columns_[table.column].index->find(origin.category);
      table.places[(code << table.conditions.size()) + origin.answers] = origin.position;
    }
  }

  CategoryStatistics op_;
  std::size_t width_ = 0;  // columns that come out
  std::vector<Condition> conditions_;
  std::vector<Column> columns_;
  std::vector<Table> tables_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const CategoryStatistics& op) {
  return std::make_unique<CategoryStatisticsKernel>(op);
}

}  // namespace slipway::scoring
