// One row, 64 questions at a time. See kernels.h and lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/permute_kernels.h"
#include "scoring/engine/isa/row_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {
template <int Levels, typename T>  // 0: as many as the group says
SLIPWAY_INLINE std::uint32_t rank_in_levels(const RankGroup& group, const T* thresholds, T x) {
  if constexpr (Levels == 0) return rank_of(group, thresholds, x);
  const std::uint32_t rank = count_reached(x, thresholds + group.level_at[0]);
  if constexpr (Levels == 1) return rank;
  return rank * kBlock + count_reached(x, thresholds + group.level_at[1] + rank * kBlock);
}

// No branch asks whether a value is missing: some features are, every other row.
template <int Levels, typename T>
SLIPWAY_INLINE void fill_slots(const PermuteRow<T>& in, const double* row, std::uint32_t first,
                               std::uint32_t last, std::uint8_t* out) {
  const ConditionTable<T>& table = *in.table;
  for (std::uint32_t g = first; g < last; ++g) {
    const PermuteGroup& to = in.groups[g];
    const RankGroup& group = table.groups[to.group];
    const T x = number_of(group, read<T>(row[group.feature], table.flush_below));
    const std::uint32_t rank = rank_in_levels<Levels>(group, table.thresholds, x);
    const std::uint32_t missing = x != x ? kSlotRanks : 0;  // then the rank is 0
    if constexpr (Levels != 0) {
      out[to.low] = static_cast<std::uint8_t>(rank);
      out[to.high] = static_cast<std::uint8_t>(rank | missing);
      continue;
    }
    for (std::uint32_t s = 0; s < to.spans; ++s) {
      const std::uint32_t above = rank > s * kSlotRanks ? rank - s * kSlotRanks : 0;
      const std::uint32_t part = above < kSlotRanks ? above : kSlotRanks;
      out[to.low + s] = static_cast<std::uint8_t>(part);
      out[to.high + s] = static_cast<std::uint8_t>(part | missing);
    }
  }
}

template <typename T>
void row_slots(const PermuteRow<T>& in, const double* row, RowSlots* out) {
  fill_slots<1>(in, row, 0, in.one_level, out->rank);
  fill_slots<2>(in, row, in.one_level, in.two_levels, out->rank);
  fill_slots<0>(in, row, in.two_levels, in.all, out->rank);
}

template <bool Wide>
class Answers {
 public:
  SLIPWAY_INLINE explicit Answers(const RowSlots& row)
      : low_(_mm512_load_si512(row.rank)), high_(_mm512_load_si512(row.rank + 64)) {}

  // Of 64 questions, a bit each.
  SLIPWAY_INLINE std::uint64_t of(const PermuteQuestions& q) const {
    const __m512i slot = _mm512_load_si512(q.slot);
    const __m512i rank =
        Wide ? _mm512_permutex2var_epi8(low_, slot, high_) : _mm512_permutexvar_epi8(slot, low_);
    return _mm512_cmpgt_epu8_mask(rank, _mm512_load_si512(q.rank));
  }

 private:
  __m512i low_, high_;
};

template <typename S>
SLIPWAY_INLINE void add_leaf(const PermuteTrees<S>& trees, std::size_t tree, std::size_t leaf,
                             S* sum, S* out) {
  if (trees.sums.outputs == nullptr) {
    *sum += trees.sums.leaves[leaf];
  } else {
    add_columns(trees.sums, tree, trees.sums.leaves + leaf * trees.sums.width, 1, out);
  }
}

