// Kernel of model/operators/category_statistics.h: a hash table of each table's keys.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

using model::CategoryStatistics;

// Positions of keys by open addressing: half empty, so that a key that is not there is soon known.
class KeyIndex {
 public:
  explicit KeyIndex(std::span<const std::uint64_t> keys)
      : keys_(keys), slots_(std::bit_ceil(2 * keys.size() + 1), kEmpty) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::size_t at = slot_of(keys[i]);
      while (slots_[at] != kEmpty) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = static_cast<std::uint32_t>(i);
    }
  }

  // The key's position, or the number of keys.
  std::size_t find(std::uint64_t key) const {
    for (std::size_t at = slot_of(key); slots_[at] != kEmpty; at = (at + 1) & (slots_.size() - 1)) {
      if (keys_[slots_[at]] == key) return slots_[at];
    }
    return keys_.size();
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;

  // Keys may come from any file; Fibonacci hashing spreads also those that are not random.
  std::size_t slot_of(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15) >> 32) & (slots_.size() - 1);
  }

  std::span<const std::uint64_t> keys_;
  std::vector<std::uint32_t> slots_;
};

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  constexpr std::uint64_t kMultiplier = CategoryStatistics::kMultiplier;
  return kMultiplier * (hash + kMultiplier * value);
}

// A hash travels as a double; anything else than 0 .. 2^32 - 1 is no hash and reads as 0.
std::uint64_t signed_hash(double x) {
  const std::uint32_t hash = x >= 0 && x < 4294967296.0 ? static_cast<std::uint32_t>(x) : 0;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(hash)));
}

class CategoryStatisticsKernel final : public Kernel {
 public:
  explicit CategoryStatisticsKernel(CategoryStatistics op) : op_(std::move(op)) {
    std::size_t value = 0;
    std::size_t column = 0;
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      const auto keys =
          op_.keys.span().subspan(op_.key_begin[t], op_.key_begin[t + 1] - op_.key_begin[t]);
      tables_.push_back({KeyIndex(keys), op_.values.data() + value, op_.otherwise.data() + column});
      value += keys.size() * op_.widths[t];
      column += op_.widths[t];
    }
  }

  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    const Rows in = inputs[0];
    for (std::size_t r = 0; r < in.rows; ++r) {
      const double* row = in.values + r * in.width;
      for (std::size_t t = 0; t < tables_.size(); ++t) {
        const std::uint32_t width = op_.widths[t];
        const Table& table = tables_[t];
        const std::size_t at = table.index.find(key_of(t, row));
        const bool found = at < op_.key_begin[t + 1] - op_.key_begin[t];
        out = std::copy_n(found ? table.values + at * width : table.otherwise, width, out);
      }
    }
    return std::nullopt;
  }

 private:
  struct Table {
    KeyIndex index;
    const double* values;
    const double* otherwise;
  };

  std::uint64_t key_of(std::size_t t, const double* row) const {
    std::uint64_t key = 0;
    for (std::uint32_t i = op_.category_begin[t]; i < op_.category_begin[t + 1]; ++i)
      key = mix(key, signed_hash(row[op_.category_column[i]]));
    for (std::uint32_t i = op_.condition_begin[t]; i < op_.condition_begin[t + 1]; ++i)
      key = mix(key, holds(i, row[op_.condition_column[i]]) ? 1 : 0);
    return key;
  }

  bool holds(std::size_t condition, double x) const {
    const std::uint8_t rule = op_.condition_rule[condition];
    const double value = op_.condition_value[condition];
    if ((rule & CategoryStatistics::kEqual) != 0) return x == value;
    if (std::isnan(x)) return (rule & CategoryStatistics::kNaNAbove) != 0;
    return static_cast<double>(static_cast<float>(x)) > value;
  }

  CategoryStatistics op_;
  std::vector<Table> tables_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const CategoryStatistics& op) {
  return std::make_unique<CategoryStatisticsKernel>(op);
}

}  // namespace slipway::scoring
