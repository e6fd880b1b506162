// A slot plan laid out for the loop that fills a row's slots (isa/permute_kernels.h).
//
//   const SlotTables<float> tables(plan, ensemble.flush_below);
//   kernels.row_float(tables.view(), row, &slots);
//
// Immutable; the view is good as long as the tables are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scoring/engine/condition_tables.h"
#include "scoring/engine/slots.h"

namespace slipway::scoring {

template <typename T>
class SlotTables {
 public:
  SlotTables(const SlotPlan& plan, double flush_below);
  SlotTables(const SlotTables&) = delete;
  SlotTables& operator=(const SlotTables&) = delete;

  const isa::PermuteRow<T>& view() const { return view_; }

 private:
  void sort_groups(std::vector<isa::PermuteGroup>* groups);
  void add_first_levels(const std::vector<isa::PermuteGroup>& groups);
  void place_slots(const std::vector<isa::PermuteGroup>& groups);

  const ConditionTables<T> thresholds_;
  std::vector<std::uint32_t> features_;
  std::vector<T> first_levels_;
  std::vector<std::uint8_t> first_counts_;
  std::vector<std::uint32_t> second_levels_;
  std::vector<std::uint16_t> zero_missing_;
  std::vector<isa::PermuteSpans> spans_;
  isa::PermuteRow<T> view_{};
};

}  // namespace slipway::scoring
