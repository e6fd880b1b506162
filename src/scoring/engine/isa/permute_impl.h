// One row, 64 questions at a time, and the trees that their answers go down. See permute_kernels.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/slots_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

template <bool Wide, bool Masked>
class Answers {
 public:
  SLIPWAY_INLINE Answers(const RowSlots& row, const PermuteQuestions* questions,
                         const PermuteMasks* masks)
      : low_(_mm512_load_si512(row.rank)),
        high_(_mm512_load_si512(row.rank + 64)),
        questions_(questions),
        masks_(masks) {}

  // Of 64 questions, a bit each.
  SLIPWAY_INLINE std::uint64_t of(std::size_t block) const {
    const PermuteQuestions& q = questions_[block];
    const __m512i slot = _mm512_load_si512(q.slot);
    __m512i rank =
        Wide ? _mm512_permutex2var_epi8(low_, slot, high_) : _mm512_permutexvar_epi8(slot, low_);
    if constexpr (Masked) rank = _mm512_and_si512(rank, _mm512_load_si512(masks_[block].mask));
    return _mm512_cmpgt_epu8_mask(rank, _mm512_load_si512(q.rank));
  }

 private:
  __m512i low_, high_;
  const PermuteQuestions* questions_;
  const PermuteMasks* masks_;
};

inline void ask(const PermuteQuestions* questions, std::size_t blocks, const RowSlots& row,
                std::uint8_t* bytes) {
  const Answers<true, false> answers(row, questions, nullptr);
  for (std::size_t block = 0; block < blocks; ++block)
    write_bytes(answers.of(block), bytes + 64 * block);
}

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
  for (std::size_t block = 0; t < whole; ++block, t += kAtOnce) {
    const std::uint64_t bits = answers.of(block);
    SLIPWAY_UNROLL(8)
    for (std::size_t k = 0; k < kAtOnce; ++k)
      add_leaf(trees, t + k, leaf_of(t + k, bits >> (k << Bits)), &sum, out);
  }
  if (t < trees.tree_count) {
    const std::uint64_t bits = answers.of(t / kAtOnce);
    for (std::size_t k = 0; t < trees.tree_count; ++k, ++t)
      add_leaf(trees, t, leaf_of(t, bits >> (k << Bits)), &sum, out);
  }
  if (trees.sums.outputs == nullptr) *out = sum;
}

// Answers of a perfect tree: 1 << Bits of them, in a lane of its own.
template <int Bits>
struct PerfectLane {
  using Type = std::uint16_t;
};
template <>
struct PerfectLane<5> {
  using Type = std::uint32_t;
};
template <>
struct PerfectLane<6> {
  using Type = std::uint64_t;
};

// Down sixteen of them, whose question h stands at bit h; gives the last h, of a leaf.
template <int Bits, typename Lane>
SLIPWAY_INLINE void descend(const std::uint64_t* answers, Lane* leaf) {
  constexpr int kLanes = 16 * sizeof(Lane) < 64 ? 16 : 64 / sizeof(Lane);
  typedef Lane Lanes __attribute__((vector_size(kLanes * sizeof(Lane)), aligned(8), may_alias));
  typedef std::uint8_t Bytes __attribute__((vector_size(kLanes), aligned(8), may_alias));
  SLIPWAY_UNROLL(2)
  for (int i = 0; i < 16 / kLanes; ++i) {
    Lanes bits;
    if constexpr (Bits == 3) {
      bits = __builtin_convertvector(*reinterpret_cast<const Bytes*>(answers), Lanes);
    } else {
      bits = reinterpret_cast<const Lanes*>(answers)[i];
    }
    Lanes at = 2 + ((bits >> 1) & 1);
    SLIPWAY_UNROLL(8)
    for (int level = 1; level < Bits; ++level) at = (at + at) | ((bits >> at) & 1);
    reinterpret_cast<Lanes*>(leaf)[i] = at;
  }
}

// Perfect trees, sixteen at a time: while some are walked and added, the questions of later ones are
// answered, for what is stored bit by bit cannot be read by the vector at once.
template <int Bits, typename S, typename Answer>
SLIPWAY_INLINE void add_perfect(const PermuteTrees<S>& trees, const Answer& answers, S* out) {
  using Lane = typename PerfectLane<Bits>::Type;
  constexpr std::size_t kWords = (std::size_t{16} << Bits) / 64, kLead = 2, kRing = 4;
  alignas(64) std::uint64_t answered[kRing][kWords];
  alignas(64) Lane leaf[16];
  const std::size_t stretches = (trees.tree_count + 15) / 16;
  const auto answer = [&](std::size_t stretch) {
    if (stretch >= stretches) return;
    SLIPWAY_UNROLL(16)
    for (std::size_t w = 0; w < kWords; ++w)
      answered[stretch % kRing][w] = answers.of(stretch * kWords + w);
  };
  for (std::size_t s = 0; s < kLead; ++s) answer(s);
  S sum = *out;
  for (std::size_t s = 0; s < stretches; ++s) {
    answer(s + kLead);
    descend<Bits>(answered[s % kRing], leaf);
    const std::size_t first = s * 16, rest = trees.tree_count - first;
    const std::size_t of_tree = std::size_t{1} << Bits;
    const S* leaves = trees.sums.leaves + first * of_tree;
    if (trees.sums.outputs == nullptr && rest >= 16) {
      SLIPWAY_UNROLL(16)
      for (std::size_t k = 0; k < 16; ++k) sum += leaves[k * of_tree + leaf[k] - of_tree];
      continue;
    }
    for (std::size_t k = 0; k < (rest < 16 ? rest : 16); ++k)
      add_leaf(trees, first + k, (first + k) * of_tree + leaf[k] - of_tree, &sum, out);
  }
  if (trees.sums.outputs == nullptr) *out = sum;
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

template <typename S, bool Wide, bool Masked>
void permute_with(const PermuteTrees<S>& trees, const RowSlots& row, S* out) {
  const Answers<Wide, Masked> answers(row, trees.questions, trees.masks);
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
      return add_perfect<3>(trees, answers, out);
    case PermuteShape::kPerfect4:
      return add_perfect<4>(trees, answers, out);
    case PermuteShape::kPerfect5:
      return add_perfect<5>(trees, answers, out);
    case PermuteShape::kPerfect6:
      return add_perfect<6>(trees, answers, out);
    case PermuteShape::kLeftmost:
      return add_trees<5>(trees, answers, out, leftmost);
  }
}

template <typename S>
void permute(const PermuteTrees<S>& trees, const RowSlots& row, S* out) {
  const bool wide = trees.slots > 64;
  if (trees.masks != nullptr)
    return wide ? permute_with<S, true, true>(trees, row, out)
                : permute_with<S, false, true>(trees, row, out);
  return wide ? permute_with<S, true, false>(trees, row, out)
              : permute_with<S, false, false>(trees, row, out);
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
