// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/slots.h"

namespace slipway::scoring {
namespace {

// Gives the group slots for one kind of its conditions; `ranks` are those of its thresholds.
std::uint8_t add_slots(const Conditions& of, const NumberGroup& group, bool missing,
                       const std::vector<std::uint32_t>& ranks, SlotPlan* plan) {
  const std::size_t spans = ranks.back() / isa::kSlotRanks + 1, first = plan->slots;
  bool asked = false;
  for (std::uint32_t i = 0; i < group.count; ++i) {
    if ((of.missing[group.first + i] != 0) != missing) continue;
    asked = true;
    plan->places[group.first + i] = {static_cast<std::uint8_t>(first + ranks[i] / isa::kSlotRanks),
                                     static_cast<std::uint8_t>(ranks[i] % isa::kSlotRanks)};
  }
  if (!asked) return isa::kSlotsMax;
  plan->slots += spans;
  return static_cast<std::uint8_t>(first);
}

// Ranks of the group's conditions among its distinct thresholds.
std::vector<std::uint32_t> ranks_of(const Conditions& of, const NumberGroup& group) {
  std::vector<std::uint32_t> ranks{0};
  for (std::uint32_t i = 1; i < group.count; ++i) {
    const bool again = of.thresholds[group.first + i] == of.thresholds[group.first + i - 1];
    ranks.push_back(ranks.back() + (again ? 0 : 1));
  }
  return ranks;
}

// The group with its thresholds once each.
void add_distinct(const Conditions& of, const NumberGroup& group,
                  const std::vector<std::uint32_t>& ranks, Conditions* to) {
  NumberGroup distinct = group;
  distinct.first = to->count;
  distinct.count = ranks.back() + 1;
  for (std::uint32_t i = 0; i < group.count; ++i) {
    if (i == 0 || ranks[i] != ranks[i - 1])
      to->thresholds.push_back(of.thresholds[group.first + i]);
  }
  to->count += distinct.count;
  to->missing.resize(to->count);
  to->numbers.push_back(distinct);
}

// Slots for what is no number.
void add_bits(const Conditions& of, SlotPlan* plan) {
  const std::size_t looked_up = of.looked_up == nullptr ? 0 : of.looked_up->words();
  plan->first_bits = plan->slots;
  plan->bit_words = looked_up + (of.equals.size() + 63) / 64;
  plan->slots += 8 * plan->bit_words;
  if (!plan->fits()) return;
  const auto put = [&](std::uint32_t condition, std::size_t bit) {
    plan->places[condition] = {static_cast<std::uint8_t>(plan->first_bits + bit / 8), 0,
                               static_cast<std::uint8_t>(1U << (bit % 8))};
  };
  for (std::uint32_t i = 0; i < of.looked_up_count(); ++i) put(of.first_looked_up() + i, i);
  for (std::uint32_t e = 0; e < of.equals.size(); ++e)
    put(of.first_equal() + e, 64 * looked_up + e);
}

}  // namespace

SlotPlan plan_slots(const Conditions& of) {
  SlotPlan plan;
  if (!of.categories.empty()) plan.slots = isa::kSlotsMax + 1;
  plan.places.resize(of.count);
  for (const NumberGroup& group : of.numbers) {
    const std::vector<std::uint32_t> ranks = ranks_of(of, group);
    const std::size_t spans = ranks.back() / isa::kSlotRanks + 1;
    if (plan.slots + 2 * spans > isa::kSlotsMax) {
      plan.slots = isa::kSlotsMax + 1;
      return plan;
    }
    isa::PermuteGroup to{};
    to.group = static_cast<std::uint32_t>(plan.thresholds.numbers.size());
    to.spans = static_cast<std::uint8_t>(spans);
    to.low = add_slots(of, group, false, ranks, &plan);
    to.high = add_slots(of, group, true, ranks, &plan);
    plan.groups.push_back(to);
    add_distinct(of, group, ranks, &plan.thresholds);
  }
  add_bits(of, &plan);
  return plan;
}

}  // namespace slipway::scoring
