// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/conditions.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <map>
#include <utility>

#include "scoring/engine/distinct_numbers.h"

namespace slipway::scoring {
namespace {

using model::SplitRule;
using model::TreeEnsemble;

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
