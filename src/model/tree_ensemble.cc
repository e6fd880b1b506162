// SPDX-License-Identifier: Apache-2.0
#include "model/tree_ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace slipway::model {
namespace {

Error bad(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

bool is_cover(std::span<const float> cover, std::size_t leaves) {
  return cover.size() == leaves && std::all_of(cover.begin(), cover.end(), [](float each) {
           return each >= 0 && std::isfinite(each);
         });
}

Result<void> check_sizes(const TreeEnsemble& e) {
  if (e.leaf_width == 0) return bad("model.tree.sizes", "leaves hold no value");
  const std::size_t splits = e.splits();
  const bool per_split = e.threshold.size() == splits && e.rule.size() == splits &&
                         e.left.size() == splits && e.right.size() == splits;
  const bool per_tree = e.tree_output.size() == e.roots.size();
  const bool sets = e.category_set.empty() || e.category_set.size() == splits;
  const bool linear = e.linear_constant.empty()
                          ? e.linear_begin.empty()
                          : e.linear_constant.size() == e.leaves() &&
                                e.linear_begin.size() == e.leaves() + 1 &&
                                e.linear_feature.size() == e.linear_coefficient.size();
  const bool leaves = e.leaf_width > 0 && e.leaf_width <= e.outputs &&
                      e.leaf_value.size() % e.leaf_width == 0 &&
                      (e.leaf_width == 1 || e.linear_constant.empty());
  const bool base = e.base.empty() || e.base.size() == e.outputs;
  const bool cover = e.cover.empty() || is_cover(e.cover.span(), e.leaves());
  if (per_split && per_tree && sets && linear && leaves && base && cover && e.outputs > 0)
    return {};
  return bad(
      "model.tree.sizes",
      fmt::format("arrays disagree: {} splits, {} thresholds, {} rules, {} left, {} right, {} "
                  "trees, {} outputs of "
                  "trees, {} leaves, {} linear constants",
                  splits, e.threshold.size(), e.rule.size(), e.left.size(), e.right.size(),
                  e.roots.size(), e.tree_output.size(), e.leaves(), e.linear_constant.size()));
}

// Offsets into a list: start at 0, never fall, end at its size.
Result<void> check_offsets(const Array<std::uint32_t>& begin, std::size_t size, const char* what) {
  if (begin.empty()) return {};
  const bool ends_meet = begin[0] == 0 && begin[begin.size() - 1] == size;
  if (ends_meet && std::is_sorted(begin.begin(), begin.end())) return {};
  return bad("model.tree.offsets",
             fmt::format("offsets of {} do not rise from 0 to {}", what, size));
}

// Walks each tree once; `seen` makes a second visit an error, which rules out cycles and shared
// subtrees.
class Walk {
 public:
  explicit Walk(const TreeEnsemble& ensemble)
      : e_(ensemble), split_seen_(ensemble.splits()), leaf_seen_(ensemble.leaves()) {}

  Result<void> tree(std::size_t tree) {
    if (std::uint64_t{e_.tree_output[tree]} + e_.leaf_width > e_.outputs) {
      return bad("model.tree.output", fmt::format("tree {} adds to output {}, but there are {}",
                                                  tree, e_.tree_output[tree], e_.outputs));
    }
    pending_.assign(1, e_.roots[tree]);
    while (!pending_.empty()) {
      const std::int32_t reference = pending_.back();
      pending_.pop_back();
      if (reference < 0) {
        const auto leaf = static_cast<std::size_t>(~reference);
        if (!first_visit(leaf_seen_, leaf)) return bad_child(leaf_seen_, leaf, tree, "leaf");
        continue;
      }
      const auto split = static_cast<std::size_t>(reference);
      if (!first_visit(split_seen_, split)) return bad_child(split_seen_, split, tree, "split");
      if (!holds(split)) return bad_split(split, tree);
      pending_.push_back(e_.left[split]);
      pending_.push_back(e_.right[split]);
    }
    return {};
  }

  Result<void> all_reached() const {
    RETURN_IF_ERROR(all_of(split_seen_, "split"));
    return all_of(leaf_seen_, "leaf");
  }

 private:
  using Seen = std::vector<std::uint8_t>;

  static Result<void> all_of(const Seen& seen, const char* what) {
    const auto lost = std::find(seen.begin(), seen.end(), 0);
    if (lost == seen.end()) return {};
    return bad("model.tree.unreachable",
               fmt::format("{} {} hangs in no tree", what, lost - seen.begin()));
  }

  // False, too, if there is no such thing.
  static bool first_visit(Seen& seen, std::size_t index) {
    if (index >= seen.size() || seen[index] != 0) return false;
    seen[index] = 1;
    return true;
  }

  static Result<void> bad_child(const Seen& seen, std::size_t index, std::size_t tree,
                                const char* what) {
    if (index < seen.size()) {
      return bad("model.tree.cycle",
                 fmt::format("tree {}: {} {} is reached twice (a cycle, or a shared subtree)", tree,
                             what, index));
    }
    return bad("model.tree.child", fmt::format("tree {}: a child is {} {}, but the model has {}",
                                               tree, what, index, seen.size()));
  }

  bool has_set(std::size_t split) const {
    return !e_.category_set.empty() &&
           std::size_t{e_.category_set[split]} + 1 < e_.category_begin.size();
  }

  bool holds(std::size_t split) const {
    return e_.feature[split] < e_.width &&
           (e_.rule[split].is_category() ? has_set(split) : !std::isnan(e_.threshold[split]));
  }

  Result<void> bad_split(std::size_t split, std::size_t tree) const {
    if (e_.feature[split] >= e_.width) {
      return bad("model.tree.feature",
                 fmt::format("tree {}: split {} asks for feature {}, but rows have {}", tree, split,
                             e_.feature[split], e_.width));
    }
    if (e_.rule[split].is_category()) {
      return bad(
          "model.tree.categories",
          fmt::format("tree {}: split {} names a category set that is not there", tree, split));
    }
    return bad("model.tree.threshold",
               fmt::format("tree {}: the threshold of split {} is NaN", tree, split));
  }

  const TreeEnsemble& e_;
  Seen split_seen_;
  Seen leaf_seen_;
  std::vector<std::int32_t> pending_;
};

// True if all is as check() wants it and every split stands before its children, as libraries write
// them: then one look at each array says so. Each split and leaf is named once, by a root or by a
// split before it, so the way up from any ends at a root. False says nothing.
bool in_order(const TreeEnsemble& e) {
  const std::size_t splits = e.splits(), all = splits + e.leaves();
  std::vector<std::uint8_t> named(all);
  bool sound = true;
  const auto name = [&](std::int32_t reference, std::int64_t after) {
    const std::size_t at = reference >= 0 ? static_cast<std::size_t>(reference)
                                          : splits + static_cast<std::size_t>(~reference);
    const bool there = at < all && (reference < 0 || (at < splits && reference > after));
    sound &= there && named[at] == 0;
    named[there ? at : 0] = 1;
  };
  for (std::size_t tree = 0; tree < e.trees(); ++tree) {
    sound &= std::uint64_t{e.tree_output[tree]} + e.leaf_width <= e.outputs;
    name(e.roots[tree], -1);
  }
  for (std::size_t split = 0; split < splits; ++split) {
    if (e.rule[split].is_category()) return false;
    sound &= e.feature[split] < e.width && e.threshold[split] == e.threshold[split];
    name(e.left[split], static_cast<std::int64_t>(split));
    name(e.right[split], static_cast<std::int64_t>(split));
  }
  return sound && e.trees() + 2 * splits == all;
}

}  // namespace

Result<void> check(const TreeEnsemble& ensemble) {
  RETURN_IF_ERROR(check_sizes(ensemble));
  RETURN_IF_ERROR(
      check_offsets(ensemble.category_begin, ensemble.category_words.size(), "category sets"));
  RETURN_IF_ERROR(
      check_offsets(ensemble.linear_begin, ensemble.linear_feature.size(), "linear leaves"));
  for (const std::uint32_t feature : ensemble.linear_feature) {
    if (feature >= ensemble.width) {
      return bad("model.tree.feature",
                 fmt::format("a linear leaf asks for feature {}, but rows have {}", feature,
                             ensemble.width));
    }
  }
  if (in_order(ensemble)) return {};
  Walk walk(ensemble);
  for (std::size_t tree = 0; tree < ensemble.trees(); ++tree) RETURN_IF_ERROR(walk.tree(tree));
  return walk.all_reached();
}

namespace {

// Copies what `kept` names, by its order.
template <typename T>
Array<T> picked(const Array<T>& from, const std::vector<std::size_t>& kept, std::size_t width = 1) {
  if (from.empty()) return {};
  std::vector<T> out;
  for (const std::size_t at : kept) {
    for (std::size_t j = 0; j < width; ++j) out.push_back(from[at * width + j]);
  }
  return out;
}

}  // namespace

Array<float> cover_of(std::vector<float> per_leaf, std::size_t leaves) {
  if (!is_cover(per_leaf, leaves)) return {};
  return per_leaf;
}

TreeEnsemble first_trees(const TreeEnsemble& e, std::size_t count) {
  count = std::min(count, e.trees());
  std::vector<std::size_t> splits, leaves;
  std::vector<std::int32_t> split_at(e.splits()), leaf_at(e.leaves());
  std::vector<std::int32_t> pending;
  for (std::size_t tree = 0; tree < count; ++tree) {
    pending.assign(1, e.roots[tree]);
    while (!pending.empty()) {
      const std::int32_t reference = pending.back();
      pending.pop_back();
      const auto at = static_cast<std::size_t>(reference < 0 ? ~reference : reference);
      auto& kept = reference < 0 ? leaves : splits;
      (reference < 0 ? leaf_at : split_at)[at] = static_cast<std::int32_t>(kept.size());
      kept.push_back(at);
      if (reference < 0) continue;
      pending.push_back(e.right[at]);
      pending.push_back(e.left[at]);
    }
  }
  const auto renumbered = [&](const Array<std::int32_t>& references) {
    std::vector<std::int32_t> out;
    for (const std::int32_t reference : references)
      out.push_back(reference < 0 ? ~leaf_at[static_cast<std::size_t>(~reference)]
                                  : split_at[static_cast<std::size_t>(reference)]);
    return Array<std::int32_t>(std::move(out));
  };
  TreeEnsemble out = e;  // category sets stay as they are: splits name them by number
  std::vector<std::size_t> trees(count);
  for (std::size_t tree = 0; tree < count; ++tree) trees[tree] = tree;
  out.roots = renumbered(picked(e.roots, trees));
  out.tree_output = picked(e.tree_output, trees);
  out.feature = picked(e.feature, splits);
  out.threshold = picked(e.threshold, splits);
  out.rule = picked(e.rule, splits);
  out.left = renumbered(picked(e.left, splits));
  out.right = renumbered(picked(e.right, splits));
  out.category_set = picked(e.category_set, splits);
  out.leaf_value = picked(e.leaf_value, leaves, e.leaf_width);
  out.cover = picked(e.cover, leaves);
  out.linear_constant = picked(e.linear_constant, leaves);
  if (e.linear_begin.empty()) return out;
  std::vector<std::uint32_t> begin{0};
  std::vector<std::size_t> terms;
  for (const std::size_t leaf : leaves) {
    for (std::size_t term = e.linear_begin[leaf]; term < e.linear_begin[leaf + 1]; ++term)
      terms.push_back(term);
    begin.push_back(static_cast<std::uint32_t>(terms.size()));
  }
  out.linear_begin = std::move(begin);
  out.linear_feature = picked(e.linear_feature, terms);
  out.linear_coefficient = picked(e.linear_coefficient, terms);
  return out;
}

std::size_t depth_of(const TreeEnsemble& ensemble) {
  std::size_t deepest = 0;
  std::vector<std::pair<std::int32_t, std::size_t>> pending;
  for (const std::int32_t root : ensemble.roots) pending.emplace_back(root, 0);
  while (!pending.empty()) {
    const auto [reference, depth] = pending.back();
    pending.pop_back();
    deepest = std::max(deepest, depth);
    if (reference < 0) continue;
    const auto s = static_cast<std::size_t>(reference);
    pending.emplace_back(ensemble.left[s], depth + 1);
    pending.emplace_back(ensemble.right[s], depth + 1);
  }
  return deepest;
}

}  // namespace slipway::model
