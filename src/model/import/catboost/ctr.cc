// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/ctr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "model/import/catboost/features.h"

namespace slipway::model {
namespace {

constexpr std::size_t kMaxValues = std::size_t{1} << 27;  // 1 GiB of them

// (key, its position in the table), by key.
using Keys = std::vector<std::pair<std::uint64_t, std::size_t>>;

Error bad(std::string what) { return catboost_error("model.catboost.ctr", std::move(what)); }

// In float and in these steps, as CatBoost computes it.
float worth(const CatBoostCtr& ctr, float count, float total) {
  const float ratio = (count + ctr.prior_numerator) / (total + ctr.prior_denominator);
  return (ratio + ctr.shift) * ctr.scale;
}

// Of the counts per target class: how many speak for the feature's target border, and all.
float worth_of_classes(const CatBoostCtr& ctr, std::span<const std::int32_t> counts) {
  std::int64_t total = 0;
  std::int64_t above = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    total += counts[c];
    if (static_cast<std::int64_t>(c) > ctr.target_border) above += counts[c];
  }
  const bool bucket = ctr.base.type == CtrType::kBuckets;
  const std::int64_t count = bucket ? counts[static_cast<std::size_t>(ctr.target_border)] : above;
  return worth(ctr, static_cast<float>(count), static_cast<float>(total));
}

float worth_at(const CatBoostCtr& ctr, const CtrTable& table, std::size_t at) {
  if (is_mean(ctr.base.type))
    return worth(ctr, table.sums[at], static_cast<float>(table.counts[at]));
  if (is_counter(ctr.base.type))
    return worth(ctr, static_cast<float>(table.counts[at]), static_cast<float>(table.denominator));
  const auto classes = static_cast<std::size_t>(table.classes);
  return worth_of_classes(ctr, std::span(table.counts).subspan(at * classes, classes));
}

float worth_unseen(const CatBoostCtr& ctr, const CtrTable& table) {
  return worth(ctr, 0, is_counter(ctr.base.type) ? static_cast<float>(table.denominator) : 0);
}

// That worth_at() stays within the table.
Result<void> check_target(const CatBoostCtr& ctr, const CtrTable& table, std::size_t number) {
  if (is_mean(ctr.base.type) || is_counter(ctr.base.type)) return {};
  const std::int32_t borders =
      ctr.base.type == CtrType::kBuckets ? table.classes : table.classes - 1;
  if (ctr.target_border >= 0 && ctr.target_border < borders) return {};
  return bad(fmt::format("CTR feature {} counts target border {}, its table has {}", number,
                         ctr.target_border, borders));
}

// Bases are looked up by order, and NaN has none.
Result<void> check_ordered(const CtrBase& base) {
  for (const CtrFloatSplit& split : base.projection.floats) {
    if (std::isnan(split.border)) return bad("a CTR combines a border that is NaN");
  }
  return {};
}

Result<Keys> sorted_keys(const CtrTable& table, std::size_t number) {
  Keys keys;
  keys.reserve(table.keys.size());
  for (std::size_t i = 0; i < table.keys.size(); ++i) keys.emplace_back(table.keys[i], i);
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(
      keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == keys.end()) return keys;
  return bad(fmt::format("CTR table {} has the key {} twice", number, twice->first));
}

class Builder {
 public:
  Builder(const CatBoostParts& parts, const CatBoostInputs& inputs)
      : parts_(parts), inputs_(inputs) {}

  Result<void> run() {
    for (const CatBoostCtr& ctr : parts_.ctrs) RETURN_IF_ERROR(check_ordered(ctr.base));
    for (std::size_t t = 0; t < parts_.tables.size(); ++t) {
      RETURN_IF_ERROR(check_ordered(parts_.tables[t].base));
      ASSIGN_OR_RETURN(Keys keys, sorted_keys(parts_.tables[t], t));
      keys_.push_back(std::move(keys));
      tables_.insert_or_assign(parts_.tables[t].base, t);
    }
    // One table of ours per projection, whatever is counted by it.
    std::map<CtrProjection, std::vector<std::size_t>> by_projection;
    for (std::size_t i = 0; i < parts_.ctrs.size(); ++i)
      by_projection[parts_.ctrs[i].base.projection].push_back(i);
    column_.resize(parts_.ctrs.size());
    for (const auto& [projection, features] : by_projection) {
      RETURN_IF_ERROR(add_projection(projection, features));
      RETURN_IF_ERROR(add_values(features));
    }
    return {};
  }

  CtrColumns finish() && {
    CtrColumns out;
    out.op.category_begin = std::move(category_begin_);
    out.op.category_column = std::move(category_column_);
    out.op.condition_begin = std::move(condition_begin_);
    out.op.condition_column = std::move(condition_column_);
    out.op.condition_value = std::move(condition_value_);
    out.op.condition_rule = std::move(condition_rule_);
    out.op.key_begin = std::move(key_begin_);
    out.op.keys = std::move(all_keys_);
    out.op.widths = std::move(widths_);
    out.op.values = std::move(values_);
    out.op.otherwise = std::move(otherwise_);
    out.column = std::move(column_);
    return out;
  }

