// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/conditions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "scoring/engine/question.h"

namespace slipway::scoring {
namespace {

using model::SplitRule;
using model::TreeEnsemble;

// ---- numbers ----

struct NumberCondition {
  double threshold;
  std::uint32_t group;  // feature, then whether zeros are missing: its order is that of the groups
  bool missing_right;
};
constexpr std::uint32_t kFeaturesMax = 1U << 30;  // so that a group and a side fit 32 bits

std::uint32_t group_key(const Question& q) {
  return q.feature << 1 | static_cast<std::uint32_t>(q.zero_is_missing);
}

// A number that rises with the threshold; NaN after all numbers.
std::int64_t rising(double threshold) {
  if (std::isnan(threshold)) return std::numeric_limits<std::int64_t>::max();
  const auto bits = std::bit_cast<std::int64_t>(threshold);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}

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
std::vector<std::uint32_t> add_numbers(const std::vector<NumberCondition>& found, Conditions* out) {
  struct Key {  // by group, threshold, missing side
    std::uint32_t group;
    std::uint32_t from;
    std::int64_t threshold;
    bool missing_right;
    bool operator<(const Key& other) const {
      if (group != other.group) return group < other.group;
      if (threshold != other.threshold) return threshold < other.threshold;
      return missing_right < other.missing_right;
    }
  };
  std::vector<Key> order;
  order.reserve(found.size());
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    const NumberCondition& c = found[i];
    order.push_back({c.group, i, rising(c.threshold), c.missing_right});
  }
  std::sort(order.begin(), order.end());
  out->thresholds.reserve(found.size());
  out->missing.reserve(found.size());
  std::vector<std::uint32_t> number(found.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const NumberCondition& c = found[order[i].from];
    if (i == 0 || c.group != order[i - 1].group) {
      out->numbers.push_back(
          {.feature = c.group >> 1, .zero_is_missing = (c.group & 1) != 0, .first = out->count});
    }
    out->thresholds.push_back(c.threshold);
    out->missing.push_back(c.missing_right ? 1 : 0);
    ++out->numbers.back().count;
    number[order[i].from] = out->count++;
  }
  return number;
}

// ---- categories ----

// What a condition on categories is: members and where the rest goes.
struct CategoryKey {
  std::uint32_t feature;
  bool negative_is_outside;
  bool members_right;
  bool missing_right;
  std::vector<std::uint32_t> words;  // without zeros at the end
  friend auto operator<=>(const CategoryKey&, const CategoryKey&) = default;
};

CategoryKey category_key(const TreeEnsemble& e, std::size_t split) {
  const SplitRule rule = e.rule[split];
  const std::uint32_t set = e.category_set[split];
  std::vector<std::uint32_t> words(e.category_words.begin() + e.category_begin[set],
                                   e.category_words.begin() + e.category_begin[set + 1]);
  while (!words.empty() && words.back() == 0) words.pop_back();
  return {e.feature[split], rule.negative_is_outside(), rule.members_right(), !rule.default_left(),
          std::move(words)};
}

using CategorySplits = std::map<CategoryKey, std::vector<std::uint32_t>>;

std::uint32_t categories_of(const CategoryKey& key) {
  if (key.words.empty()) return 0;
  return static_cast<std::uint32_t>(32 * key.words.size()) -
         static_cast<std::uint32_t>(std::countl_zero(key.words.back()));
}

bool is_member(const CategoryKey& key, std::uint32_t category) {
  return category / 32 < key.words.size() &&
         ((key.words[category / 32] >> (category % 32)) & 1) != 0;
}

void fill_column(const CategoryKey& key, const CategoryGroup& group, std::uint32_t column,
                 std::vector<std::uint64_t>* bits) {
  for (std::uint32_t row = 0; row < group.categories + 2; ++row) {
    const bool missing = row == group.categories + 1;
    const bool right = missing ? key.missing_right : is_member(key, row) == key.members_right;
    if (!right) continue;
    (*bits)[group.table + std::size_t{row} * group.words() + column / 64] |= std::uint64_t{1}
                                                                             << (column % 64);
  }
}

bool same_group(const CategoryKey& a, const CategoryKey& b) {
  return a.feature == b.feature && a.negative_is_outside == b.negative_is_outside;
}

// False if the tables would be too large.
bool add_categories(const CategorySplits& splits, std::size_t words_max, Conditions* out) {
  for (auto first = splits.begin(); first != splits.end();) {
    CategoryGroup group{.feature = first->first.feature,
                        .negative_is_outside = first->first.negative_is_outside,
                        .first = out->count,
                        .table = out->bits.size()};
    auto last = first;
    for (; last != splits.end() && same_group(last->first, first->first); ++last) {
      group.categories = std::max(group.categories, categories_of(last->first));
      ++group.count;
    }
    const std::size_t words = std::size_t{group.words()} * (std::size_t{group.categories} + 2);
    if (words > words_max - std::min(words_max, out->bits.size())) return false;
    out->bits.resize(out->bits.size() + words);
    for (std::uint32_t column = 0; first != last; ++first, ++column) {
      fill_column(first->first, group, column, &out->bits);
      for (const std::uint32_t split : first->second) out->of_split[split] = out->count;
      ++out->count;
    }
    out->categories.push_back(group);
  }
  return true;
}

}  // namespace

std::optional<Conditions> find_conditions(const TreeEnsemble& ensemble,
                                          const ConditionLimits& limits) {
  if (ensemble.splits() > limits.splits || ensemble.width > kFeaturesMax) return std::nullopt;
  Conditions out;
  out.of_split.resize(ensemble.splits());
  DistinctNumbers distinct(ensemble.splits());
  CategorySplits categories;
  for (std::uint32_t split = 0; split < ensemble.splits(); ++split) {
    const Question q = question_of(ensemble, split);
    if (q.asks == Asks::kCategory) {
      categories[category_key(ensemble, split)].push_back(split);
    } else if (q.asks == Asks::kNumber) {
      out.of_split[split] = distinct.add({q.threshold, group_key(q), q.missing_right});
    } else {
      out.of_split[split] = q.asks == Asks::kAlways ? Conditions::kAlways : Conditions::kNever;
    }
  }
  if (distinct.conditions().size() > limits.conditions) return std::nullopt;
  const std::vector<std::uint32_t> number = add_numbers(distinct.conditions(), &out);
  // Splits on categories get theirs behind.
  for (std::uint32_t& of : out.of_split) of = of < number.size() ? number[of] : of;
  if (!add_categories(categories, limits.category_words, &out)) return std::nullopt;
  if (out.count > limits.conditions) return std::nullopt;
  return out;
}

std::optional<Conditions> find_category_conditions(const TreeEnsemble& ensemble,
                                                   const ConditionLimits& limits) {
  Conditions out;
  CategorySplits categories;
  out.of_split.resize(ensemble.category_set.empty() ? 0 : ensemble.splits());
  for (std::uint32_t split = 0; split < out.of_split.size(); ++split) {
    if (ensemble.rule[split].is_category())
      categories[category_key(ensemble, split)].push_back(split);
  }
  if (!add_categories(categories, limits.category_words, &out)) return std::nullopt;
  return out;
}

}  // namespace slipway::scoring
