// One row: its conditions as bytes, and the trees walked on them. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// ---- conditions ----

constexpr double kZeroBound = 1e-35f;

template <typename T>
SLIPWAY_INLINE T read(double value, double flush_below) {
  const T x = static_cast<T>(value);
  // Where only zeros are flushed, which compare alike whatever their sign, nothing is to be done.
  if (flush_below == 0) return x;
  // No branch: zeros come as they like.
  const bool kept = !(__builtin_fabs(static_cast<double>(x)) <= flush_below);
  return x * static_cast<T>(kept ? 1 : 0);
}

// NaN where the value counts as missing.
template <typename T>
SLIPWAY_INLINE T number_of(const RankGroup& group, T x) {
  const bool zero = __builtin_fabs(static_cast<double>(x)) <= kZeroBound;
  return group.zero_is_missing != 0 && zero ? static_cast<T>(__builtin_nan("")) : x;
}

// How many of the group's conditions hold for a number; 0 for NaN.
template <typename T>
SLIPWAY_INLINE std::uint32_t rank_of(const RankGroup& group, const T* thresholds, T x) {
  std::uint32_t rank = count_reached(x, thresholds + group.level_at[0]);
  for (std::uint32_t level = 1; level < group.levels; ++level)
    rank = rank * kBlock + count_reached(x, thresholds + group.level_at[level] + rank * kBlock);
  return rank;
}

// The row of the group's table.
SLIPWAY_INLINE std::uint32_t code_of(const CodeGroup& group, double x) {
  if (x != x) return group.categories + 1;
  if (!(x > -1.0 && x < 2147483648.0) || (x < 0 && group.negative_is_outside != 0))
    return group.categories;
  const auto category = static_cast<std::uint32_t>(x);
  return category < group.categories ? category : group.categories;
}

SLIPWAY_INLINE void copy_up(const std::uint8_t* from, std::uint8_t* to, std::uint32_t count) {
  constexpr std::uint32_t kStep = kCopyBytes;
  typedef std::uint8_t Step __attribute__((vector_size(kStep), aligned(1)));
  for (std::uint32_t i = 0; i < count; i += kStep)
    *reinterpret_cast<Step*>(to + i) = *reinterpret_cast<const Step*>(from + i);
}

template <typename T>
void row_bytes(const ConditionTable<T>& table, const double* row, std::uint8_t* bytes) {
  const std::uint8_t* middle = table.ones + table.widest + 64;
  for (std::size_t g = 0; g < table.group_count; ++g) {
    const RankGroup& group = table.groups[g];
    const T x = number_of(group, read<T>(row[group.feature], table.flush_below));
    const std::uint8_t* answers = middle - rank_of(group, table.thresholds, x);
    copy_up(x != x ? table.missing + group.first : answers, bytes + group.first, group.count);
  }
  for (std::size_t g = 0; g < table.code_count; ++g) {
    const CodeGroup& group = table.codes[g];
    const double x = static_cast<double>(read<T>(row[group.feature], table.flush_below));
    const std::uint64_t* words =
        table.bits + group.table + std::size_t{code_of(group, x)} * group.words;
    for (std::uint32_t w = 0; w < group.words; ++w)
      write_bytes(words[w], bytes + group.first + 64 * w);
  }
  for (std::uint32_t e = 0; e < table.equal_count; ++e)
    bytes[table.first_equal + e] = row[table.equals[e].feature] == table.equals[e].value ? 1 : 0;
  bytes[table.count] = 0;
  bytes[table.count + 1] = 1;
}

// ---- sums ----

template <typename S>
SLIPWAY_INLINE void add_columns(const LeafSums<S>& sums, std::size_t tree, const S* leaf,
                                std::size_t stride, S* out) {
  S* to = out + sums.outputs[tree];
  for (std::uint32_t j = 0; j < sums.width; ++j) to[j] += leaf[j * stride];
}

// ---- perfect trees ----

