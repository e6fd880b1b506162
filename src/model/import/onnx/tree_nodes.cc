// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/tree_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "model/import/onnx/lifter.h"

namespace slipway::model {
namespace {

constexpr std::int64_t kMaxFeature = 1 << 20;

Result<TreeMode> mode_of(std::string_view word) {
  if (word == "BRANCH_LEQ") return TreeMode::kLeq;
  if (word == "BRANCH_LT") return TreeMode::kLt;
  if (word == "BRANCH_GTE") return TreeMode::kGte;
  if (word == "BRANCH_GT") return TreeMode::kGt;
  if (word == "LEAF") return TreeMode::kLeaf;
  return not_lifted(fmt::format("a tree decides by {}", word));
}

using NodeId = std::pair<std::int64_t, std::int64_t>;  // tree, node

struct Attributes {
  std::vector<std::int64_t> tree, node, feature, yes, no, missing;
  std::vector<std::string> mode;
  std::vector<double> value;
};

Result<Attributes> attributes_of(const OnnxNode& node) {
  Attributes a;
  a.tree = integers_of(node, "nodes_treeids");
  a.node = integers_of(node, "nodes_nodeids");
  a.feature = integers_of(node, "nodes_featureids");
  a.yes = integers_of(node, "nodes_truenodeids");
  a.no = integers_of(node, "nodes_falsenodeids");
  a.missing = integers_of(node, "nodes_missing_value_tracks_true");
  a.mode = texts_of(node, "nodes_modes");
  ASSIGN_OR_RETURN(a.value, reals_or_tensor(node, "nodes_values"));
  const std::size_t count = a.tree.size();
  if (a.node.size() == count && a.feature.size() == count && a.yes.size() == count &&
      a.no.size() == count && a.mode.size() == count && a.value.size() == count && count > 0)
    return a;
  return not_lifted("the trees' lists are of different lengths");
}

Result<std::map<NodeId, std::size_t>> numbers_of(const Attributes& a) {
  std::map<NodeId, std::size_t> numbers;
  for (std::size_t i = 0; i < a.tree.size(); ++i) {
    if (!numbers.emplace(NodeId{a.tree[i], a.node[i]}, i).second)
      return not_lifted("a tree has two nodes of one number");
  }
  return numbers;
}

Result<void> read_nodes(const Attributes& a, const std::map<NodeId, std::size_t>& numbers,
                        TreeNodes* out) {
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < a.tree.size(); ++i) {
    if (i == 0 || a.tree[i] != a.tree[i - 1]) {
      if (!seen.insert(a.tree[i]).second) return not_lifted("a tree lies in two pieces");
      out->roots.push_back(i);
    }
    TreeNode made;
    ASSIGN_OR_RETURN(made.mode, mode_of(a.mode[i]));
    made.value = a.value[i];
    made.missing_is_true = i < a.missing.size() && a.missing[i] == 1;
    if (made.mode != TreeMode::kLeaf) {
      const auto yes = numbers.find({a.tree[i], a.yes[i]});
      const auto no = numbers.find({a.tree[i], a.no[i]});
      if (yes == numbers.end() || no == numbers.end() || a.feature[i] < 0 ||
          a.feature[i] > kMaxFeature)
        return not_lifted("a tree's node leads nowhere");
      made.yes = yes->second;
      made.no = no->second;
      made.feature = static_cast<std::uint32_t>(a.feature[i]);
    }
    out->nodes.push_back(std::move(made));
  }
  return {};
}

Result<void> read_weights(const OnnxNode& node, std::string_view what,
                          const std::map<NodeId, std::size_t>& numbers, TreeNodes* out) {
  const auto list = [&](const char* suffix) { return fmt::format("{}_{}", what, suffix); };
  const auto trees = integers_of(node, list("treeids"));
  const auto nodes = integers_of(node, list("nodeids"));
  const auto ids = integers_of(node, list("ids"));
  ASSIGN_OR_RETURN(const auto values, reals_or_tensor(node, list("weights")));
  if (trees.size() != values.size() || nodes.size() != values.size() || ids.size() != values.size())
    return not_lifted("the leaves' lists are of different lengths");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = numbers.find({trees[i], nodes[i]});
    if (at == numbers.end() || ids[i] < 0 || ids[i] >= out->targets)
      return not_lifted("a leaf's value belongs nowhere");
    TreeNode& leaf = out->nodes[at->second];
    if (leaf.mode != TreeMode::kLeaf) continue;  // as ONNX Runtime: old converters wrote such
    const auto target = static_cast<std::uint32_t>(ids[i]);
    for (const TreeWeight& weight : leaf.weights) {
      if (weight.target == target) return not_lifted("a leaf names a target twice");
    }
    leaf.weights.push_back({target, values[i]});
  }
  return {};
}

// Writes trees one after the other, each node once.
class Builder {
 public:
  Builder(const TreeNodes& nodes, std::uint32_t width) : in_(nodes), seen_(nodes.nodes.size()) {
    out_.width = width;
    out_.outputs = nodes.targets;
    out_.leaf_width = nodes.targets;
  }

