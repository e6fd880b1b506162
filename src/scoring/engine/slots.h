// How a row's ranks lie as bytes in two registers, where a permute finds 64 of them at once.
//
//   const SlotPlan plan = plan_slots(forest->conditions);
//   if (plan.fits()) ... plan.places[condition] ...
//
// A question is then a slot and a rank in it: isa::PermuteQuestions. Plain data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/engine/conditions.h"
#include "scoring/engine/isa/permute_kernels.h"

namespace slipway::scoring {

// Where a condition's answer is: it holds iff the rank in `slot`, or what `mask` has of it, exceeds `rank`.
struct SlotPlace {
  std::uint8_t slot, rank;
  std::uint8_t mask = 0xFF;
};

// The distinct thresholds of each group, and the slots that a row's ranks in them go to.
struct SlotPlan {
  Conditions thresholds;  // `numbers` and `thresholds` alone
  std::vector<isa::PermuteGroup> groups;
  std::vector<SlotPlace> places;  // of the forest's conditions
  std::size_t slots = 0;
  // From here on slots hold answers themselves, a bit each: of what is looked up, in whole words of 64, then of what is equal.
  std::size_t first_bits = 0;
  std::size_t bit_words = 0;
  // False where some condition is on categories, or slots are more than two registers hold.
  bool fits() const { return slots <= isa::kSlotsMax; }
};

SlotPlan plan_slots(const Conditions& conditions);

}  // namespace slipway::scoring
