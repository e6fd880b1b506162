// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/forest.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

constexpr std::size_t kDepthMax = 1000;
constexpr std::uint32_t kObliviousLevelsMax = 16;

class Compiler {
 public:
  explicit Compiler(Forest* forest) : f_(*forest), e_(forest->ensemble) {
    const std::size_t numbers = f_.conditions.thresholds.size();
    group_of_.resize(numbers);
    for (std::uint32_t g = 0; g < f_.conditions.numbers.size(); ++g) {
      const NumberGroup& group = f_.conditions.numbers[g];
      for (std::uint32_t c = group.first; c < group.first + group.count; ++c)
        group_of_[c] = 2 * g + f_.conditions.missing[c];
      bounds_.push_back({group.first, group.first + group.count});
      bounds_.push_back(bounds_.back());
    }
  }

  // False if a tree is too deep.
  bool run() {
    f_.nodes.reserve(e_.splits());
    f_.trees.reserve(e_.trees());
    for (std::size_t t = 0; t < e_.trees() && !too_deep_; ++t) {
      ForestTree tree;
      tree.first = static_cast<std::uint32_t>(f_.nodes.size());
      deepest_ = 0;
      tree.root = compile(e_.roots[t], 0);
      tree.nodes = static_cast<std::uint32_t>(f_.nodes.size()) - tree.first;
      tree.depth = deepest_;
      find_levels(e_.roots[t], &tree);
      f_.trees.push_back(tree);
    }
    return !too_deep_;
  }

 private:
  // What is known on the way down about the conditions of a group that answer the same for missing
  // values: those below `low` hold, those from `high` on do not.
  struct Bounds {
    std::uint32_t low, high;
  };

  std::int32_t compile(std::int32_t from, std::uint32_t depth) {
    too_deep_ = too_deep_ || depth > kDepthMax;
    while (from >= 0 && !too_deep_) {
      const auto split = static_cast<std::size_t>(from);
      const std::uint32_t condition = f_.conditions.of_split[split];
      Bounds* bounds = condition < group_of_.size() ? &bounds_[group_of_[condition]] : nullptr;
      const bool always =
          condition == Conditions::kAlways || (bounds != nullptr && condition < bounds->low);
      const bool never =
          condition == Conditions::kNever || (bounds != nullptr && condition >= bounds->high);
      if (!always && !never) return compile_node(split, condition, bounds, depth);
      ++f_.unreachable;
      from = always ? e_.right[split] : e_.left[split];
    }
    deepest_ = std::max(deepest_, depth);
    return from < 0 ? from : ~0;  // of a forest that is given up, any leaf
  }

  std::int32_t compile_node(std::size_t split, std::uint32_t condition, Bounds* bounds,
                            std::uint32_t depth) {
    const Bounds before = bounds == nullptr ? Bounds{} : *bounds;
    const auto node = static_cast<std::int32_t>(f_.nodes.size());
    f_.nodes.push_back({condition, 0, 0});
    if (bounds != nullptr) bounds->high = condition;
    const std::int32_t left = compile(e_.left[split], depth + 1);
    if (bounds != nullptr) *bounds = {condition + 1, before.high};
    const auto right_from = static_cast<std::int32_t>(f_.nodes.size());
    const std::int32_t right = compile(e_.right[split], depth + 1);
    if (bounds != nullptr) *bounds = before;
    if (same(left, right, node + 1, right_from)) {
      ++f_.identical;
      return keep_left_only(node, left, right_from);
    }
    f_.nodes[static_cast<std::size_t>(node)].left = left;
    f_.nodes[static_cast<std::size_t>(node)].right = right;
    return node;
  }

  bool same_leaf(std::size_t a, std::size_t b) const {
    if (!e_.linear_constant.empty()) return a == b;
    for (std::size_t j = 0; j < e_.leaf_width; ++j) {
      if (std::bit_cast<std::uint64_t>(e_.leaf_value[a * e_.leaf_width + j]) !=
          std::bit_cast<std::uint64_t>(e_.leaf_value[b * e_.leaf_width + j]))
        return false;
    }
    return true;
  }

  bool same_child(std::int32_t a, std::int32_t b, std::int32_t shift) const {
    if (a >= 0 || b >= 0) return a >= 0 && b >= 0 && a + shift == b;
    return same_leaf(static_cast<std::size_t>(~a), static_cast<std::size_t>(~b));
  }

