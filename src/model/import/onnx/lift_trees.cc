// Trees: ai.onnx.ml's TreeEnsembleRegressor and TreeEnsembleClassifier.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/import/onnx/classes.h"
#include "model/import/onnx/lift.h"
#include "model/import/onnx/tree_nodes.h"

namespace slipway::model {
namespace {

// Trees compare in the type of what comes in: float, or double for doubles.
struct Sums {
  ValueId id = 0;
  std::int64_t type = kOnnxFloat;  // that they are added up in
};

Result<Sums> sums_of(const OnnxNode& node, const TreeNodes& nodes, Lifter& lifter) {
  ASSIGN_OR_RETURN(const Lifted* const x, lifter.raw_numbers(node, 0));
  if (!x->exact) return not_lifted("trees follow what is not exact");
  if (x->rank != 2) return not_lifted("trees follow a row of one");
  Sums sums{.type = x->type == kOnnxDouble ? kOnnxDouble : kOnnxFloat};
  ASSIGN_OR_RETURN(TreeEnsemble trees, build_trees(nodes, x->width));
  trees.float32_inputs = sums.type == kOnnxFloat;
  trees.float32_sums = sums.type == kOnnxFloat;
  sums.id = lifter.add({x->id}, std::move(trees));
  return sums;
}

// One for each sum, or one for all, or none.
Result<void> add_base(const OnnxNode& node, std::uint32_t width, Sums* sums, Lifter& lifter) {
  ASSIGN_OR_RETURN(std::vector<double> base, reals_or_tensor(node, "base_values"));
  if (base.empty()) return {};
  if (base.size() != width) return not_lifted("base values for other sums than there are");
  sums->id = lifter.arith({.type = sums->type, .width = width, .id = sums->id}, Arith::kAdd,
                          std::move(base));
  return {};
}

Result<void> regressor(const OnnxNode& node, Lifter& lifter) {
  const std::int64_t targets = integer_or(node, "n_targets", 0);
  const std::string_view aggregate = text_or(node, "aggregate_function", "SUM");
  if (targets < 1 || targets > 1 << 20 || (aggregate != "SUM" && aggregate != "AVERAGE") ||
      text_or(node, "post_transform", "NONE") != "NONE")
    return not_lifted(fmt::format("TreeEnsembleRegressor takes the {}", aggregate));
  const auto width = static_cast<std::uint32_t>(targets);
  ASSIGN_OR_RETURN(const TreeNodes nodes, tree_nodes_of(node, "target", width));
  for (const TreeNode& leaf : nodes.nodes) {
    // ONNX Runtime adds a node's threshold where a leaf has no value.
    if (width == 1 && leaf.mode == TreeMode::kLeaf && leaf.weights.empty())
      return not_lifted("a leaf has no value");
  }
  ASSIGN_OR_RETURN(Sums sums, sums_of(node, nodes, lifter));
  if (aggregate == "AVERAGE")
    sums.id = lifter.arith({.type = sums.type, .width = width, .id = sums.id}, Arith::kDiv,
                           {static_cast<double>(nodes.roots.size())});
  RETURN_IF_ERROR(add_base(node, width, &sums, lifter));
  Lifted out{.type = kOnnxFloat, .width = width};
  out.id = sums.type == kOnnxDouble ? lifter.round(kOnnxFloat, sums.id) : sums.id;
  lifter.give(node, 0, std::move(out));
  return {};
}

Result<ValueId> transform(const OnnxNode& node, ValueId scores, bool* exact, Lifter& lifter) {
  const std::string_view word = text_or(node, "post_transform", "NONE");
  *exact = word == "NONE";
  if (word == "NONE") return scores;
  if (word == "LOGISTIC") return lifter.add({scores}, Link{.kind = LinkKind::kLogisticMirrored});
  if (word == "SOFTMAX") return lifter.add({scores}, Link{.kind = LinkKind::kSoftmaxFloatSum});
  return not_lifted(fmt::format("trees transform by {}", word));
}

Lifted label_of(const OnnxNode& node, ValueId number) {
  Lifted label{.width = 1, .rank = 1, .id = number};
  label.type = texts_of(node, "classlabels_strings").empty() ? kOnnxInt64 : kOnnxString;
  label.classes = class_labels(node);
  return label;
}

// A score per class; the largest decides, of equals the first.
Result<void> many_classes(const OnnxNode& node, const TreeNodes& nodes, Lifter& lifter) {
  ASSIGN_OR_RETURN(const auto base, reals_or_tensor(node, "base_values"));
  for (std::uint32_t c = 0; c < nodes.targets; ++c) {
    if (base.empty() && !always_scored(nodes, c)) return not_lifted("a class may have no score");
  }
  ASSIGN_OR_RETURN(Sums sums, sums_of(node, nodes, lifter));
  RETURN_IF_ERROR(add_base(node, nodes.targets, &sums, lifter));
  if (sums.type == kOnnxDouble) return not_lifted("a classifier's trees add doubles");
  Lifted out{.type = kOnnxFloat, .width = nodes.targets};
  ASSIGN_OR_RETURN(out.id, transform(node, sums.id, &out.exact, lifter));
  lifter.margin = sums.id;
  lifter.give(node, 0, label_of(node, lifter.add({sums.id}, Reduce{.kind = ReduceKind::kArgMax})));
  lifter.give(node, 1, std::move(out));
  return {};
}

// Two classes and one sum s, that of the first: where no leaf is negative s is the probability of
// the second class, decided at 0.5; else the score of it, decided at 0.
Result<void> one_sum(const OnnxNode& node, TreeNodes nodes, Lifter& lifter) {
  nodes.targets = 1;
  if (!always_scored(nodes, 0)) return not_lifted("a row may have no score");
  bool positive = true;
  for (const TreeNode& leaf : nodes.nodes)
    for (const TreeWeight& weight : leaf.weights) positive = positive && !(weight.value < 0);
  ASSIGN_OR_RETURN(Sums sums, sums_of(node, nodes, lifter));
  RETURN_IF_ERROR(add_base(node, 1, &sums, lifter));
  if (sums.type == kOnnxDouble) return not_lifted("a classifier's trees add doubles");
  const Lifted s{.width = 1, .id = sums.id};
  const std::string_view word = text_or(node, "post_transform", "NONE");
  const ValueId beyond = positive ? lifter.arith(s, Arith::kSub, {0.5}) : s.id;
  Lifted out{.type = kOnnxFloat, .width = 2};
  const bool complement = positive && word == "NONE";
  const ValueId other =
      complement ? lifter.arith(s, Arith::kRsub, {1}) : lifter.map(s, MapKind::kNegate);
  const ValueId both = lifter.add({other, s.id}, Concat{});
  ASSIGN_OR_RETURN(out.id, transform(node, both, &out.exact, lifter));
  if (word != "NONE" && word != "LOGISTIC")
    return not_lifted(fmt::format("trees transform by {}", word));
  lifter.margin = s.id;
  lifter.give(node, 0, label_of(node, lifter.add({beyond}, Map{.kind = MapKind::kIsPositive})));
  lifter.give(node, 1, std::move(out));
  return {};
}

Result<void> classifier(const OnnxNode& node, Lifter& lifter) {
  const auto classes = static_cast<std::uint32_t>(class_labels(node).size());
  if (classes < 2) return not_lifted("TreeEnsembleClassifier of fewer than two classes");
  ASSIGN_OR_RETURN(TreeNodes nodes, tree_nodes_of(node, "class", classes));
  if (classes > 2) return many_classes(node, nodes, lifter);
  const auto ids = integers_of(node, "class_ids");
  if (std::any_of(ids.begin(), ids.end(), [](std::int64_t id) { return id != 0; }))
    return not_lifted("two classes have a score each");
  return one_sum(node, std::move(nodes), lifter);
}

constexpr std::array kRules{LiftRule{"ai.onnx.ml", "TreeEnsembleRegressor", regressor},
                            LiftRule{"ai.onnx.ml", "TreeEnsembleClassifier", classifier}};

}  // namespace

std::span<const LiftRule> tree_rules() { return kRules; }

}  // namespace slipway::model