template <typename S, int D>
SLIPWAY_INLINE void heap_block(const HeapTrees<S>& trees, const HeapBlock& block,
                               std::size_t first_tree, const std::uint8_t* bytes, S* out) {
  const std::uint16_t* nodes = trees.nodes + block.nodes;
  std::uint32_t at[kTogether];
  SLIPWAY_UNROLL(8)
  for (std::uint32_t k = 0; k < kTogether; ++k) at[k] = 1;
  SLIPWAY_UNROLL(16)
  for (int level = 0; level < D; ++level) {
    SLIPWAY_UNROLL(8)
    for (std::uint32_t k = 0; k < kTogether; ++k)
      at[k] = 2 * at[k] + bytes[nodes[(std::size_t{k} << D) + at[k]]];
  }
  const S* leaves = trees.sums.leaves + block.leaves;
  constexpr std::uint32_t kFirstLeaf = 1U << D;
  if (trees.sums.outputs == nullptr) {
    S sum = *out;
    if (block.trees == kTogether) {
      SLIPWAY_UNROLL(8)
      for (std::uint32_t k = 0; k < kTogether; ++k)
        sum += leaves[(std::size_t{k} << D) + at[k] - kFirstLeaf];
    } else {
      for (std::uint32_t k = 0; k < block.trees; ++k)
        sum += leaves[(std::size_t{k} << D) + at[k] - kFirstLeaf];
    }
    *out = sum;
    return;
  }
  for (std::uint32_t k = 0; k < block.trees; ++k) {
    const S* leaf = leaves + ((std::size_t{k} * trees.sums.width) << D) + at[k] - kFirstLeaf;
    add_columns(trees.sums, first_tree + k, leaf, std::size_t{1} << D, out);
  }
}

template <typename S>
void heap(const HeapTrees<S>& trees, const std::uint8_t* bytes, S* out) {
  for (std::size_t b = 0; b < trees.block_count; ++b) {
    const HeapBlock& block = trees.blocks[b];
    const std::size_t first = b * kTogether;
    switch (block.depth) {
#define SLIPWAY_DEPTH(D)                               \
  case D:                                              \
    heap_block<S, D>(trees, block, first, bytes, out); \
    break;
      SLIPWAY_DEPTH(0)
      SLIPWAY_DEPTH(1)
      SLIPWAY_DEPTH(2)
      SLIPWAY_DEPTH(3)
      SLIPWAY_DEPTH(4)
      SLIPWAY_DEPTH(5)
      SLIPWAY_DEPTH(6)
      SLIPWAY_DEPTH(7)
      SLIPWAY_DEPTH(8)
      SLIPWAY_DEPTH(9)
      SLIPWAY_DEPTH(10)
#undef SLIPWAY_DEPTH
    }
  }
}

// ---- general trees ----

// One level further; a leaf stays where it is.
SLIPWAY_INLINE std::uint32_t step(const LinkedEntry* entries, const std::uint8_t* bytes,
                                  std::uint32_t at) {
  const LinkedEntry entry = entries[at];
  const int right = -int{bytes[entry.condition]};
  return at + 1 + static_cast<std::uint32_t>(entry.more & right);
}

// Walks i[0..kChains).
SLIPWAY_INLINE void walk_side_by_side(const LinkedEntry* entries, const std::uint8_t* bytes,
                                      std::uint32_t steps, std::uint32_t* i) {
  for (std::uint32_t s = 0; s < steps; ++s) {
    SLIPWAY_UNROLL(16)
    for (std::size_t k = 0; k < kChains; ++k) i[k] = step(entries, bytes, i[k]);
  }
}

SLIPWAY_INLINE void walk_from_roots(const LinkedEntry* entries, const std::uint32_t* first,
                                    const std::uint8_t* bytes, std::uint32_t steps,
                                    std::uint32_t* at) {
  std::uint32_t i[kChains];
  SLIPWAY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) {
    i[k] = first[k];
    __builtin_prefetch(entries + first[kAhead + k]);
  }
  walk_side_by_side(entries, bytes, steps, i);
  SLIPWAY_UNROLL(16)
  for (std::size_t k = 0; k < kChains; ++k) at[k] = i[k];
}

