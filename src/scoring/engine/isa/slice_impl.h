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

#include "scoring/engine/isa/columns_impl.h"
#include "scoring/engine/isa/leaves_impl.h"
#include "scoring/engine/isa/row_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// ---- planes ----

SLIPWAY_INLINE void set_bit(std::byte* plane, std::size_t row) {
  reinterpret_cast<std::uint64_t*>(plane)[row / 64] |= std::uint64_t{1} << (row % 64);
}

template <std::size_t Words, typename T>
SLIPWAY_INLINE std::uint64_t find_missing(const T* x, std::uint64_t* missing) {
  std::uint64_t any = 0;
  for (std::size_t w = 0; w < Words; ++w) {
    // What equals itself reaches minus infinity; NaN does not.
    missing[w] = ~which_reach(x + 64 * w, -static_cast<T>(__builtin_inf()));
    any |= missing[w];
  }
  return any;
}

// By comparing every value with every threshold: quick where there are few.
template <typename V, typename T>
SLIPWAY_INLINE void compared_planes(const RankGroup& group, const T* thresholds, const T* column,
                                    std::byte* planes) {
  // The last level has all thresholds in a row.
  const T* t = thresholds + group.level_at[group.levels - 1];
  auto* out = reinterpret_cast<std::uint64_t*>(planes + group.first * sizeof(V));
  constexpr std::size_t kChunks = sizeof(V) / 8;
  for (std::size_t chunk = 0; chunk < kChunks; ++chunk) {
    for (std::uint32_t i = 0; i < group.count; ++i)
      out[i * kChunks + chunk] = which_reach(column + 64 * chunk, t[i]);
  }
}

#if defined(__AVX512BW__)
// By ranks of a byte, 64 of which are compared at once.
template <typename V, typename T>
SLIPWAY_INLINE void byte_planes(const RankGroup& group, const T* thresholds, const T* column,
                                std::byte* planes) {
  constexpr std::size_t kChunks = sizeof(V) / 8;
  std::uint8_t ranks[64 * kChunks];
  tree_ranks(group, thresholds, column, 64 * kChunks, ranks);
  __m512i rank[kChunks];
  for (std::size_t chunk = 0; chunk < kChunks; ++chunk)
    rank[chunk] = _mm512_loadu_si512(ranks + 64 * chunk);
  auto* out = reinterpret_cast<std::uint64_t*>(planes + group.first * sizeof(V));
  for (std::uint32_t i = 0; i < group.count; ++i) {
    const __m512i below = _mm512_set1_epi8(static_cast<char>(i));
    SLIPWAY_UNROLL(8)
    for (std::size_t chunk = 0; chunk < kChunks; ++chunk)
      out[i * kChunks + chunk] = _mm512_cmpgt_epu8_mask(rank[chunk], below);
  }
}
#endif

// By ranks: condition i holds for all rows of a rank above i.
template <typename V, typename T>
SLIPWAY_INLINE void ranked_planes(const RankGroup& group, const T* thresholds, const T* column,
                                  std::size_t count, std::byte* deltas, std::byte* planes) {
  for (std::uint32_t i = 0; i <= group.count; ++i) store(deltas + i * sizeof(V), V{});
  for (std::size_t r = 0; r < count; ++r)
    set_bit(deltas + rank_of(group, thresholds, column[r]) * sizeof(V), r);
  V above{};
  for (std::uint32_t i = group.count; i-- > 0;) {
    above |= load<V>(deltas + (i + 1) * sizeof(V));
    store(planes + (group.first + i) * sizeof(V), above);
  }
}

