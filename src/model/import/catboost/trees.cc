// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/trees.h"

#include <fmt/format.h>

#include <bit>
#include <utility>
#include <vector>

namespace slipway::model {
namespace {

constexpr std::int32_t kMaxDepth = 16;  // CatBoost's own
constexpr std::size_t kMaxLeaves = std::size_t{1} << 30;

class Builder {
 public:
  Builder(const CatBoostTrees& trees, std::span<const CatBoostCondition> conditions)
      : t_(trees), conditions_(conditions) {}

  Result<void> run() {
    const bool oblivious = t_.nodes.empty();
    if (!oblivious &&
        (t_.nodes.size() != t_.splits.size() || t_.nodes.size() != t_.node_leaf.size())) {
      return bad(fmt::format("{} nodes, but {} splits and {} leaf numbers", t_.nodes.size(),
                             t_.splits.size(), t_.node_leaf.size()));
    }
    for (tree_ = 0; tree_ < t_.sizes.size(); ++tree_) {
      if (leaves() > kMaxLeaves) return bad("more than a billion leaves");
      RETURN_IF_ERROR(oblivious ? perfect_tree(t_.sizes[tree_]) : any_tree(t_.sizes[tree_]));
    }
    if (oblivious && next_leaf_ != t_.leaf_values.size()) {
      return bad(fmt::format("the trees have {} leaf values, the file {}", next_leaf_,
                             t_.leaf_values.size()));
    }
    return {};
  }

  TreeEnsemble finish(std::uint32_t width) && {
    TreeEnsemble e;
    e.width = width;
    e.outputs = e.leaf_width = t_.dimension;
    e.float32_inputs = true;
    e.tree_output = std::vector<std::uint32_t>(roots_.size(), 0);
    e.roots = std::move(roots_);
    e.feature = std::move(feature_);
    e.threshold = std::move(threshold_);
    e.rule = std::move(rule_);
    e.left = std::move(left_);
    e.right = std::move(right_);
    e.leaf_value = std::move(leaf_value_);
    return e;
  }

 private:
  Error bad(std::string what) const {
    return catboost_error("model.catboost.tree", fmt::format("tree {}: {}", tree_, what));
  }

  std::size_t leaves() const { return leaf_value_.size() / t_.dimension; }

  Result<void> add_leaf(std::size_t from) {
    const std::size_t width = t_.dimension;
    if (from > t_.leaf_values.size() || width > t_.leaf_values.size() - from) {
      return bad(fmt::format("a leaf's values are {} to {}, but there are {}", from,
                             from + width - 1, t_.leaf_values.size()));
    }
    const auto at = t_.leaf_values.begin() + static_cast<std::ptrdiff_t>(from);
    leaf_value_.insert(leaf_value_.end(), at, at + static_cast<std::ptrdiff_t>(width));
    return {};
  }

  // A split whose children are set later.
  Result<void> add_split(std::int32_t number) {
    if (number < 0 || static_cast<std::size_t>(number) >= conditions_.size()) {
      return bad(fmt::format("a split asks condition {}, but the features have {}", number,
                             conditions_.size()));
    }
    const CatBoostCondition& condition = conditions_[static_cast<std::size_t>(number)];
    feature_.push_back(condition.column);
    threshold_.push_back(condition.threshold);
    // Above goes right; what is equal, left.
    rule_.push_back(
        SplitRule::number(/*or_equal=*/true, /*default_left=*/!condition.nan_above, Missing::kNaN));
    left_.push_back(0);
    right_.push_back(0);
    return {};
  }

