// Decision trees and forests that average their trees.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "model/import/sklearn/forest.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/targets.h"

namespace slipway::model::sklearn {
namespace {

using Leaf = std::function<void(std::size_t, std::vector<double>*)>;

// Missing values are taken since trees know a side for them; infinities never are.
Requirement requirement(const FittedTree& tree) {
  return tree.fractions ? Requirement::kFloat32OrMissing : Requirement::kFiniteFloat32;
}

// A leaf of a classifier: the fractions of its classes, target by target; `classes`: of each.
Leaf fractions_of(const FittedTree& tree, const std::vector<std::size_t>& classes) {
  return [&tree, &classes](std::size_t node, std::vector<double>* out) {
    for (std::size_t target = 0; target < classes.size(); ++target) {
      const std::size_t first = target * tree.classes;
      double total = 0;
      for (std::size_t j = 0; j < classes[target]; ++j) total += tree.value(node, first + j);
      if (total == 0 || tree.fractions) total = 1;
      for (std::size_t j = 0; j < classes[target]; ++j)
        out->push_back(tree.value(node, first + j) / total);
    }
  };
}

Leaf leaves_of(const FittedTree& tree) {
  return [&tree](std::size_t node, std::vector<double>* out) {
    for (std::size_t j = 0; j < tree.outputs; ++j)
      out->push_back(tree.value(node, j * tree.classes));
  };
}

// How many classes each target has; of an unlisted one, as many as the tree's values have room for.
Result<std::vector<std::size_t>> class_counts(const Estimator& e, const FittedTree& tree) {
  if (tree.outputs == 1) return std::vector<std::size_t>{tree.classes};
  ASSIGN_OR_RETURN(const TargetClasses classes, classes_of_targets(e));
  std::vector<std::size_t> counts;
  for (const auto& each : classes) counts.push_back(each.size());
  const std::size_t most = *std::max_element(counts.begin(), counts.end());
  if (counts.size() == tree.outputs && most <= tree.classes) return counts;
  return e.error("model.sklearn.classes", "its classes do not fit its trees");
}

Result<ValueId> sum_of_trees(const Estimator& e, const std::vector<Estimator>& trees,
                             bool classifier, const Table& in, Builder& b) {
  if (trees.empty()) return e.error("model.sklearn.tree", "it has no trees");
  ASSIGN_OR_RETURN(const FittedTree first, tree_of(trees[0]));
  std::vector<std::size_t> classes;
  if (classifier) {
    ASSIGN_OR_RETURN(classes, class_counts(e, first));
  }
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, requirement(first), e));
  const auto width = static_cast<std::uint32_t>(
      classifier ? std::accumulate(classes.begin(), classes.end(), std::size_t{0}) : first.outputs);
  Forest forest(static_cast<std::uint32_t>(in.width()), width, width);
  for (const Estimator& each : trees) {
    ASSIGN_OR_RETURN(const FittedTree tree, tree_of(each));
    if (tree.outputs != first.outputs || tree.classes != first.classes)
      return each.error("model.sklearn.tree", "its outputs differ from the first tree's");
    RETURN_IF_ERROR(forest.add(
        each, tree, {.leaf = classifier ? fractions_of(tree, classes) : leaves_of(tree)}));
  }
  return b.add({rows}, std::move(forest).finish(true));
}

Result<Predicted> classifier_of(const Estimator& e, ValueId probabilities, Builder& b) {
  if (has_targets(e)) {
    ASSIGN_OR_RETURN(const TargetClasses classes, classes_of_targets(e));
    return targets_of(e, classes, probabilities, b);
  }
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
