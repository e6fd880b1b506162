// Conditions laid out for the loops of isa/: thresholds as blocks of 16 in the input's own type.
//
//   const ConditionTables<float> tables(forest->conditions, ensemble.flush_below);
//   kernels.row_bytes_float(tables.view(), row, bytes);
//
// Immutable; the view is good as long as the tables are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "scoring/engine/conditions.h"
#include "scoring/engine/isa/kernels.h"

namespace slipway::scoring {

template <typename T>
class ConditionTables {
 public:
  // Groups of numbers that have more than group_max conditions are parted, evenly; 0: none is.
  ConditionTables(const Conditions& conditions, double flush_below, std::uint32_t group_max = 0);
  ConditionTables(const ConditionTables&) = delete;
  ConditionTables& operator=(const ConditionTables&) = delete;

  const isa::ConditionTable<T>& view() const { return view_; }
  // Bytes that row_bytes may write.
  std::size_t row_bytes() const { return std::size_t{view_.count} + 2 + 64; }

 private:
  void add_group(const Conditions& conditions, const NumberGroup& whole, std::uint32_t from,
                 std::uint32_t to);
  void add_levels(const double* first, std::uint32_t count, isa::RankGroup* group);
  void add_tree(const double* first, std::uint32_t count, isa::RankGroup* group);

  std::vector<isa::RankGroup> groups_;
  std::vector<T> thresholds_;
  std::vector<std::uint8_t> missing_;
  std::vector<isa::CodeGroup> codes_;
  std::vector<std::uint64_t> bits_;
  std::vector<isa::EqualQuestion> equals_;
  std::vector<std::uint8_t> ones_;
  isa::ConditionTable<T> view_{};
};

}  // namespace slipway::scoring
