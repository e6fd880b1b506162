// Deep trees, node by node: the chains of several rows or trees are walked side by side, so that
// their cache misses overlap. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

SLIPWAY_INLINE std::uint32_t slot_of(const WalkNodeFloat& n) {
  return n.what & ((1U << kSlotBits) - 1);
}
SLIPWAY_INLINE std::uint32_t child_of(const WalkNodeFloat& n) { return n.what >> kSlotBits; }
SLIPWAY_INLINE std::uint32_t slot_of(const WalkNodeDouble& n) {
  return static_cast<std::uint32_t>(n.what);
}
SLIPWAY_INLINE std::uint32_t child_of(const WalkNodeDouble& n) {
  return static_cast<std::uint32_t>(n.what >> 32);
}
SLIPWAY_INLINE std::uint32_t leaf_of(const WalkNodeFloat& n) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &n.threshold, sizeof(bits));
  return bits & 0x3FFFFF;
}
SLIPWAY_INLINE std::uint32_t leaf_of(const WalkNodeDouble& n) {
  std::uint64_t bits;
  __builtin_memcpy(&bits, &n.threshold, sizeof(bits));
  return static_cast<std::uint32_t>(bits);
}

template <typename Node, typename T>
SLIPWAY_INLINE std::uint32_t next_of(const Node* tree, std::uint32_t at, const T* values) {
  const Node& n = tree[at];
  return child_of(n) + (values[slot_of(n)] >= n.threshold ? 1U : 0U);
}

// `lanes` chains, each in tree base[k] on the values of row[k], until all stand on leaves.
template <int Lanes, typename Node, typename T>
SLIPWAY_INLINE void walk_lanes(const Node* const* base, const T* const* row, std::uint32_t* leaf) {
  std::uint32_t at[Lanes];
  SLIPWAY_UNROLL(16)
  for (int k = 0; k < Lanes; ++k) at[k] = 0;
  for (;;) {
    std::uint32_t moved = 0;
    for (int twice = 0; twice < 2; ++twice) {
      moved = 0;
      SLIPWAY_UNROLL(16)
      for (int k = 0; k < Lanes; ++k) {
        const std::uint32_t next = next_of(base[k], at[k], row[k]);
        moved |= next ^ at[k];
        at[k] = next;
      }
    }
    if (moved == 0) break;
  }
  SLIPWAY_UNROLL(16)
  for (int k = 0; k < Lanes; ++k) leaf[k] = leaf_of(base[k][at[k]]);
}

constexpr int kRowChains = 8;

SLIPWAY_INLINE void fetch(std::size_t lines, Ahead* ahead) {
  const std::size_t now = lines < ahead->lines ? lines : ahead->lines;
  for (std::size_t i = 0; i < now; ++i) __builtin_prefetch(ahead->first + 64 * i, 0, 2);
  ahead->first += 64 * now;
  ahead->lines -= now;
}

template <typename Node, typename T>
void walk_rows(const WalkTrees<Node>& trees, std::size_t tree, const T* values, std::size_t slots,
               std::size_t rows, Ahead ahead, std::uint32_t* leaf) {
  const std::size_t lines = ahead.lines * kRowChains / rows + 1;
  const Node* base[kRowChains];
  const T* row[kRowChains];
  for (int k = 0; k < kRowChains; ++k) base[k] = trees.nodes + trees.begin[tree];
  std::size_t r = 0;
  for (; r + kRowChains <= rows; r += kRowChains) {
    for (int k = 0; k < kRowChains; ++k) row[k] = values + (r + k) * slots;
    fetch(lines, &ahead);
    walk_lanes<kRowChains>(base, row, leaf + r);
  }
  for (; r < rows; ++r) {
    row[0] = values + r * slots;
    walk_lanes<1>(base, row, leaf + r);
  }
}

template <typename Node, typename T>
void walk_trees(const WalkTrees<Node>& trees, std::size_t first, std::size_t count, const T* values,
                std::uint32_t* leaf) {
  constexpr int kTrees = 16;
  const Node* base[kTrees];
  const T* row[kTrees];
  for (int k = 0; k < kTrees; ++k) row[k] = values;
  std::size_t t = 0;
  for (; t + kTrees <= count; t += kTrees) {
    for (int k = 0; k < kTrees; ++k) base[k] = trees.nodes + trees.begin[first + t + k];
    walk_lanes<kTrees>(base, row, leaf + t);
  }
  for (; t < count; ++t) {
    base[0] = trees.nodes + trees.begin[first + t];
    walk_lanes<1>(base, row, leaf + t);
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