  // Whether two subtrees are equal: the left one's nodes are [left_from, right_from), the right one's
  // follow.
  bool same(std::int32_t left, std::int32_t right, std::int32_t left_from,
            std::int32_t right_from) const {
    const std::int32_t shift = right_from - left_from;
    if (static_cast<std::size_t>(right_from + shift) != f_.nodes.size()) return false;
    if (!same_child(left, right, shift)) return false;
    for (std::int32_t i = left_from; i < right_from; ++i) {
      const ForestNode& a = f_.nodes[static_cast<std::size_t>(i)];
      const ForestNode& b = f_.nodes[static_cast<std::size_t>(i + shift)];
      if (a.condition != b.condition || !same_child(a.left, b.left, shift) ||
          !same_child(a.right, b.right, shift))
        return false;
    }
    return true;
  }

  // Drops `node` and its right side; its left side moves up by one.
  std::int32_t keep_left_only(std::int32_t node, std::int32_t left, std::int32_t right_from) {
    f_.nodes.resize(static_cast<std::size_t>(right_from));
    f_.nodes.erase(f_.nodes.begin() + node);
    for (auto i = static_cast<std::size_t>(node); i < f_.nodes.size(); ++i) {
      if (f_.nodes[i].left >= 0) --f_.nodes[i].left;
      if (f_.nodes[i].right >= 0) --f_.nodes[i].right;
    }
    return left < 0 ? left : left - 1;
  }

  // Importers write such a tree level by level, so its splits and leaves stand in the order of
  // their numbers.
  void find_levels(std::int32_t root, ForestTree* tree) {
    std::uint32_t levels = 0;
    for (std::int32_t at = root; at >= 0; at = e_.left[static_cast<std::size_t>(at)]) ++levels;
    if (root < 0 || levels > kObliviousLevelsMax) return;
    const auto first = static_cast<std::size_t>(root);
    const std::size_t count = std::size_t{1} << levels;
    std::int32_t leftmost = root;
    for (std::uint32_t l = 1; l < levels; ++l)
      leftmost = e_.left[static_cast<std::size_t>(leftmost)];
    const std::int32_t first_leaf = ~e_.left[static_cast<std::size_t>(leftmost)];
    std::vector<std::uint32_t> conditions(levels);
    for (std::size_t h = 1; h < count; ++h) {
      const std::size_t split = first + h - 1;
      if (split >= e_.splits()) return;
      const auto level = static_cast<std::size_t>(std::bit_width(h)) - 1;
      const std::uint32_t condition = f_.conditions.of_split[split];
      if (std::has_single_bit(h)) conditions[level] = condition;
      const auto child = [&](std::size_t c) {
        return c < count ? root + static_cast<std::int32_t>(c - 1)
                         : ~(first_leaf + static_cast<std::int32_t>(c - count));
      };
      if (condition != conditions[level] || condition >= f_.conditions.count ||
          e_.left[split] != child(2 * h) || e_.right[split] != child(2 * h + 1))
        return;
    }
    tree->oblivious = true;
    tree->levels_first = static_cast<std::uint32_t>(f_.levels.size());
    tree->levels = levels;
    tree->first_leaf = static_cast<std::uint32_t>(first_leaf);
    f_.levels.insert(f_.levels.end(), conditions.begin(), conditions.end());
  }

  Forest& f_;
  const TreeEnsemble& e_;
  std::vector<std::uint32_t> group_of_;  // per condition on numbers: twice its group, and its side
  std::vector<Bounds> bounds_;           // per group and side
  std::uint32_t deepest_ = 0;
  bool too_deep_ = false;
};

bool holds_floats(const model::Array<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) {
    return !(static_cast<double>(static_cast<float>(value)) != value) || value != value;
  });
}

// `find` gives the conditions.
template <typename Find>
std::shared_ptr<const Forest> compile(const TreeEnsemble& ensemble, const ConditionLimits& limits,
                                      const Find& find) {
  if (ensemble.float32_sums && !(holds_floats(ensemble.leaf_value) && holds_floats(ensemble.base)))
    return nullptr;
  if (ensemble.splits() > limits.splits) return nullptr;
  std::optional<Conditions> conditions = find();
  if (!conditions) return nullptr;
  auto forest = std::make_shared<Forest>();
  forest->ensemble = ensemble;
  forest->conditions = std::move(*conditions);
  if (!Compiler(forest.get()).run()) return nullptr;
  return forest;
}

}  // namespace

std::shared_ptr<const Forest> compile_forest(const TreeEnsemble& ensemble,
                                             const ConditionLimits& limits) {
  return compile(ensemble, limits, [&] { return find_conditions(ensemble, limits); });
}

std::shared_ptr<const Forest> compile_forest(const TreeEnsemble& ensemble, const RowSource& source,
                                             const ConditionLimits& limits) {
  return compile(ensemble, limits,
                 [&] { return find_sourced_conditions(ensemble, source, limits); });
}

}  // namespace slipway::scoring
