// A TreeEnsemble compiled to conditions: what the fast engines are laid out from. Splits that can
// never be reached, and splits whose sides are the same, are gone; no row's leaf values change.
//
//   if (auto forest = compile_forest(ensemble)) ... forest->trees[t].root ...
//
// Immutable; safe to share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/tree_ensemble.h"
#include "scoring/engine/conditions.h"

namespace slipway::scoring {

struct ForestNode {
  std::uint32_t condition;  // holds: right
  std::int32_t left;        // >= 0: a node of the forest; negative: leaf ~left of the ensemble
  std::int32_t right;
};

struct ForestTree {
  std::int32_t root = 0;    // as ForestNode::left
  std::uint32_t nodes = 0;  // they stand together, parents before children, from `first`
  std::uint32_t first = 0;
  std::uint32_t depth = 0;  // splits on the longest way down
  // Of a tree that asks the same at all nodes of a level (CatBoost's): its levels, from the root,
  // are levels [levels_first, levels_first + levels) of the forest, and leaf number k (bits of the
  // answers, the root's the highest) is leaf first_leaf + k.
  std::uint32_t levels_first = 0;
  std::uint32_t levels = 0;
  std::uint32_t first_leaf = 0;
  bool oblivious = false;
};

struct Forest {
  model::TreeEnsemble ensemble;  // for its leaves
  Conditions conditions;
  std::vector<ForestNode> nodes;
  std::vector<ForestTree> trees;
  std::vector<std::uint32_t> levels;  // conditions, of oblivious trees

  // What the compilation saved.
  std::size_t unreachable = 0;  // splits that no row can decide otherwise
  std::size_t identical = 0;    // splits with the same on both sides
};

// Nothing if the ensemble is beyond the limits, too deep to compile (1,000 levels), or sums floats
// that no float holds. Precondition: check(ensemble) passed.
std::shared_ptr<const Forest> compile_forest(const model::TreeEnsemble& ensemble,
                                             const ConditionLimits& limits = {});

// For the rows that the ensemble's columns come out of; nothing also where find_sourced_conditions()
// gives nothing.
std::shared_ptr<const Forest> compile_forest(const model::TreeEnsemble& ensemble,
                                             const RowSource& source,
                                             const ConditionLimits& limits = {});

}  // namespace slipway::scoring