 private:
  // Categories first, then float conditions, then one-hot ones: the order in which CatBoost hashes.
  Result<void> add_projection(const CtrProjection& projection,
                              const std::vector<std::size_t>& features) {
    const std::string who = fmt::format("CTR feature {}", features[0]);
    for (const std::int32_t category : projection.categories) {
      ASSIGN_OR_RETURN(category_column_.emplace_back(), inputs_.column_of_category(category, who));
    }
    for (const CtrFloatSplit& split : projection.floats) {
      ASSIGN_OR_RETURN(condition_column_.emplace_back(),
                       inputs_.column_of_float(split.feature, who));
      condition_value_.push_back(split.border);
      condition_rule_.push_back(inputs_.nan_above(split.feature) ? CategoryStatistics::kNaNAbove
                                                                 : std::uint8_t{0});
    }
    for (const CtrOneHotSplit& split : projection.one_hots) {
      ASSIGN_OR_RETURN(condition_column_.emplace_back(),
                       inputs_.column_of_category(split.category, who));
      condition_value_.push_back(static_cast<std::uint32_t>(split.value));
      condition_rule_.push_back(CategoryStatistics::kEqual);
    }
    category_begin_.push_back(static_cast<std::uint32_t>(category_column_.size()));
    condition_begin_.push_back(static_cast<std::uint32_t>(condition_column_.size()));
    return {};
  }

  Result<std::size_t> table_of(std::size_t feature) const {
    const CatBoostCtr& ctr = parts_.ctrs[feature];
    const auto at = tables_.find(ctr.base);
    if (at == tables_.end()) {
      return catboost_error(
          "model.catboost.ctr_missing",
          fmt::format("CTR feature {} has no table in the file: train with "
                      "final_ctr_computation_mode='Default', or save_model() where the model was "
                      "trained",
                      feature));
    }
    RETURN_IF_ERROR(check_target(ctr, parts_.tables[at->second], feature));
    return at->second;
  }

  // The keys of all tables that the features use, each once; then what each feature is worth there.
  Result<void> add_values(const std::vector<std::size_t>& features) {
    std::vector<std::size_t> tables;
    for (const std::size_t feature : features) {
      ASSIGN_OR_RETURN(tables.emplace_back(), table_of(feature));
    }
    std::vector<std::uint64_t> keys;
    for (const std::size_t table : std::set(tables.begin(), tables.end())) {
      for (const auto& [key, position] : keys_[table]) keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    if (features.size() * keys.size() > kMaxValues - values_.size()) {
      return catboost_error("model.catboost.too_large",
                            "the CTR tables have more than 134 million values");
    }
    const std::size_t first = values_.size();
    values_.resize(first + features.size() * keys.size());
    for (std::size_t i = 0; i < features.size(); ++i) {
      const CatBoostCtr& ctr = parts_.ctrs[features[i]];
      column_[features[i]] = static_cast<std::uint32_t>(otherwise_.size());
      otherwise_.push_back(worth_unseen(ctr, parts_.tables[tables[i]]));
      fill(ctr, tables[i], keys, {first + i, features.size()});
    }
    all_keys_.insert(all_keys_.end(), keys.begin(), keys.end());
    key_begin_.push_back(static_cast<std::uint32_t>(all_keys_.size()));
    widths_.push_back(static_cast<std::uint32_t>(features.size()));
    return {};
  }

  struct Strided {  // within values_
    std::size_t at;
    std::size_t stride;
  };

  // Both lists of keys rise.
  void fill(const CatBoostCtr& ctr, std::size_t table, const std::vector<std::uint64_t>& keys,
            Strided out) {
    auto known = keys_[table].begin();
    for (const std::uint64_t key : keys) {
      const bool here = known != keys_[table].end() && known->first == key;
      values_[out.at] =
          here ? worth_at(ctr, parts_.tables[table], known->second) : otherwise_.back();
      if (here) ++known;
      out.at += out.stride;
    }
  }

  const CatBoostParts& parts_;
  const CatBoostInputs& inputs_;
  std::vector<Keys> keys_;  // per table of the file
  std::map<CtrBase, std::size_t> tables_;
  std::vector<std::uint32_t> category_begin_{0}, category_column_;
  std::vector<std::uint32_t> condition_begin_{0}, condition_column_;
  std::vector<double> condition_value_;
  std::vector<std::uint8_t> condition_rule_;
  std::vector<std::uint32_t> key_begin_{0}, widths_, column_;
  std::vector<std::uint64_t> all_keys_;
  std::vector<double> values_, otherwise_;
};

}  // namespace

Result<CtrColumns> make_ctr_columns(const CatBoostParts& parts, const CatBoostInputs& inputs) {
  Builder builder(parts, inputs);
  RETURN_IF_ERROR(builder.run());
  return std::move(builder).finish();
}

}  // namespace slipway::model
