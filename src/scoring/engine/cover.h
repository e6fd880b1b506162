// How much of the training data came by each node: what most rows will read is laid out together.
//
//   const std::vector<float> cover = cover_of_nodes(ensemble, nodes.size(), [&](std::size_t i) { return Children{...}; });
//
// Sums of TreeEnsemble::cover over the leaves below; a leaf without one counts as 1. Children should stand behind
// their parents, else a node's sum misses some: layouts get worse by that, answers do not.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/tree_ensemble.h"

namespace slipway::scoring {

struct Children {
  std::int32_t left, right;  // >= 0: a node; negative: leaf ~left of the ensemble
};

inline float cover_at(const model::TreeEnsemble& e, const std::vector<float>& nodes,
                      std::int32_t at) {
  if (at >= 0) return nodes[static_cast<std::size_t>(at)];
  return e.cover.empty() ? 1.0F : e.cover[static_cast<std::size_t>(~at)];
}

template <typename ChildrenOf>
std::vector<float> cover_of_nodes(const model::TreeEnsemble& e, std::size_t nodes,
                                  ChildrenOf children_of) {
  std::vector<float> cover(nodes);
  for (std::size_t i = nodes; i-- > 0;) {
    const Children children = children_of(i);
    cover[i] = cover_at(e, cover, children.left) + cover_at(e, cover, children.right);
  }
  return cover;
}

}  // namespace slipway::scoring