// The late ones, a level at a time until all stand on leaves: a step waits for no other, and the entry it comes to is
// fetched while the rest of the level is walked.
SLIPWAY_INLINE void walk_late(const LinkedEntry* entries, const std::uint8_t* bytes,
                              std::uint32_t* at, std::uint32_t* late, std::size_t count) {
  while (count > 0) {
    std::size_t still = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint32_t tree = late[k];
      const std::uint32_t next = step(entries, bytes, at[tree]);
      __builtin_prefetch(entries + next);
      late[still] = tree;
      still += next != at[tree] ? 1 : 0;
      at[tree] = next;
    }
    count = still;
  }
}

// Entries are aligned to less than S.
template <typename S>
SLIPWAY_INLINE S linked_value(const LinkedEntry* leaf, std::uint32_t j) {
  S value;
  __builtin_memcpy(&value, reinterpret_cast<const char*>(leaf + 1) + j * sizeof(S), sizeof(S));
  return value;
}

// bytes[count..2 count): the opposite of bytes[0..count).
SLIPWAY_INLINE void negate(std::uint8_t* bytes, std::uint32_t count) {
  std::uint8_t* __restrict to = bytes + count;
  for (std::uint32_t c = 0; c < count; ++c) to[c] = bytes[c] ^ 1;
}

// Behind the last tree stand more, of one leaf: up to kChains are walked and not added, kAhead fetched.
template <typename S>
void linked(const LinkedTrees<S>& trees, std::uint8_t* bytes, std::uint32_t* at,
            std::uint32_t* late, S* out) {
  negate(bytes, trees.negated);
  for (std::size_t first = 0; first < trees.tree_count; first += kStretch) {
    const std::size_t rest = trees.tree_count - first;
    const std::size_t count = rest < kStretch ? rest : kStretch;
    for (std::size_t k = 0; k < count; k += kChains)
      walk_from_roots(trees.entries, trees.first + first + k, bytes, trees.steps, at + k);
    std::size_t lates = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
      late[lates] = k;
      lates += trees.entries[at[k]].condition != trees.always ? 1 : 0;
    }
    walk_late(trees.entries, bytes, at, late, lates);
    if (trees.sums.outputs == nullptr) {
      S sum = *out;
      for (std::size_t k = 0; k < count; ++k) sum += linked_value<S>(trees.entries + at[k], 0);
      *out = sum;
      continue;
    }
    for (std::size_t k = 0; k < count; ++k) {
      S* to = out + trees.sums.outputs[first + k];
      for (std::uint32_t j = 0; j < trees.sums.width; ++j)
        to[j] += linked_value<S>(trees.entries + at[k], j);
    }
  }
}

// ---- oblivious trees ----

// Levels: of every tree, 0 for as many as the trees say.
template <typename S, std::uint32_t Levels>
SLIPWAY_INLINE void oblivious_trees(const ObliviousTrees<S>& trees, const std::uint8_t* bytes,
                                    S* out) {
  const std::uint32_t levels = Levels == 0 ? trees.levels_max : Levels;
  const std::uint16_t* conditions = trees.levels;
  S sum = *out;
  for (std::size_t t = 0; t < trees.tree_count; ++t, conditions += levels) {
    std::uint32_t leaf = 0;
    // Levels beyond a tree's own ask what never holds.
    SLIPWAY_UNROLL(8)
    for (std::uint32_t l = 0; l < levels; ++l) leaf |= std::uint32_t{bytes[conditions[l]]} << l;
    const std::size_t at = std::size_t{trees.first_leaf[t]} + leaf;
    if (trees.sums.outputs == nullptr) {
      sum += trees.sums.leaves[at];
    } else {
      add_columns(trees.sums, t, trees.sums.leaves + at * trees.sums.width, 1, out);
    }
  }
  if (trees.sums.outputs == nullptr) *out = sum;
}

template <typename S>
void oblivious(const ObliviousTrees<S>& trees, const std::uint8_t* bytes, S* out) {
  switch (trees.levels_max) {
    case 4:
      return oblivious_trees<S, 4>(trees, bytes, out);
    case 5:
      return oblivious_trees<S, 5>(trees, bytes, out);
    case 6:
      return oblivious_trees<S, 6>(trees, bytes, out);
    case 7:
      return oblivious_trees<S, 7>(trees, bytes, out);
    case 8:
      return oblivious_trees<S, 8>(trees, bytes, out);
    default:
      return oblivious_trees<S, 0>(trees, bytes, out);
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
