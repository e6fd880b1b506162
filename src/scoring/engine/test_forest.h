// Random forests and rows for tests: all shapes and semantics that TreeEnsemble has, and rows whose
// values lie on, just below and just above the thresholds. The same seed gives the same forest.
// Long because: the shapes share one set of arrays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "model/tree_ensemble.h"

namespace slipway::scoring {

class TestForest {
 public:
  explicit TestForest(std::uint32_t seed) : random_(seed) {}

  model::TreeEnsemble ensemble() {
    start();
    const std::uint32_t trees = 1 + below(below(4) == 0 ? 90 : 12);
    const std::uint32_t shape = below(5);
    for (std::uint32_t t = 0; t < trees; ++t) add_tree(shape);
    return finish();
  }

  // Trees of at most so many splits, of add_tree's shape 0 (level by level) or 1, or of
  // so many levels, of shape 3.
  model::TreeEnsemble small_trees(std::uint32_t shape, std::uint32_t size, std::uint32_t width) {
    start();
    width_ = width;
    const std::uint32_t trees = 1 + below(70);
    for (std::uint32_t t = 0; t < trees; ++t) {
      if (shape == 3) add_oblivious(size);
      if (shape != 3) grow_tree(shape, chance(4) ? 1 + below(size) : size);
    }
    return finish();
  }

  // Exactly that many distinct ones, of one feature in part.
  model::TreeEnsemble with_conditions(std::size_t count) {
    start_plain(3);
    for (std::size_t i = 0; i < count; ++i) {
      roots_.push_back(static_cast<std::int32_t>(feature_.size()));
      add_split(i % 4 == 0 ? 1 : 0, static_cast<double>(i) / 8, plain_rule());
      link_leaves();
    }
    return finish();
  }

  model::TreeEnsemble redundant() {
    start_plain(2);
    roots_.push_back(0);
    add_split(0, 1, plain_rule());
    add_split(0, 2, plain_rule());
    add_split(1, 3, plain_rule());
    left_ = {1, ~0, ~2};
    right_ = {2, ~1, ~3};
    leaf_value_ = {1, 2, 5, 5};
    return finish();
  }

  model::TreeEnsemble chain(std::int32_t length) {
    start_plain(1);
    roots_.push_back(0);
    for (std::int32_t i = 0; i < length; ++i) {
      add_split(0, i, plain_rule());
      left_.back() = ~i;
      right_.back() = i + 1 < length ? i + 1 : ~length;
      leaf_value_.push_back(i);
    }
    leaf_value_.push_back(length);
    return finish();
  }

  std::vector<double> rows(const model::TreeEnsemble& e, std::size_t count) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count * e.width; ++i) values.push_back(value(e));
    return values;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool chance(std::uint32_t one_in) { return below(one_in) == 0; }
  static model::SplitRule plain_rule() {
    return model::SplitRule::number(false, true, model::Missing::kNaN);
  }

  void start() {
    width_ = 1 + below(12);
    float32_inputs_ = !chance(3);
    float32_sums_ = float32_inputs_ && !chance(3);
    flush_ = chance(3) ? model::kZeroBound : 0;
    leaf_width_ = chance(5) ? 1 + below(4) : 1;
    outputs_ = leaf_width_ + (chance(4) ? below(4) : 0);
    categories_ = chance(3);
    pool_.clear();
    for (std::uint32_t i = 0; i < 3 + below(60); ++i) pool_.push_back(threshold());
  }

  void start_plain(std::uint32_t width) {
    width_ = width;
    outputs_ = leaf_width_ = 1;
    float32_inputs_ = float32_sums_ = categories_ = false;
    pool_ = {0, 1, 2, 3, 100, 1e4};
  }

  double threshold() {
    switch (below(12)) {
      case 0:
        return 0;
      case 1:
        return kInfinity;
      case 2:
        return -kInfinity;
      case 3:
        return below(2) == 0 ? 1e-35 : -static_cast<double>(1e-35F);
      case 4:
        return 1e-40;
      case 5:
        return 1e300;
      default:
        return (static_cast<double>(below(2000)) - 1000) / 7;
    }
  }

  model::SplitRule rule() {
    if (categories_ && chance(3)) {
      const std::uint32_t kind = below(3);
      if (kind == 0) return model::SplitRule::category();
      return kind == 1 ? model::SplitRule::category_right(chance(2))
                       : model::SplitRule::category_left(chance(2));
    }
    return model::SplitRule::number(chance(2), chance(2), static_cast<model::Missing>(below(3)));
  }

  void add_split(std::uint32_t feature, double threshold, model::SplitRule rule) {
    feature_.push_back(feature);
    threshold_.push_back(rule.is_category() ? 0 : threshold);
    rule_.push_back(rule);
    left_.push_back(0);
    right_.push_back(0);
    category_set_.push_back(0);
    if (rule.is_category()) {
      category_set_.back() = static_cast<std::uint32_t>(sets_.size());
      std::vector<std::uint32_t> words(1 + below(3));
      for (auto& word : words) word = static_cast<std::uint32_t>(random_());
      sets_.push_back(std::move(words));
    }
  }

  void add_random_split() {
    add_split(below(width_), pool_[below(static_cast<std::uint32_t>(pool_.size()))], rule());
  }

  std::int32_t add_leaf() {
    const auto leaf = static_cast<std::int32_t>(leaf_value_.size() / leaf_width_);
    for (std::uint32_t j = 0; j < leaf_width_; ++j) {
      const double value = chance(6) ? 0.25 : (static_cast<double>(random_() % 100000) - 5e4) / 7e4;
      leaf_value_.push_back(float32_sums_ ? static_cast<float>(value) : value);
    }
    return ~leaf;
  }