  // Bit k of a leaf's number is the answer of split k. The last split is asked first, so that the
  // leaves come out in the order of their numbers. Node h = 1, 2, ... has children 2h and 2h + 1.
  Result<void> perfect_tree(std::int32_t depth) {
    if (depth < 0 || depth > kMaxDepth)
      return bad(fmt::format("{} splits, at most {} expected", depth, kMaxDepth));
    const std::size_t levels = static_cast<std::size_t>(depth);
    if (levels > t_.splits.size() - next_split_)
      return bad(fmt::format("{} splits, but the file has no more than {}", levels,
                             t_.splits.size() - next_split_));
    const auto first_split = static_cast<std::int32_t>(feature_.size());
    const auto first_leaf = static_cast<std::int32_t>(leaves());
    const std::size_t count = std::size_t{1} << levels;
    roots_.push_back(depth == 0 ? ~first_leaf : first_split);
    for (std::size_t h = 1; h < count; ++h) {
      const std::size_t level = static_cast<std::size_t>(std::bit_width(h)) - 1;
      RETURN_IF_ERROR(add_split(t_.splits[next_split_ + levels - 1 - level]));
      const auto child = [&](std::size_t c) {
        return c < count ? first_split + static_cast<std::int32_t>(c - 1)
                         : ~(first_leaf + static_cast<std::int32_t>(c - count));
      };
      left_.back() = child(2 * h);
      right_.back() = child(2 * h + 1);
    }
    next_split_ += levels;
    for (std::size_t leaf = 0; leaf < count; ++leaf, next_leaf_ += t_.dimension)
      RETURN_IF_ERROR(add_leaf(next_leaf_));
    return {};
  }

  // Where a node hangs: below a split, or as the root.
  struct Place {
    std::size_t node;
    std::size_t parent;
    bool right;
  };

  void hang(const Place& place, std::int32_t reference) {
    if (place.parent == kRoot) {
      roots_.push_back(reference);
    } else {
      (place.right ? right_ : left_)[place.parent] = reference;
    }
  }

  Result<void> any_tree(std::int32_t size) {
    if (size < 1 || static_cast<std::size_t>(size) > t_.nodes.size() - next_split_)
      return bad(fmt::format("{} nodes, but the file has no more than {}", size,
                             t_.nodes.size() - next_split_));
    const std::size_t begin = next_split_;
    next_split_ += static_cast<std::size_t>(size);
    std::vector<bool> seen(static_cast<std::size_t>(size));
    std::vector<Place> pending{{begin, kRoot, false}};
    while (!pending.empty()) {
      const Place place = pending.back();
      pending.pop_back();
      if (place.node >= next_split_ || seen[place.node - begin])
        return bad(fmt::format("node {} is no node of it, or reached twice", place.node - begin));
      seen[place.node - begin] = true;
      RETURN_IF_ERROR(add_node(place, &pending));
    }
    return {};
  }

  // A node without steps is a leaf. One with a single step is a split whose other side is a leaf.
  Result<void> add_node(const Place& place, std::vector<Place>* pending) {
    const CatBoostNode node = t_.nodes[place.node];
    if (node.left == 0 && node.right == 0) {
      hang(place, ~static_cast<std::int32_t>(leaves()));
      return add_leaf(t_.node_leaf[place.node]);
    }
    const std::size_t split = feature_.size();
    hang(place, static_cast<std::int32_t>(split));
    RETURN_IF_ERROR(add_split(t_.splits[place.node]));
    if (node.left == 0 || node.right == 0) {
      (node.left == 0 ? left_ : right_)[split] = ~static_cast<std::int32_t>(leaves());
      RETURN_IF_ERROR(add_leaf(t_.node_leaf[place.node]));
    }
    if (node.right != 0) pending->push_back({place.node + node.right, split, true});
    if (node.left != 0) pending->push_back({place.node + node.left, split, false});
    return {};
  }

  static constexpr std::size_t kRoot = ~std::size_t{0};

  const CatBoostTrees& t_;
  const std::span<const CatBoostCondition> conditions_;
  std::size_t tree_ = 0;
  std::size_t next_split_ = 0;
  std::size_t next_leaf_ = 0;
  std::vector<std::int32_t> roots_;
  std::vector<std::uint32_t> feature_;
  std::vector<double> threshold_;
  std::vector<SplitRule> rule_;
  std::vector<std::int32_t> left_, right_;
  std::vector<double> leaf_value_;
};

}  // namespace

Result<TreeEnsemble> build_catboost_trees(const CatBoostTrees& trees,
                                          std::span<const CatBoostCondition> conditions,
                                          std::uint32_t width) {
  if (trees.dimension == 0 || trees.sizes.empty())
    return catboost_error("model.catboost.trees", "the file holds no trees");
  Builder builder(trees, conditions);
  RETURN_IF_ERROR(builder.run());
  TreeEnsemble ensemble = std::move(builder).finish(width);
  RETURN_IF_ERROR(check(ensemble));
  return ensemble;
}

}  // namespace slipway::model
