// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/trees.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace slipway::model {
namespace {

constexpr std::int64_t kMaxLeaves = 1 << 24;

// LightGBM's decision_type: bit 0 categorical, bit 1 default left, bits 2-3 the missing type.
Result<SplitRule> rule_of(std::int64_t decision_type, const TextEntry& entry) {
  const auto missing = (decision_type >> 2) & 3;
  if (decision_type < 0 || decision_type > 15 || missing == 3) {
    return lightgbm_error(
        "model.lightgbm.decision_type", entry.line,
        fmt::format("decision_type {} is none that LightGBM writes", decision_type));
  }
  if ((decision_type & 1) != 0) return SplitRule::category();
  return SplitRule::number(/*or_equal=*/true, (decision_type & 2) != 0,
                           static_cast<Missing>(missing));
}

// Everything of the ensemble while it grows.
class Builder {
 public:
  explicit Builder(std::uint32_t outputs) : outputs_(outputs) {}

  Result<void> add(const TextSection& tree, std::uint32_t width) {
    ASSIGN_OR_RETURN(const TextEntry leaves_entry, tree.require("num_leaves"));
    ASSIGN_OR_RETURN(const std::int64_t leaves, read_integer(leaves_entry, 1, kMaxLeaves));
    const auto first_leaf = static_cast<std::int32_t>(leaf_value_.size());
    const auto first_split = static_cast<std::int32_t>(feature_.size());
    roots_.push_back(leaves == 1 ? ~first_leaf : first_split);
    tree_output_.push_back(static_cast<std::uint32_t>((roots_.size() - 1) % outputs_));
    if (leaves > 1) RETURN_IF_ERROR(add_splits(tree, leaves, first_split, first_leaf));
    ASSIGN_OR_RETURN(const TextEntry values_entry, tree.require("leaf_value"));
    ASSIGN_OR_RETURN(const auto values,
                     read_doubles(values_entry, static_cast<std::size_t>(leaves)));
    leaf_value_.insert(leaf_value_.end(), values.begin(), values.end());
    RETURN_IF_ERROR(add_cover(tree, static_cast<std::size_t>(leaves)));
    if (leaf_value_.size() >
        static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 2)) {
      return lightgbm_error("model.lightgbm.too_large", tree.line,
                            "the model has more than a billion leaves");
    }
    return add_linear(tree, static_cast<std::size_t>(leaves), width);
  }

  TreeEnsemble finish(std::uint32_t width) && {
    TreeEnsemble e;
    e.width = width;
    e.outputs = outputs_;
    e.flush_below = kZeroBound;
    e.roots = std::move(roots_);
    e.tree_output = std::move(tree_output_);
    e.feature = std::move(feature_);
    e.threshold = std::move(threshold_);
    e.rule = std::move(rule_);
    e.left = std::move(left_);
    e.right = std::move(right_);
    if (category_begin_.size() > 1) {
      e.category_set = std::move(category_set_);
      e.category_begin = std::move(category_begin_);
      e.category_words = std::move(category_words_);
    }
    e.cover = cover_of(std::move(cover_), leaf_value_.size());
    e.leaf_value = std::move(leaf_value_);
    if (any_linear_) {
      e.linear_constant = std::move(linear_constant_);
      e.linear_begin = std::move(linear_begin_);
      e.linear_feature = std::move(linear_feature_);
      e.linear_coefficient = std::move(linear_coefficient_);
    }
    return e;
  }