template <typename V, typename T>
SLIPWAY_INLINE void number_planes(const ConditionTable<T>& table, const RankGroup& group,
                                  const T* column, std::size_t count, std::byte* deltas,
                                  std::byte* planes) {
#if defined(__AVX512BW__)
  const bool in_bytes = group.tree_levels != 0 && group.count > kComparedFew;
#else
  constexpr bool in_bytes = false;
#endif
  if (in_bytes) {
#if defined(__AVX512BW__)
    byte_planes<V>(group, table.thresholds, column, planes);
#endif
  } else if (group.count <= (sizeof(T) == 4 ? kComparedFloats : kComparedDoubles)) {
    compared_planes<V>(group, table.thresholds, column, planes);
  } else {
    ranked_planes<V>(group, table.thresholds, column, count, deltas, planes);
  }
  std::uint64_t missing[sizeof(V) / 8];
  if (group.missing_any == 0 || find_missing<sizeof(V) / 8>(column, missing) == 0) return;
  V also;
  __builtin_memcpy(&also, missing, sizeof(V));
  for (std::uint32_t i = 0; i < group.count; ++i) {
    std::byte* plane = planes + (group.first + i) * sizeof(V);
    if (table.missing[group.first + i] != 0) store(plane, load<V>(plane) | also);
  }
}

// Bit c of word r becomes bit r of word c. After Warren, "Hacker's Delight", 2nd ed., 7-3: halves,
// then quarters, ... change places.
SLIPWAY_INLINE void transpose(std::uint64_t* square) {
  std::uint64_t low = 0x00000000FFFFFFFFU;
  for (std::uint32_t half = 32; half != 0; half /= 2, low ^= low << half) {
    for (std::uint32_t block = 0; block < 64; block += 2 * half) {
      for (std::uint32_t r = block; r < block + half; ++r) {
        const std::uint64_t swap = ((square[r] >> half) ^ square[r + half]) & low;
        square[r] ^= swap << half;
        square[r + half] ^= swap;
      }
    }
  }
}

template <typename V, typename T>
SLIPWAY_INLINE void code_planes(const ConditionTable<T>& table, const CodeGroup& group,
                                const double* rows, std::size_t count, std::size_t width,
                                std::byte* planes) {
  constexpr std::size_t kChunks = sizeof(V) / 8;
  std::uint32_t codes[8 * sizeof(V)] = {};
  const double* value = rows + group.feature;
  for (std::size_t r = 0; r < count; ++r, value += width)
    codes[r] = code_of(group, static_cast<double>(read<T>(*value, table.flush_below)));
  auto* out = reinterpret_cast<std::uint64_t*>(planes + group.first * sizeof(V));
  for (std::uint32_t w = 0; w < group.words; ++w) {
    const std::uint64_t* words = table.bits + group.table + w;
    const std::uint32_t columns = group.count - 64 * w < 64 ? group.count - 64 * w : 64;
    for (std::size_t chunk = 0; chunk < kChunks; ++chunk) {
      std::uint64_t square[64];
      for (std::size_t r = 0; r < 64; ++r)
        square[r] = words[std::size_t{codes[64 * chunk + r]} * group.words];
      transpose(square);
      for (std::uint32_t i = 0; i < columns; ++i) out[(64 * w + i) * kChunks + chunk] = square[i];
    }
  }
}

template <typename V, typename T>
void make_planes(const ConditionTable<T>& table, const double* rows, std::size_t count,
                 std::size_t width, T* columns, std::byte* deltas, std::byte* planes) {
  read_columns<V>(table, rows, count, width, columns);
  for (std::size_t g = 0; g < table.group_count; ++g)
    number_planes<V>(table, table.groups[g], columns + g * 8 * sizeof(V), count, deltas, planes);
  for (std::size_t g = 0; g < table.code_count; ++g)
    code_planes<V>(table, table.codes[g], rows, count, width, planes);
  store(planes + std::size_t{table.count} * sizeof(V), V{});
}

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
  make_planes<V>(table, rows, count, width, work.columns, work.deltas, work.planes);
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
      add_leaves<S, kLanes>(trees, first, n, j, work.index, work.sums + (output + j) * kLanes);
    first += n;
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