// Trees of 1 << Bits questions each. leaf_of(tree, its answers) is the number of a leaf.
template <int Bits, typename S, typename Answer, typename LeafOf>
SLIPWAY_INLINE void add_trees(const PermuteTrees<S>& trees, const Answer& answers, S* out,
                              const LeafOf& leaf_of) {
  constexpr std::size_t kAtOnce = std::size_t{64} >> Bits;
  S sum = *out;
  const std::size_t whole = trees.tree_count / kAtOnce * kAtOnce;
  std::size_t t = 0;
  for (const PermuteQuestions* q = trees.questions; t < whole; ++q, t += kAtOnce) {
    const std::uint64_t bits = answers.of(*q);
    SLIPWAY_UNROLL(8)
    for (std::size_t k = 0; k < kAtOnce; ++k)
      add_leaf(trees, t + k, leaf_of(t + k, bits >> (k << Bits)), &sum, out);
  }
  if (t < trees.tree_count) {
    const std::uint64_t bits = answers.of(trees.questions[t / kAtOnce]);
    for (std::size_t k = 0; t < trees.tree_count; ++k, ++t)
      add_leaf(trees, t, leaf_of(t, bits >> (k << Bits)), &sum, out);
  }
  if (trees.sums.outputs == nullptr) *out = sum;
}

// Down a perfect tree whose question h stands at bit h.
template <int Depth>
SLIPWAY_INLINE std::size_t perfect_leaf(std::size_t tree, std::uint64_t bits) {
  std::uint64_t at = 1;
  SLIPWAY_UNROLL(8)
  for (int level = 0; level < Depth; ++level) at = 2 * at + ((bits >> at) & 1);
  return (tree << Depth) + at - (std::size_t{1} << Depth);
}

// The leftmost leaf that these answers do not rule out, of 32.
SLIPWAY_INLINE std::size_t leftmost_leaf(const PermuteLeaves* left, std::size_t tree,
                                         std::uint32_t bits) {
  const std::uint32_t* leaves = left[tree].leaves;
  const __m512i all = _mm512_set1_epi32(-1);
  const __m512i a = _mm512_mask_load_epi32(all, static_cast<__mmask16>(bits), leaves);
  const __m512i b = _mm512_mask_load_epi32(all, static_cast<__mmask16>(bits >> 16), leaves + 16);
  const __m512i both = _mm512_and_si512(a, b);
  const __m256i eight =
      _mm256_and_si256(_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64(both, 1));
  const __m128i four =
      _mm_and_si128(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  const __m128i two = _mm_and_si128(four, _mm_shuffle_epi32(four, 0x4E));
  const std::uint64_t pair = static_cast<std::uint64_t>(_mm_cvtsi128_si64(two));
  const auto alive = static_cast<std::uint32_t>(pair & (pair >> 32));
  return tree * 32 + static_cast<std::size_t>(__builtin_ctz(alive));
}

template <typename S, bool Wide>
void permute_with(const PermuteTrees<S>& trees, const RowSlots& row, S* out) {
  const Answers<Wide> answers(row);
  const auto leftmost = [&](std::size_t t, std::uint64_t bits) {
    return leftmost_leaf(trees.left, t, static_cast<std::uint32_t>(bits));
  };
  const auto number = [&](std::size_t t, std::uint64_t bits) {
    return trees.first_leaf[t] + (bits & 0xFF);
  };
  switch (trees.shape) {
    case PermuteShape::kOblivious:
      return add_trees<3>(trees, answers, out, number);
    case PermuteShape::kPerfect3:
      return add_trees<3>(trees, answers, out, perfect_leaf<3>);
    case PermuteShape::kPerfect4:
      return add_trees<4>(trees, answers, out, perfect_leaf<4>);
    case PermuteShape::kPerfect5:
      return add_trees<5>(trees, answers, out, perfect_leaf<5>);
    case PermuteShape::kPerfect6:
      return add_trees<6>(trees, answers, out, perfect_leaf<6>);
    case PermuteShape::kLeftmost:
      return add_trees<5>(trees, answers, out, leftmost);
  }
}

template <typename S>
void permute(const PermuteTrees<S>& trees, const RowSlots& row, S* out) {
  return trees.slots > 64 ? permute_with<S, true>(trees, row, out)
                          : permute_with<S, false>(trees, row, out);
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