 private:
  Result<void> add_splits(const TextSection& tree, std::int64_t leaves, std::int32_t first_split,
                          std::int32_t first_leaf) {
    const auto splits = static_cast<std::size_t>(leaves - 1);
    RETURN_IF_ERROR(add_children(tree, "left_child", splits, first_split, first_leaf, &left_));
    RETURN_IF_ERROR(add_children(tree, "right_child", splits, first_split, first_leaf, &right_));
    ASSIGN_OR_RETURN(const TextEntry feature_entry, tree.require("split_feature"));
    ASSIGN_OR_RETURN(const auto features, read_integers(feature_entry, splits));
    ASSIGN_OR_RETURN(const TextEntry threshold_entry, tree.require("threshold"));
    ASSIGN_OR_RETURN(const auto thresholds, read_doubles(threshold_entry, splits));
    ASSIGN_OR_RETURN(const TextEntry type_entry, tree.require("decision_type"));
    ASSIGN_OR_RETURN(const auto types, read_integers(type_entry, splits));
    const auto first_set = static_cast<std::uint32_t>(category_begin_.size() - 1);
    ASSIGN_OR_RETURN(const std::uint32_t sets, add_category_sets(tree));
    for (std::size_t s = 0; s < splits; ++s) {
      if (features[s] < 0 || features[s] > std::numeric_limits<std::int32_t>::max()) {
        return lightgbm_error("model.lightgbm.feature", feature_entry.line,
                              fmt::format("split_feature {}", features[s]));
      }
      ASSIGN_OR_RETURN(const SplitRule rule, rule_of(types[s], type_entry));
      feature_.push_back(static_cast<std::uint32_t>(features[s]));
      rule_.push_back(rule);
      threshold_.push_back(rule.is_category() ? 0 : thresholds[s]);
      category_set_.push_back(0);
      if (!rule.is_category()) continue;
      // A category split's threshold is the number of its set within the tree.
      if (!(thresholds[s] >= 0 && thresholds[s] < sets)) {
        return lightgbm_error(
            "model.lightgbm.categories", threshold_entry.line,
            fmt::format("split {} names category set {}, the tree has {}", s, thresholds[s], sets));
      }
      category_set_.back() = first_set + static_cast<std::uint32_t>(thresholds[s]);
    }
    return {};
  }

  // Children count within the tree: >= 0 a split, negative ~leaf. Range is checked here, shape by
  // check().
  static Result<void> add_children(const TextSection& tree, std::string_view key,
                                   std::size_t splits, std::int32_t first_split,
                                   std::int32_t first_leaf, std::vector<std::int32_t>* out) {
    ASSIGN_OR_RETURN(const TextEntry entry, tree.require(key));
    ASSIGN_OR_RETURN(const auto children, read_integers(entry, splits));
    for (const std::int64_t child : children) {
      const bool is_leaf = child < 0;
      const std::int64_t index = is_leaf ? -child - 1 : child;
      if (index >= static_cast<std::int64_t>(is_leaf ? splits + 1 : splits)) {
        return lightgbm_error(
            "model.lightgbm.child", entry.line,
            fmt::format("{} {} is out of range: the tree has {} splits and {} leaves", key, child,
                        splits, splits + 1));
      }
      const auto local = static_cast<std::int32_t>(index);
      out->push_back(is_leaf ? ~(first_leaf + local) : first_split + local);
    }
    return {};
  }

  // Returns how many sets the tree has.
  Result<std::uint32_t> add_category_sets(const TextSection& tree) {
    const TextEntry* count_entry = tree.find("num_cat");
    if (count_entry == nullptr) return std::uint32_t{0};
    ASSIGN_OR_RETURN(const std::int64_t count, read_integer(*count_entry, 0, kMaxLeaves));
    if (count == 0) return std::uint32_t{0};
    ASSIGN_OR_RETURN(const TextEntry begin_entry, tree.require("cat_boundaries"));
    ASSIGN_OR_RETURN(const auto begins,
                     read_integers(begin_entry, static_cast<std::size_t>(count) + 1));
    ASSIGN_OR_RETURN(const TextEntry words_entry, tree.require("cat_threshold"));
    const std::int64_t total = begins.back();
    if (total < 0 || total > (std::int64_t{1} << 26)) {
      return lightgbm_error("model.lightgbm.categories", begin_entry.line,
                            fmt::format("cat_boundaries ends at {}", total));
    }
    ASSIGN_OR_RETURN(const auto words, read_integers(words_entry, static_cast<std::size_t>(total)));
    const auto base = static_cast<std::uint32_t>(category_words_.size());
    for (std::size_t i = 0; i < begins.size(); ++i) {
      if (begins[i] < (i == 0 ? 0 : begins[i - 1]) || (i == 0 && begins[i] != 0)) {
        return lightgbm_error("model.lightgbm.categories", begin_entry.line,
                              "cat_boundaries must rise from 0");
      }
      if (i > 0) category_begin_.push_back(base + static_cast<std::uint32_t>(begins[i]));
    }
    for (const std::int64_t word : words) {
      if (word < 0 || word > std::numeric_limits<std::uint32_t>::max()) {
        return lightgbm_error("model.lightgbm.categories", words_entry.line,
                              fmt::format("cat_threshold word {}", word));
      }
      category_words_.push_back(static_cast<std::uint32_t>(word));
    }
    return static_cast<std::uint32_t>(count);
  }