  // Where each tree adds to one target only, leaves need not hold all.
  Result<TreeEnsemble> build() {
    std::vector<std::uint32_t> target(in_.roots.size());
    bool single = true;
    for (std::size_t t = 0; single && t < in_.roots.size(); ++t) {
      const auto only = only_target(t);
      single = only.has_value();
      target[t] = only.value_or(0);
    }
    if (single) out_.leaf_width = 1;
    for (std::size_t t = 0; t < in_.roots.size(); ++t) {
      ASSIGN_OR_RETURN(roots_.emplace_back(), place(in_.roots[t]));
      RETURN_IF_ERROR(fill());
    }
    out_.roots = std::move(roots_);
    out_.tree_output = single ? target : std::vector<std::uint32_t>(in_.roots.size());
    out_.feature = std::move(feature_);
    out_.threshold = std::move(threshold_);
    out_.rule = std::move(rule_);
    out_.left = std::move(left_);
    out_.right = std::move(right_);
    out_.leaf_value = std::move(leaf_value_);
    if (auto right = check(out_); !right) return not_lifted(right.error().message());
    return std::move(out_);
  }

 private:
  std::optional<std::uint32_t> only_target(std::size_t tree) const {
    const std::size_t end = tree + 1 < in_.roots.size() ? in_.roots[tree + 1] : in_.nodes.size();
    std::optional<std::uint32_t> only;
    for (std::size_t i = in_.roots[tree]; i < end; ++i) {
      for (const TreeWeight& weight : in_.nodes[i].weights) {
        if (only.value_or(weight.target) != weight.target) return std::nullopt;
        only = weight.target;
      }
    }
    return only.value_or(0);
  }

  // The node's reference; a split's children come later.
  Result<std::int32_t> place(std::size_t node) {
    if (seen_[node]) return not_lifted("a subtree is shared");
    seen_[node] = true;
    const TreeNode& n = in_.nodes[node];
    if (n.mode == TreeMode::kLeaf) {
      const std::size_t begin = leaf_value_.size();
      leaf_value_.resize(begin + out_.leaf_width);
      for (const TreeWeight& weight : n.weights)
        leaf_value_[begin + (out_.leaf_width == 1 ? 0 : weight.target)] = weight.value;
      return ~static_cast<std::int32_t>(begin / out_.leaf_width);
    }
    // x >= t is what is not x < t, sides changed; NaN is on the false side unless it is said.
    const bool turned = n.mode == TreeMode::kGte || n.mode == TreeMode::kGt;
    const bool or_equal = n.mode == TreeMode::kLeq || n.mode == TreeMode::kGt;
    feature_.push_back(n.feature);
    threshold_.push_back(n.value);
    rule_.push_back(SplitRule::number(or_equal, n.missing_is_true != turned, Missing::kNaN));
    left_.push_back(0);
    right_.push_back(0);
    pending_.push_back({feature_.size() - 1, turned ? n.no : n.yes, turned ? n.yes : n.no});
    return static_cast<std::int32_t>(feature_.size() - 1);
  }

  Result<void> fill() {
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      ASSIGN_OR_RETURN(left_[next.split], place(next.left));
      ASSIGN_OR_RETURN(right_[next.split], place(next.right));
    }
    return {};
  }

  struct Pending {
    std::size_t split, left, right;
  };
  const TreeNodes& in_;
  std::vector<bool> seen_;
  std::vector<Pending> pending_;
  TreeEnsemble out_;
  std::vector<std::int32_t> roots_, left_, right_;
  std::vector<std::uint32_t> feature_;
  std::vector<double> threshold_, leaf_value_;
  std::vector<SplitRule> rule_;
};

}  // namespace

Result<std::vector<double>> reals_or_tensor(const OnnxNode& node, std::string_view name) {
  const OnnxAttribute* tensor = node.find(fmt::format("{}_as_tensor", name));
  if (tensor != nullptr && tensor->tensor) return tensor->tensor->numbers();
  return reals_of(node, name);
}

Result<TreeNodes> tree_nodes_of(const OnnxNode& node, std::string_view what,
                                std::uint32_t targets) {
  TreeNodes out;
  out.targets = targets;
  ASSIGN_OR_RETURN(const Attributes attributes, attributes_of(node));
  ASSIGN_OR_RETURN(const auto numbers, numbers_of(attributes));
  RETURN_IF_ERROR(read_nodes(attributes, numbers, &out));
  RETURN_IF_ERROR(read_weights(node, what, numbers, &out));
  return out;
}

bool always_scored(const TreeNodes& nodes, std::uint32_t target) {
  for (std::size_t t = 0; t < nodes.roots.size(); ++t) {
    const std::size_t end = t + 1 < nodes.roots.size() ? nodes.roots[t + 1] : nodes.nodes.size();
    const auto scores = [&](const TreeNode& node) {
      return node.mode != TreeMode::kLeaf ||
             std::any_of(node.weights.begin(), node.weights.end(),
                         [=](const TreeWeight& weight) { return weight.target == target; });
    };
    const auto begin = nodes.nodes.begin();
    if (std::all_of(begin + static_cast<std::ptrdiff_t>(nodes.roots[t]),
                    begin + static_cast<std::ptrdiff_t>(end), scores))
      return true;
  }
  return false;
}

Result<TreeEnsemble> build_trees(const TreeNodes& nodes, std::uint32_t width) {
  // Leaves that hold a value of each target may be far more numbers than the file lists.
  std::uint64_t listed = 1U << 16;
  for (const TreeNode& node : nodes.nodes) listed += node.weights.size();
  if (nodes.targets == 0 || std::uint64_t{nodes.targets} * nodes.nodes.size() > 64 * listed)
    return not_lifted("the trees have no, or too many targets");
  return Builder(nodes, width).build();
}

}  // namespace slipway::model
