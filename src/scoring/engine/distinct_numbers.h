// The conditions on numbers that splits ask, each once, on the way to Conditions.
//
//   DistinctNumbers distinct(splits);             // how many, about
//   const std::uint32_t at = distinct.add({q.threshold, group_key(q), q.missing_right});
//   const auto number = add_numbers(distinct.conditions(), &conditions);   // number[at]: the condition
//
// One thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/engine/conditions.h"
#include "scoring/engine/question.h"

namespace slipway::scoring {

struct NumberCondition {
  double threshold;
  std::uint32_t group;  // feature, then whether zeros are missing: its order is that of the groups
  bool missing_right;
};
constexpr std::uint32_t kFeaturesMax = 1U << 30;  // so that a group and a side fit 32 bits

inline std::uint32_t group_key(const Question& q) {
  return q.feature << 1 | static_cast<std::uint32_t>(q.zero_is_missing);
}

// A number that rises with the threshold; NaN after all numbers.
std::int64_t rising(double threshold);

// The distinct conditions, by open addressing: there are some ten times as many splits, and sorting
// all of those was most of what a load took. A slot holds all of a condition, so that one look at
// memory tells.
class DistinctNumbers {
 public:
  explicit DistinctNumbers(std::size_t splits)
      : slots_(std::clamp<std::size_t>(std::bit_ceil(splits / 4), 64, kSlotsAtFirst)) {
    conditions_.reserve(slots_.size() / 2);
  }

  // Its number, in order of appearance.
  std::uint32_t add(const NumberCondition& condition) {
    if (2 * conditions_.size() >= slots_.size()) grow();
    const Slot wanted{std::bit_cast<std::uint64_t>(condition.threshold),
                      condition.group << 1 | std::uint32_t{condition.missing_right}, kFree};
    Slot& slot = slots_[place_of(wanted)];
    if (slot.number != kFree) return slot.number;
    slot = wanted;
    slot.number = static_cast<std::uint32_t>(conditions_.size());
    conditions_.push_back(condition);
    return slot.number;
  }

  const std::vector<NumberCondition>& conditions() const { return conditions_; }

 private:
  static constexpr std::size_t kSlotsAtFirst = std::size_t{1} << 16;
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    std::uint64_t threshold = 0;  // its bits
    std::uint32_t group_and_side = 0;
    std::uint32_t number = kFree;
  };

  // Where it is, or belongs.
  std::size_t place_of(const Slot& wanted) const {
    // Of a float's double the low half is 0: it is folded, and the product's high bits are the good
    // ones.
    const std::uint64_t h = wanted.threshold ^ wanted.threshold >> 32 ^ wanted.group_and_side;
    std::size_t at = (h * 0x9E3779B97F4A7C15U >> 32) & (slots_.size() - 1);
    const auto other = [&](const Slot& slot) {
      return slot.threshold != wanted.threshold || slot.group_and_side != wanted.group_and_side;
    };
    while (slots_[at].number != kFree && other(slots_[at])) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> before(2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.number != kFree) slots_[place_of(slot)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::vector<NumberCondition> conditions_;
};

// Numbers them by their order, writes them to `out`; gives the new number of each.
std::vector<std::uint32_t> add_numbers(const std::vector<NumberCondition>& found, Conditions* out);

}  // namespace slipway::scoring
