// From bits of leaf numbers to sums. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"
#include "scoring/engine/isa/look_up_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// A byte per row: bits[0] is the highest of `depth` bits.
template <typename V>
SLIPWAY_INLINE void write_index(const V* bits, std::uint32_t depth, std::uint8_t* index) {
  constexpr std::size_t kWords = sizeof(V) / 8;
  const auto* words = reinterpret_cast<const std::uint64_t*>(bits);
  for (std::size_t w = 0; w < kWords; ++w) {
#if defined(__AVX512BW__)
    __m512i all = _mm512_setzero_si512();
    for (std::uint32_t k = 0; k < depth; ++k) {
      const __m512i twice = _mm512_add_epi8(all, all);
      all = _mm512_mask_add_epi8(twice, words[k * kWords + w], twice, _mm512_set1_epi8(1));
    }
    _mm512_storeu_si512(index + 64 * w, all);
#elif defined(__AVX2__)
    const __m256i pick = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U));
    const __m256i each =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    for (int half = 0; half < 2; ++half) {
      __m256i all = _mm256_setzero_si256();
      for (std::uint32_t k = 0; k < depth; ++k) {
        const auto thirty_two = static_cast<int>(words[k * kWords + w] >> (32 * half));
        const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(thirty_two), each);
        const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, pick), pick);
        all = _mm256_sub_epi8(_mm256_add_epi8(all, all), set);
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(index + 64 * w + 32 * half), all);
    }
#else
    for (int eight = 0; eight < 8; ++eight) {
      std::uint64_t all = 0;
      for (std::uint32_t k = 0; k < depth; ++k)
        all = 2 * all + spread((words[k * kWords + w] >> (8 * eight)) & 0xFF);
      __builtin_memcpy(index + 64 * w + 8 * eight, &all, 8);
    }
#endif
  }
}

// ---- adding up ----

// Eight rows at a time: their sums stay in registers while the trees pass.
template <typename S, std::size_t Lanes>
SLIPWAY_INLINE void add_by_load(const S* const* tables, std::size_t count,
                                const std::uint8_t* index, S* sums) {
  for (std::size_t r = 0; r < Lanes; r += 8) {
    S s[8];
    SLIPWAY_UNROLL(8)
    for (int k = 0; k < 8; ++k) s[k] = sums[r + k];
    for (std::size_t t = 0; t < count; ++t) {
      const S* table = tables[t];
      const std::uint8_t* at = index + t * Lanes + r;
      SLIPWAY_UNROLL(8)
      for (int k = 0; k < 8; ++k) s[k] += table[at[k]];
    }
    SLIPWAY_UNROLL(8)
    for (int k = 0; k < 8; ++k) sums[r + k] = s[k];
  }
}

#if defined(__AVX512BW__)
// The table of a small tree fits into registers.
template <int Vectors, std::size_t Lanes>
SLIPWAY_INLINE void add_by_permutation(const float* table, const std::uint8_t* index, float* sums) {
  __m512 v[Vectors];
  for (int i = 0; i < Vectors; ++i) v[i] = _mm512_loadu_ps(table + 16 * i);
  for (std::size_t r = 0; r < Lanes; r += 16) {
    const __m512i at =
        _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(index + r)));
    _mm512_storeu_ps(sums + r,
                     _mm512_add_ps(_mm512_loadu_ps(sums + r), look_up<float, Vectors>(v, at)));
  }
}

template <int Vectors, std::size_t Lanes>
SLIPWAY_INLINE void add_by_permutation(const double* table, const std::uint8_t* index,
                                       double* sums) {
  __m512d v[Vectors];
  for (int i = 0; i < Vectors; ++i) v[i] = _mm512_loadu_pd(table + 8 * i);
  for (std::size_t r = 0; r < Lanes; r += 8) {
    const __m512i at =
        _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(index + r)));
    _mm512_storeu_pd(sums + r,
                     _mm512_add_pd(_mm512_loadu_pd(sums + r), look_up<double, Vectors>(v, at)));
  }
}

// False if the table is too large for it. Tables have 16, 32, 64, ... values.
template <typename S, std::size_t Lanes>
SLIPWAY_INLINE bool add_small(const S* table, std::uint32_t size, const std::uint8_t* index,
                              S* sums) {
  constexpr int kPer16 = sizeof(S) == 4 ? 1 : 2;
  if (size == 16) return add_by_permutation<kPer16, Lanes>(table, index, sums), true;
  if (size == 32) return add_by_permutation<2 * kPer16, Lanes>(table, index, sums), true;
  if (size == 64) return add_by_permutation<4 * kPer16, Lanes>(table, index, sums), true;
  return false;
}
#else
template <typename S, std::size_t Lanes>
SLIPWAY_INLINE bool add_small(const S*, std::uint32_t, const std::uint8_t*, S*) {
  return false;
}
#endif

// Adds column j of the leaves of trees [first, first + count), whose numbers lie in `index`.
template <typename S, std::size_t Lanes>
void add_leaves(const SliceTrees<S>& trees, std::size_t first, std::size_t count, std::uint32_t j,
                const std::uint8_t* index, S* sums) {
  const S* tables[kTreesAtOnce];
  for (std::size_t t = 0; t < count; ++t) {
    const SliceTree& tree = trees.trees[first + t];
    tables[t] = trees.leaves + tree.leaves + std::size_t{j} * tree.table_size;
  }
  for (std::size_t t = 0; t < count;) {
    if (add_small<S, Lanes>(tables[t], trees.trees[first + t].table_size, index + t * Lanes,
                            sums)) {
      ++t;
      continue;
    }
    std::size_t n = 1;  // neighbours that are large, too
    while (t + n < count && trees.trees[first + t + n].table_size > 64) ++n;
    add_by_load<S, Lanes>(tables + t, n, index + t * Lanes, sums);
    t += n;
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