  // A tree of one leaf has no counts; all rows end there.
  Result<void> add_cover(const TextSection& tree, std::size_t leaves) {
    const TextEntry* counts = tree.find("leaf_count");
    if (counts == nullptr || leaves == 1) {
      if (leaves == 1) cover_.push_back(1);
      return {};
    }
    ASSIGN_OR_RETURN(const auto rows, read_doubles(*counts, leaves));
    for (const double each : rows) cover_.push_back(static_cast<float>(each));
    return {};
  }

  Result<void> add_linear(const TextSection& tree, std::size_t leaves, std::uint32_t width) {
    const TextEntry* flag = tree.find("is_linear");
    const bool linear = flag != nullptr && flag->value == "1";
    if (!linear) {
      // In a model with linear trees a constant leaf is a linear one without terms.
      linear_constant_.insert(linear_constant_.end(),
                              leaf_value_.end() - static_cast<std::ptrdiff_t>(leaves),
                              leaf_value_.end());
      linear_begin_.insert(linear_begin_.end(), leaves,
                           static_cast<std::uint32_t>(linear_feature_.size()));
      return {};
    }
    any_linear_ = true;
    ASSIGN_OR_RETURN(const TextEntry constant_entry, tree.require("leaf_const"));
    ASSIGN_OR_RETURN(const auto constants, read_doubles(constant_entry, leaves));
    ASSIGN_OR_RETURN(const TextEntry count_entry, tree.require("num_features"));
    ASSIGN_OR_RETURN(const auto counts, read_integers(count_entry, leaves));
    std::size_t total = 0;
    for (const std::int64_t count : counts) {
      if (count < 0 || count > width) {
        return lightgbm_error(
            "model.lightgbm.linear", count_entry.line,
            fmt::format("a leaf has {} linear features, rows have {}", count, width));
      }
      total += static_cast<std::size_t>(count);
      linear_begin_.push_back(static_cast<std::uint32_t>(linear_feature_.size() + total));
    }
    linear_constant_.insert(linear_constant_.end(), constants.begin(), constants.end());
    if (total == 0) return {};
    ASSIGN_OR_RETURN(const TextEntry feature_entry, tree.require("leaf_features"));
    ASSIGN_OR_RETURN(const auto features, read_integers(feature_entry, total));
    ASSIGN_OR_RETURN(const TextEntry coefficient_entry, tree.require("leaf_coeff"));
    ASSIGN_OR_RETURN(const auto coefficients, read_doubles(coefficient_entry, total));
    for (const std::int64_t feature : features) {
      if (feature < 0 || feature >= width) {
        return lightgbm_error("model.lightgbm.linear", feature_entry.line,
                              fmt::format("leaf feature {}", feature));
      }
      linear_feature_.push_back(static_cast<std::uint32_t>(feature));
    }
    linear_coefficient_.insert(linear_coefficient_.end(), coefficients.begin(), coefficients.end());
    return {};
  }

  const std::uint32_t outputs_;
  std::vector<std::int32_t> roots_;
  std::vector<std::uint32_t> tree_output_;
  std::vector<std::uint32_t> feature_;
  std::vector<double> threshold_;
  std::vector<SplitRule> rule_;
  std::vector<std::int32_t> left_, right_;
  std::vector<std::uint32_t> category_set_, category_begin_{0}, category_words_;
  std::vector<double> leaf_value_;
  std::vector<float> cover_;
  bool any_linear_ = false;
  std::vector<double> linear_constant_;
  std::vector<std::uint32_t> linear_begin_{0}, linear_feature_;
  std::vector<double> linear_coefficient_;
};

}  // namespace

Result<TreeEnsemble> read_lightgbm_trees(const std::vector<TextSection>& trees, std::uint32_t width,
                                         std::uint32_t outputs) {
  Builder builder(outputs);
  for (std::size_t i = 0; i < trees.size(); ++i) {
    auto added = builder.add(trees[i], width);
    if (!added) return std::move(added).error().with_context(fmt::format("tree {}", i));
  }
  TreeEnsemble ensemble = std::move(builder).finish(width);
  RETURN_IF_ERROR(check(ensemble));
  return ensemble;
}

}  // namespace slipway::model
