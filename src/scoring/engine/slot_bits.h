// Answers that stand in a row's slots as bits, beside its ranks: what is looked up, and what is equal (conditions.h).
//
//   const SlotBits bits(forest->conditions, plan, kernels);
//   bits.fill(row, &slots, scratch);                  // once the ranks are there
//
// Immutable; safe from any thread, with a scratch of bits.scratch_bytes() of the caller's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "scoring/engine/slots.h"

namespace slipway::scoring {

class SlotBits {
 public:
  SlotBits(const Conditions& conditions, const SlotPlan& plan, const isa::PermuteKernels& kernels);

  std::size_t scratch_bytes() const;
  void fill(const double* row, isa::RowSlots* slots, std::byte* scratch) const;

 private:
  const isa::PermuteKernels& kernels_;
  const std::shared_ptr<const LookedUp> looked_up_;  // null: nothing is
  const std::vector<EqualCondition> equals_;
  const std::size_t first_slot_, words_;
  std::vector<isa::PermuteQuestions> questions_;  // on ranks, that what is looked up depends on
  std::vector<std::uint16_t>
      asked_;  // per ask: its byte; those of equals_ stand behind the questions'
};

}  // namespace slipway::scoring
