// What the leaves of walked trees add to a row's sums. Equal leaves of a tree share one place (a
// classifier's pure leaves are all alike), so that most adding is done from the nearest cache.
//
//   leaves.begin_tree();
//   node.number = leaves.number_of(leaf);           // each leaf of the tree, in any order
//   ...
//   leaves.add(tree, numbers, rows, sums);          // one number per row
//
// Bits are the reference engine's: the same values, added in the same type. Immutable once built, then safe
// from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/tree_ensemble.h"
#include "scoring/engine/engine.h"

namespace slipway::scoring {

class WalkLeaves {
 public:
  explicit WalkLeaves(const model::TreeEnsemble& ensemble);

  void begin_tree();
  // Counted from 0 in each tree.
  std::uint32_t number_of(std::size_t leaf);
  // Ends the building.
  void finish();

  std::uint32_t numbers_most() const { return most_; }  // of a tree
  std::size_t memory_bytes() const;

  void add(std::size_t tree, const std::uint32_t* numbers, Rows in, double* sums) const;
  void add_one(std::size_t tree, std::uint32_t number, const double* row, double* sums) const;

 private:
  bool is_linear() const { return !e_.linear_constant.empty(); }
  double linear_value(std::size_t leaf, const double* row) const;
  void add_to(double value, double* sum) const;

  const model::TreeEnsemble& e_;
  std::vector<std::uint32_t> first_;   // per tree: its first entry
  std::vector<double> values_;         // leaf_width per entry; none if leaves are linear
  std::vector<std::uint32_t> leaf_;    // per entry if leaves are linear: the ensemble's leaf
  std::vector<std::uint32_t> recent_;  // while building: entries by a hash of their values
  std::size_t entries_ = 0;
  std::uint32_t most_ = 0;
};

}  // namespace slipway::scoring
