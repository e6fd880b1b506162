// Puts fitted trees of scikit-learn together to one TreeEnsemble.
//
//   Forest forest({.width = 4, .outputs = 3, .leaf_width = 3});
//   RETURN_IF_ERROR(forest.add(tree_of(estimator), {.output = 0, .weight = 0.1}));
//   ASSIGN_OR_RETURN(const ValueId sums, builder.add({table.value}, std::move(forest).finish()));
//
// Source of the layout: sklearn/tree/_tree.pyx, the node records of its pickles. Errors:
// kInvalidArgument "model.sklearn.tree".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/value.h"
#include "model/import/sklearn/estimator.h"
#include "model/tree_ensemble.h"

namespace slipway::model::sklearn {

// Node records by field; reads them where they lie.
class Records {
 public:
  static Result<Records> of(const Estimator& owner, const pickle::NdArray& array);

  std::size_t size() const { return size_; }
  const pickle::Field* find(std::string_view field) const;
  double at(std::size_t record, const pickle::Field& field) const;

 private:
  const pickle::NdArray* array_ = nullptr;
  std::size_t size_ = 0;
};

// The `tree_` of a decision tree.
struct FittedTree {
  Records nodes;
  const pickle::NdArray* values = nullptr;  // (nodes, outputs, classes)
  std::size_t outputs = 1;
  std::size_t classes = 1;
  bool fractions = false;  // values of a classifier are fractions already (scikit-learn >= 1.3)

  double value(std::size_t node, std::size_t index) const;
};

Result<FittedTree> tree_of(const Estimator& estimator);
// A bare `sklearn.tree._tree.Tree`.
Result<FittedTree> bare_tree(const Estimator& owner, const pickle::Value& tree);

// What one tree adds, and where.
struct TreeRole {
  std::uint32_t output = 0;
  // Column of the table for a feature of the tree; empty: the same.
  std::span<const std::uint32_t> features;
  // Appends leaf_width values for a leaf.
  std::function<void(std::size_t node, std::vector<double>* out)> leaf;
};

class Forest {
 public:
  Forest(std::uint32_t width, std::uint32_t outputs, std::uint32_t leaf_width)
      : width_(width), outputs_(outputs), leaf_width_(leaf_width) {}

  // scikit-learn's trees compare floats.
  Result<void> add(const Estimator& owner, const FittedTree& tree, const TreeRole& role);
  void base(std::vector<double> values) { base_ = std::move(values); }
  TreeEnsemble finish(bool float32_inputs) &&;

  // For other layouts of nodes: splits and leaves one by one, children by number within the tree.
  struct Split {
    std::uint32_t feature = 0;
    double threshold = 0;
    SplitRule rule;
    std::size_t left = 0, right = 0;       // nodes
    std::span<const std::uint32_t> words;  // of a category split
  };
  class TreeWriter;

 private:
  friend class TreeWriter;
  std::uint32_t width_, outputs_, leaf_width_;
  std::vector<double> base_;
  std::vector<std::int32_t> roots_;
  std::vector<std::uint32_t> tree_output_, feature_;
  std::vector<double> threshold_;
  std::vector<SplitRule> rule_;
  std::vector<std::int32_t> left_, right_;
  std::vector<std::uint32_t> category_set_, category_begin_{0}, category_words_;
  std::vector<double> leaf_value_;
  std::vector<float> cover_;
};

// Writes one tree of `nodes` nodes, told node by node.
class Forest::TreeWriter {
 public:
  TreeWriter(Forest* forest, std::uint32_t output, const std::vector<bool>& is_leaf);
  void split(const Split& split);
  // Where a leaf's values go: append leaf_width of them.
  std::vector<double>* leaf() { return &forest_->leaf_value_; }
  // How much of the training data ended in the leaf (TreeEnsemble::cover): for each leaf or for none.
  void cover(double rows) { forest_->cover_.push_back(static_cast<float>(rows)); }

 private:
  Forest* forest_;
  std::vector<std::int32_t> reference_;  // per node
};

}  // namespace slipway::model::sklearn