  void link_leaves() {
    left_.back() = add_leaf();
    right_.back() = add_leaf();
  }

  // 0: perfect, 1: leaf by leaf, 2: nearly chains, 3: oblivious, 4: anything, one leaf too.
  void add_tree(std::uint32_t shape) {
    if (shape == 3) return add_oblivious(1 + below(7));
    if (shape == 4 && chance(5)) return roots_.push_back(add_leaf());
    grow_tree(shape, shape == 0 ? (1U << (1 + below(8))) - 1 : 1 + below(chance(8) ? 280 : 40));
  }

  void grow_tree(std::uint32_t shape, std::uint32_t splits) {
    const std::size_t root = feature_.size();
    roots_.push_back(static_cast<std::int32_t>(root));
    std::vector<std::pair<std::size_t, bool>> open;  // sides of splits
    const auto grow = [&] {
      const std::size_t split = feature_.size();
      add_random_split();
      open.emplace_back(split, false);
      open.emplace_back(split, true);
    };
    grow();
    while (feature_.size() - root < splits) {
      const std::size_t at = shape == 0   ? 0
                             : shape == 2 ? open.size() - 1
                                          : below(static_cast<std::uint32_t>(open.size()));
      const auto [parent, right] = open[at];
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      (right ? right_ : left_)[parent] = static_cast<std::int32_t>(feature_.size());
      grow();
    }
    for (const auto& [parent, right] : open) (right ? right_ : left_)[parent] = add_leaf();
  }

  void add_oblivious(std::uint32_t levels) {
    const auto first = static_cast<std::int32_t>(feature_.size());
    const auto first_leaf = static_cast<std::int32_t>(leaf_value_.size() / leaf_width_);
    const std::uint32_t count = 1U << levels;
    roots_.push_back(first);
    for (std::uint32_t level = 0; level < levels; ++level) {
      const std::uint32_t feature = below(width_);
      const double threshold = pool_[below(static_cast<std::uint32_t>(pool_.size()))];
      const model::SplitRule rule = model::SplitRule::number(true, chance(2), model::Missing::kNaN);
      for (std::uint32_t i = 0; i < 1U << level; ++i) add_split(feature, threshold, rule);
    }
    for (std::uint32_t h = 1; h < count; ++h) {
      const auto child = [&](std::uint32_t c) {
        return c < count ? first + static_cast<std::int32_t>(c - 1)
                         : ~(first_leaf + static_cast<std::int32_t>(c - count));
      };
      left_[static_cast<std::size_t>(first) + h - 1] = child(2 * h);
      right_[static_cast<std::size_t>(first) + h - 1] = child(2 * h + 1);
    }
    for (std::uint32_t leaf = 0; leaf < count; ++leaf) add_leaf();
  }

  model::TreeEnsemble finish() {
    model::TreeEnsemble e;
    e.width = width_;
    e.outputs = outputs_;
    e.leaf_width = leaf_width_;
    e.float32_inputs = float32_inputs_;
    e.float32_sums = float32_sums_;
    e.flush_below = flush_;
    if (chance(2)) e.base = std::vector<double>(outputs_, 0.5);
    std::vector<std::uint32_t> tree_output;
    for (std::size_t t = 0; t < roots_.size(); ++t)
      tree_output.push_back(below(outputs_ - leaf_width_ + 1));
    e.tree_output = tree_output;
    e.roots = roots_;
    e.feature = feature_;
    e.threshold = threshold_;
    e.rule = rule_;
    e.left = left_;
    e.right = right_;
    e.leaf_value = leaf_value_;
    if (below(3) > 0) e.cover = cover(e.leaves());
    if (!sets_.empty()) {
      std::vector<std::uint32_t> begin{0}, words;
      for (const auto& set : sets_) {
        words.insert(words.end(), set.begin(), set.end());
        begin.push_back(static_cast<std::uint32_t>(words.size()));
      }
      e.category_set = category_set_;
      e.category_begin = begin;
      e.category_words = words;
    }
    return e;
  }

  // How many rows of training came to each leaf; some see none.
  std::vector<float> cover(std::size_t leaves) {
    std::vector<float> rows(leaves);
    for (float& each : rows) each = static_cast<float>(below(4) == 0 ? 0 : below(1000));
    return rows;
  }

  double value(const model::TreeEnsemble& e) {
    switch (below(10)) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return chance(2) ? kInfinity : -kInfinity;
      case 2:
        return chance(2) ? 0.0 : -0.0;
      case 3:
        return chance(2) ? 1e-36 : -1e-35;
      case 4:
        return static_cast<double>(below(110)) - 5.5;
      case 5:
        return (static_cast<double>(below(2000)) - 1000) / 7;
      default:
        return near_threshold(e);
    }
  }

  double near_threshold(const model::TreeEnsemble& e) {
    if (e.threshold.empty()) return 1;
    const double t = e.threshold[random_() % e.threshold.size()];
    const std::uint32_t where = below(3);
    if (where == 0) return t;
    const double to = where == 1 ? kInfinity : -kInfinity;
    return chance(2) ? std::nextafter(t, to)
                     : std::nextafter(static_cast<float>(t), static_cast<float>(to));
  }

  std::mt19937 random_;
  std::uint32_t width_ = 1, outputs_ = 1, leaf_width_ = 1;
  bool float32_inputs_ = false, float32_sums_ = false, categories_ = false;
  double flush_ = 0;
  std::vector<double> pool_;
  std::vector<std::int32_t> roots_, left_, right_;
  std::vector<std::uint32_t> feature_, category_set_;
  std::vector<double> threshold_, leaf_value_;
  std::vector<model::SplitRule> rule_;
  std::vector<std::vector<std::uint32_t>> sets_;
};

}  // namespace slipway::scoring
