// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/condition_tables.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <utility>

#include "base/check.h"

namespace slipway::scoring {
namespace {

constexpr std::size_t kSlack = 64;  // bytes that copies may reach beyond

// One level: its entries in blocks of 16, at least one place more than entries, so that a block
// that is not full, or a whole one, ends every level.
std::vector<double> padded(std::vector<double> entries) {
  entries.resize((entries.size() / isa::kBlock + 1) * isa::kBlock,
                 std::numeric_limits<double>::quiet_NaN());
  return entries;
}

std::vector<double> last_of_blocks(const std::vector<double>& level) {
  std::vector<double> last;
  for (std::size_t i = isa::kBlock - 1; i < level.size(); i += isa::kBlock)
    last.push_back(level[i]);
  return last;
}

// The node's left side, itself, its right side, in the order of the sorted entries.
template <typename T>
const double* place(const double* next, const double* end, std::size_t node, std::span<T> tree) {
  if (node >= tree.size()) return next;
  next = place(next, end, 2 * node, tree);
  if (next != end) tree[node] = static_cast<T>(*next++);
  return place(next, end, 2 * node + 1, tree);
}

}  // namespace

template <typename T>
void ConditionTables<T>::add_levels(const double* first, std::uint32_t count,
                                    isa::RankGroup* group) {
  std::vector<std::vector<double>> levels{padded({first, first + count})};
  while (levels.back().size() > isa::kBlock)
    levels.push_back(padded(last_of_blocks(levels.back())));
  CHECK(levels.size() <= isa::kLevelsMax);
  group->levels = static_cast<std::uint32_t>(levels.size());
  for (std::size_t l = 0; l < levels.size(); ++l) {
    group->level_at[l] = static_cast<std::uint32_t>(thresholds_.size());
    for (const double each : levels[levels.size() - 1 - l])
      thresholds_.push_back(static_cast<T>(each));
  }
}

template <typename T>
void ConditionTables<T>::add_tree(const double* first, std::uint32_t count, isa::RankGroup* group) {
  const auto levels =
      std::max(isa::kTreeLevelsMin, static_cast<std::uint32_t>(std::bit_width(count)));
  if (levels > isa::kTreeLevelsMax) return;
  group->tree_levels = static_cast<std::uint8_t>(levels);
  group->tree_at = static_cast<std::uint32_t>(thresholds_.size());
  const std::size_t nodes = std::size_t{1} << levels;
  thresholds_.resize(thresholds_.size() + nodes, std::numeric_limits<T>::quiet_NaN());
  place<T>(first, first + count, 1, std::span(thresholds_).last(nodes));
}

// Conditions [from, to) of the group.
template <typename T>
void ConditionTables<T>::add_group(const Conditions& conditions, const NumberGroup& whole,
                                   std::uint32_t from, std::uint32_t to) {
  isa::RankGroup group{.feature = whole.feature, .first = whole.first + from, .count = to - from};
  group.zero_is_missing = whole.zero_is_missing;
  const auto first = conditions.missing.begin() + group.first;
  group.missing_any = std::find(first, first + group.count, 1) != first + group.count;
  add_levels(conditions.thresholds.data() + group.first, group.count, &group);
  add_tree(conditions.thresholds.data() + group.first, group.count, &group);
  groups_.push_back(group);
}

template <typename T>
ConditionTables<T>::ConditionTables(const Conditions& conditions, double flush_below,
                                    std::uint32_t group_max)
    : missing_(conditions.missing), bits_(conditions.bits) {
  missing_.resize(missing_.size() + kSlack);
  std::uint32_t widest = 0;
  for (const NumberGroup& g : conditions.numbers) {
    const std::uint32_t parts = group_max == 0 ? 1 : (g.count + group_max - 1) / group_max;
    const std::uint32_t most = (g.count + parts - 1) / parts;
    for (std::uint32_t from = 0; from < g.count; from += most)
      add_group(conditions, g, from, std::min(from + most, g.count));
    widest = std::max(widest, g.count);
  }
  for (const CategoryGroup& g : conditions.categories) {
    codes_.push_back({.feature = g.feature,
                      .first = g.first,
                      .count = g.count,
                      .categories = g.categories,
                      .words = g.words(),
                      .table = static_cast<std::uint32_t>(g.table),
                      .negative_is_outside = g.negative_is_outside});
  }
  for (const EqualCondition& e : conditions.equals) equals_.push_back({e.feature, e.value});
  ones_.assign(2 * (std::size_t{widest} + kSlack), 0);
  std::fill_n(ones_.begin(), widest + kSlack, std::uint8_t{1});
  view_ = {.groups = groups_.data(),
           .group_count = groups_.size(),
           .thresholds = thresholds_.data(),
           .missing = missing_.data(),
           .codes = codes_.data(),
           .code_count = codes_.size(),
           .bits = bits_.data(),
           .equals = equals_.data(),
           .equal_count = static_cast<std::uint32_t>(equals_.size()),
           .first_equal = conditions.first_equal(),
           .count = conditions.count,
           .widest = widest,
           .ones = ones_.data(),
           .flush_below = flush_below};
}

template class ConditionTables<float>;
template class ConditionTables<double>;

}  // namespace slipway::scoring
