// The conditions on numbers that splits ask, each once, on the way to Conditions.
//
//   DistinctNumbers distinct;
//   const std::uint32_t at = distinct.add({group_key(q), q.threshold, q.missing_right});
//   const auto number = add_numbers(distinct.conditions(), &conditions);   // number[at]: the condition
//
// One thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/engine/conditions.h"
#include "scoring/engine/question.h"

namespace slipway::scoring {

struct NumberCondition {
  std::uint64_t group;  // feature, then whether zeros are missing: its order is that of the groups
  double threshold;
  bool missing_right;
};

inline std::uint64_t group_key(const Question& q) {
  return std::uint64_t{q.feature} << 1 | std::uint64_t{q.zero_is_missing};
}

// A number that rises with the threshold; NaN after all numbers.
std::int64_t rising(double threshold);

// The distinct conditions, by open addressing: there are some ten times as many splits, and sorting
// all of those was most of what a load took.
class DistinctNumbers {
 public:
  // Its number, in order of appearance.
  std::uint32_t add(const NumberCondition& condition) {
    if (2 * conditions_.size() >= slots_.size()) grow();
    std::uint32_t& slot = slots_[slot_of(condition)];
    if (slot != kFree) return slot;
    slot = static_cast<std::uint32_t>(conditions_.size());
    conditions_.push_back(condition);
    return slot;
  }

  const std::vector<NumberCondition>& conditions() const { return conditions_; }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;

  static bool same(const NumberCondition& a, const NumberCondition& b) {
    return a.group == b.group && a.missing_right == b.missing_right &&
           std::bit_cast<std::uint64_t>(a.threshold) == std::bit_cast<std::uint64_t>(b.threshold);
  }

  static std::size_t hash(const NumberCondition& c) {
    // Of a float's double the low half is 0: it is folded, and the product's high bits are the good
    // ones.
    std::uint64_t h = std::bit_cast<std::uint64_t>(c.threshold);
    h = (h ^ h >> 32 ^ (c.group << 1 | std::uint64_t{c.missing_right})) * 0x9E3779B97F4A7C15U;
    return h >> 32;
  }

  // Where it is, or belongs.
  std::size_t slot_of(const NumberCondition& condition) const {
    std::size_t at = hash(condition) & (slots_.size() - 1);
    while (slots_[at] != kFree && !same(conditions_[slots_[at]], condition))
      at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    slots_.assign(2 * slots_.size(), kFree);
    for (std::uint32_t i = 0; i < conditions_.size(); ++i) slots_[slot_of(conditions_[i])] = i;
  }

  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(1024, kFree);
  std::vector<NumberCondition> conditions_;
};

// Numbers them by their order, writes them to `out`; gives the new number of each.
std::vector<std::uint32_t> add_numbers(const std::vector<NumberCondition>& found, Conditions* out);

}  // namespace slipway::scoring
