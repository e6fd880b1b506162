// Decision trees and forests that average their trees.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "model/import/sklearn/forest.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using Leaf = std::function<void(std::size_t, std::vector<double>*)>;

// Missing values are taken since trees know a side for them; infinities never are.
Requirement requirement(const FittedTree& tree) {
  return tree.fractions ? Requirement::kFloat32OrMissing : Requirement::kFiniteFloat32;
}

// A leaf of a classifier: the fractions of its classes.
Leaf fractions_of(const FittedTree& tree) {
  return [&tree](std::size_t node, std::vector<double>* out) {
    double total = 0;
    for (std::size_t j = 0; j < tree.classes; ++j) total += tree.value(node, j);
    if (total == 0 || tree.fractions) total = 1;
    for (std::size_t j = 0; j < tree.classes; ++j) out->push_back(tree.value(node, j) / total);
  };
}

Leaf values_of(const FittedTree& tree) {
  return [&tree](std::size_t node, std::vector<double>* out) {
    for (std::size_t j = 0; j < tree.outputs; ++j)
      out->push_back(tree.value(node, j * tree.classes));
  };
}

Result<ValueId> sum_of_trees(const Estimator& e, const std::vector<Estimator>& trees,
                             bool classifier, const Table& in, Builder& b) {
  if (trees.empty()) return e.error("model.sklearn.tree", "it has no trees");
  ASSIGN_OR_RETURN(const FittedTree first, tree_of(trees[0]));
  if (classifier && first.outputs != 1)
    return Error(
        Code::kUnimplemented, "model.sklearn.targets",
        fmt::format("{} classifies {} targets at once, which slipway does not score yet: fit "
                    "one classifier for each, or export to ONNX",
                    e.where(), first.outputs));
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, requirement(first), e));
  const auto width = static_cast<std::uint32_t>(classifier ? first.classes : first.outputs);
  Forest forest(static_cast<std::uint32_t>(in.width()), width, width);
  for (const Estimator& each : trees) {
    ASSIGN_OR_RETURN(const FittedTree tree, tree_of(each));
    if (tree.outputs != first.outputs || tree.classes != first.classes)
      return each.error("model.sklearn.tree", "its outputs differ from the first tree's");
    RETURN_IF_ERROR(
        forest.add(each, tree, {.leaf = classifier ? fractions_of(tree) : values_of(tree)}));
  }
  return b.add({rows}, std::move(forest).finish(true));
}

Result<Predicted> classifier_of(const Estimator& e, ValueId probabilities, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  if (out.classes.size() != b.width(probabilities))
    return e.error("model.sklearn.classes", "its classes do not fit its trees");
  out.probabilities = probabilities;
  return out;
}

Result<Predicted> decision_tree_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, sum_of_trees(e, {e}, true, in, b));
  return classifier_of(e, value, b);
}

Result<Predicted> decision_tree_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, sum_of_trees(e, {e}, false, in, b));
  return Predicted{.value = value};
}

Result<ValueId> average(const Estimator& e, bool classifier, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto trees, e.children("estimators_"));
  ASSIGN_OR_RETURN(const ValueId sum, sum_of_trees(e, trees, classifier, in, b));
  return b.link(sum, LinkKind::kDivide, static_cast<double>(trees.size()));
}

Result<Predicted> forest_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, average(e, true, in, b));
  return classifier_of(e, value, b);
}

Result<Predicted> forest_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, average(e, false, in, b));
  return Predicted{.value = value};
}

constexpr std::array kKnown{
    Known{"DecisionTreeClassifier", nullptr, decision_tree_classifier},
    Known{"DecisionTreeRegressor", nullptr, decision_tree_regressor},
    Known{"ExtraTreeClassifier", nullptr, decision_tree_classifier},
    Known{"ExtraTreeRegressor", nullptr, decision_tree_regressor},
    Known{"RandomForestClassifier", nullptr, forest_classifier},
    Known{"RandomForestRegressor", nullptr, forest_regressor},
    Known{"ExtraTreesClassifier", nullptr, forest_classifier},
    Known{"ExtraTreesRegressor", nullptr, forest_regressor},
};

}  // namespace

std::span<const Known> tree_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
