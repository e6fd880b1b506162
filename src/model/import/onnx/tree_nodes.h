// The nodes of ai.onnx.ml's tree operators as a TreeEnsemble.
//
//   ASSIGN_OR_RETURN(const TreeNodes nodes, tree_nodes_of(node, "class", classes));
//   ASSIGN_OR_RETURN(TreeEnsemble trees, build_trees(nodes, width));
//
// Semantics as ONNX Runtime's: a tree begins where the number of the tree changes; what is not a
// number goes where the comparison, being false, sends it, or to the true side if the node says so;
// sums start at 0 and run in the order of the trees. What cannot be said so (comparisons for
// equality, subtrees that are shared, a leaf that names a target twice) is not lifted. Errors:
// kUnimplemented "model.onnx.lift". Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/onnx/proto.h"
#include "model/tree_ensemble.h"

namespace slipway::model {

enum class TreeMode : std::uint8_t { kLeq, kLt, kGte, kGt, kLeaf };

struct TreeWeight {
  std::uint32_t target = 0;
  double value = 0;
};

struct TreeNode {
  TreeMode mode = TreeMode::kLeaf;
  std::uint32_t feature = 0;
  double value = 0;
  bool missing_is_true = false;
  std::size_t yes = 0;  // the node's number in `nodes`
  std::size_t no = 0;
  std::vector<TreeWeight> weights;  // of a leaf
};

struct TreeNodes {
  std::vector<TreeNode> nodes;
  std::vector<std::size_t> roots;
  std::uint32_t targets = 1;
};

// `what`: "class" or "target", as the attributes begin.
Result<TreeNodes> tree_nodes_of(const OnnxNode& node, std::string_view what, std::uint32_t targets);

// The same numbers from a list of floats or a tensor of doubles.
Result<std::vector<double>> reals_or_tensor(const OnnxNode& node, std::string_view name);

// Whether each row reaches a leaf that names the target: whether there is a score at all.
bool always_scored(const TreeNodes& nodes, std::uint32_t target);

Result<TreeEnsemble> build_trees(const TreeNodes& nodes, std::uint32_t width);

}  // namespace slipway::model
