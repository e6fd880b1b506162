// Many rows at once: a plane holds one condition's answers for 64, 256 or 512 rows, a bit each, and
// a tree's leaf numbers come out of the planes by bitwise steps alone; no row walks a tree.
//
//   mux    perfect trees: bit l of the leaf number is chosen among the 2^l planes of level l by the
//          bits before it
//   reach  any shape: the rows that reach each node; bit k is the union of what reaches the subtrees
//          whose leaf numbers all have it
//   oblivious  the planes of the levels are the bits
//
// See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/leaves_impl.h"
#include "scoring/engine/isa/planes_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// ---- leaf numbers ----

// At level L, the answers for a row whose answers to levels K..L-1 are still open: `node` counts
// within level K.
template <typename V, int L, int K>
SLIPWAY_INLINE V choose(const std::byte* planes, const std::uint32_t* program, const V* bits,
                        std::uint32_t node) {
  if constexpr (K == L) {
    return load<V>(planes + program[(1U << L) + node]);
  } else {
    const V left = choose<V, L, K + 1>(planes, program, bits, 2 * node);
    const V right = choose<V, L, K + 1>(planes, program, bits, 2 * node + 1);
    return left ^ ((left ^ right) & bits[K]);
  }
}

template <typename V, int D, int L = 0>
SLIPWAY_INLINE void mux(const std::byte* planes, const std::uint32_t* program, V* bits) {
  if constexpr (L < D) {
    bits[L] = choose<V, L, 0>(planes, program, bits, 0);
    mux<V, D, L + 1>(planes, program, bits);
  }
}

// bits[0] is the highest bit of the leaf number.
template <typename V>
void mux_tree(const SliceTree& tree, const std::uint32_t* program, const std::byte* planes,
              V* bits) {
  switch (tree.depth) {
#define SLIPWAY_DEPTH(D) \
  case D:                \
    return mux<V, D>(planes, program, bits);
    SLIPWAY_DEPTH(1)
    SLIPWAY_DEPTH(2)
    SLIPWAY_DEPTH(3)
    SLIPWAY_DEPTH(4)
    SLIPWAY_DEPTH(5)
    SLIPWAY_DEPTH(6)
    SLIPWAY_DEPTH(7)
    SLIPWAY_DEPTH(8)
#undef SLIPWAY_DEPTH
  }
}

// Program: a plane and the slot of the split's own reach for each split, in an order where parents
// come first; split s writes slots 2s + 1 and 2s + 2. Then, per bit from the highest, how many
// slots it is the union of, and these.
template <typename V>
SLIPWAY_INLINE void reach_tree(const SliceTree& tree, const std::uint32_t* program,
                               const std::byte* planes, std::byte* reach, V* bits) {
  store(reach, ~V{});
  std::byte* to = reach + sizeof(V);
  for (std::uint32_t s = 0; s < tree.splits; ++s, program += 2, to += 2 * sizeof(V)) {
    const V here = load<V>(reach + program[1]);
    const V right = here & load<V>(planes + program[0]);
    store(to, here ^ right);
    store(to + sizeof(V), right);
  }
  for (std::uint32_t k = 0; k < tree.depth; ++k) {
    V all{};
    const std::uint32_t count = *program++;
    for (std::uint32_t i = 0; i < count; ++i) all |= load<V>(reach + *program++);
    bits[k] = all;
  }
}

template <typename V>
SLIPWAY_INLINE void leaf_numbers(const SliceTree& tree, const std::uint32_t* program,
                                 const std::byte* planes, std::byte* reach, std::uint8_t* index) {
  V bits[8];
  switch (tree.kind) {
    case SliceKind::kMux:
      mux_tree<V>(tree, program, planes, bits);
      break;
    case SliceKind::kReach:
      reach_tree<V>(tree, program, planes, reach, bits);
      break;
    case SliceKind::kOblivious:
      for (std::uint32_t k = 0; k < tree.depth; ++k) bits[k] = load<V>(planes + program[k]);
      break;
  }
  write_index<V>(bits, tree.depth, index);
}

template <typename V, typename T, typename S>
void slice(const ConditionTable<T>& table, const SliceTrees<S>& trees, const double* rows,
           std::size_t count, std::size_t width, const SliceWork<T, S>& work) {
  constexpr std::size_t kLanes = 8 * sizeof(V);
  make_planes<V>(table, rows, count, width, work);
  for (std::size_t first = 0; first < trees.tree_count;) {
    std::size_t n = 0;
    const std::uint32_t output = trees.trees[first].output;
    for (; n < kTreesAtOnce && first + n < trees.tree_count; ++n) {
      const SliceTree& tree = trees.trees[first + n];
      if (tree.output != output) break;
      leaf_numbers<V>(tree, trees.program + tree.program, work.planes, work.reach,
                      work.index + n * kLanes);
    }
    for (std::uint32_t j = 0; j < trees.width; ++j)
      add_leaves<S, kLanes>(trees, first, n, j, work.index, count,
                            work.sums + (output + j) * kLanes);
    first += n;
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
