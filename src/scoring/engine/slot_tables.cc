// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/slot_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::scoring {
namespace {

constexpr std::size_t kLanes = isa::kGroupsAtOnce;

// The largest T that is no larger.
template <typename T>
T at_most(double bound) {
  const T near = static_cast<T>(bound);
  return static_cast<double>(near) > bound ? std::nextafter(near, T{0}) : near;
}

}  // namespace

template <typename T>
SlotTables<T>::SlotTables(const SlotPlan& plan, double flush_below)
    : thresholds_(plan.thresholds, flush_below) {
  std::vector<isa::PermuteGroup> groups = plan.groups;
  sort_groups(&groups);
  const std::size_t lanes = (groups.size() + kLanes - 1) / kLanes * kLanes;
  features_.assign(lanes, 0);
  zero_missing_.assign(lanes / kLanes, 0);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const isa::RankGroup& group = thresholds_.view().groups[groups[g].group];
    features_[g] = group.feature;
    if (group.zero_is_missing != 0)
      zero_missing_[g / kLanes] |= static_cast<std::uint16_t>(1U << (g % kLanes));
    second_levels_.push_back(group.levels > 1 ? group.level_at[1] : 0);
  }
  add_first_levels(groups);
  place_slots(groups);
  view_.table = &thresholds_.view();
  view_.features = features_.data();
  view_.lanes = static_cast<std::uint32_t>(lanes);
  view_.first_levels = first_levels_.data();
  view_.first_counts = first_counts_.data();
  view_.second_levels = second_levels_.data();
  view_.zero_missing = zero_missing_.data();
  view_.flush_to = at_most<T>(flush_below);
  view_.spans = spans_.data();
  view_.span_count = static_cast<std::uint32_t>(spans_.size());
}

// One level first, those of few thresholds in front; then two; then whatever is larger.
template <typename T>
void SlotTables<T>::sort_groups(std::vector<isa::PermuteGroup>* groups) {
  const auto of = [&](const isa::PermuteGroup& g) -> const isa::RankGroup& {
    return thresholds_.view().groups[g.group];
  };
  const auto size = [&](const isa::PermuteGroup& g) {
    constexpr std::uint32_t kTwoLevels = isa::kBlock, kLarger = kTwoLevels + 1;
    if (g.spans > 1 || of(g).levels > 2) return kLarger;
    return of(g).levels == 2 ? kTwoLevels : of(g).count;
  };
  std::stable_sort(groups->begin(), groups->end(),
                   [&](const auto& a, const auto& b) { return size(a) < size(b); });
  for (const isa::PermuteGroup& group : *groups) {
    view_.one_level += size(group) < isa::kBlock ? 1 : 0;
    view_.two_levels += size(group) <= isa::kBlock ? 1 : 0;
  }
}

template <typename T>
void SlotTables<T>::add_first_levels(const std::vector<isa::PermuteGroup>& groups) {
  for (std::size_t from = 0; from < groups.size(); from += kLanes) {
    const std::size_t at = first_levels_.size();
    first_levels_.resize(at + isa::kBlock * kLanes, std::numeric_limits<T>::quiet_NaN());
    std::size_t most = 0;
    for (std::size_t g = from; g < std::min(from + kLanes, groups.size()); ++g) {
      const isa::RankGroup& group = thresholds_.view().groups[groups[g].group];
      for (std::size_t i = 0; i < isa::kBlock; ++i) {
        const T threshold = thresholds_.view().thresholds[group.level_at[0] + i];
        if (std::isnan(threshold)) break;
        first_levels_[at + i * kLanes + g - from] = threshold;
        most = std::max(most, i + 1);
      }
    }
    first_counts_.push_back(static_cast<std::uint8_t>(most));
  }
}

template <typename T>
void SlotTables<T>::place_slots(const std::vector<isa::PermuteGroup>& groups) {
  const auto place = [&](std::uint8_t first, std::size_t slots, std::size_t source, bool high) {
    if (first == isa::kSlotsMax) return;  // nobody asks
    for (std::size_t s = 0; s < slots; ++s) {
      const std::size_t slot = first + s;
      view_.source[slot] = static_cast<std::uint8_t>(source + s);
      if (high) view_.high[slot / 64] |= std::uint64_t{1} << (slot % 64);
    }
  };
  std::size_t source = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (g >= view_.two_levels) {
      spans_.push_back({groups[g].group, static_cast<std::uint8_t>(source), groups[g].spans});
    }
    place(groups[g].low, groups[g].spans, source, false);
    place(groups[g].high, groups[g].spans, source, true);
    source += groups[g].spans;
  }
}

template class SlotTables<float>;
template class SlotTables<double>;

}  // namespace slipway::scoring
