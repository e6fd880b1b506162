// Small tables in registers, where a permutation looks up as many places as a vector has lanes, and ranks found by
// them: 16 floats or 8 doubles walk an implicit search tree at once, without a load or a branch. AVX-512 alone.
// See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"

#if defined(__AVX512BW__)
namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// Masks of all lanes change nothing but gcc 12's warnings about what the plain forms start from.
template <typename T>
struct Zmm;

template <>
struct Zmm<float> {
  using Vector = __m512;
  static constexpr int kLanes = 16;
  static Vector load(const float* at) { return _mm512_loadu_ps(at); }
  static Vector permute(__m512i at, Vector v) { return _mm512_maskz_permutexvar_ps(0xFFFF, at, v); }
  static Vector permute(__m512i at, Vector low, Vector high) {
    return _mm512_permutex2var_ps(low, at, high);
  }
  static Vector choose(__m512i at, int bit, Vector low, Vector high) {
    return _mm512_mask_blend_ps(_mm512_test_epi32_mask(at, _mm512_set1_epi32(bit)), low, high);
  }
  // 2 * node + 1 where x reaches t, 2 * node elsewhere.
  static __m512i go_down(__m512i node, Vector x, Vector t) {
    const __m512i twice = _mm512_add_epi32(node, node);
    return _mm512_mask_add_epi32(twice, _mm512_cmp_ps_mask(x, t, _CMP_GE_OQ), twice,
                                 _mm512_set1_epi32(1));
  }
  static __m512i ones() { return _mm512_set1_epi32(1); }
  static void store_bytes(__m512i lanes, std::uint8_t* to) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(0xFFFF, lanes));
  }
};

template <>
struct Zmm<double> {
  using Vector = __m512d;
  static constexpr int kLanes = 8;
  static Vector load(const double* at) { return _mm512_loadu_pd(at); }
  static Vector permute(__m512i at, Vector v) { return _mm512_maskz_permutexvar_pd(0xFF, at, v); }
  static Vector permute(__m512i at, Vector low, Vector high) {
    return _mm512_permutex2var_pd(low, at, high);
  }
  static Vector choose(__m512i at, int bit, Vector low, Vector high) {
    return _mm512_mask_blend_pd(_mm512_test_epi64_mask(at, _mm512_set1_epi64(bit)), low, high);
  }
  static __m512i go_down(__m512i node, Vector x, Vector t) {
    const __m512i twice = _mm512_add_epi64(node, node);
    return _mm512_mask_add_epi64(twice, _mm512_cmp_pd_mask(x, t, _CMP_GE_OQ), twice,
                                 _mm512_set1_epi64(1));
  }
  static __m512i ones() { return _mm512_set1_epi64(1); }
  static void store_bytes(__m512i lanes, std::uint8_t* to) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi64_epi8(0xFF, lanes));
  }
};

// Places of a table of Vectors * kLanes values: the low bits of `at`.
template <typename T, int Vectors>  // 1, 2, 4, 8
SLIPWAY_INLINE typename Zmm<T>::Vector look_up(const typename Zmm<T>::Vector* table, __m512i at) {
  if constexpr (Vectors == 1) {
    return Zmm<T>::permute(at, table[0]);
  } else if constexpr (Vectors == 2) {
    return Zmm<T>::permute(at, table[0], table[1]);
  } else {
    constexpr int kHalf = Vectors / 2;
    return Zmm<T>::choose(at, kHalf * Zmm<T>::kLanes, look_up<T, kHalf>(table, at),
                          look_up<T, kHalf>(table + kHalf, at));
  }
}

// ---- ranks ----

// Level `Level` of a search tree whose node h has children 2h and 2h + 1, and down to level Levels.
template <typename T, int Levels, int Level = 0>
SLIPWAY_INLINE __m512i search(const typename Zmm<T>::Vector* tree, typename Zmm<T>::Vector x,
                              __m512i node) {
  if constexpr (Level == Levels) {
    return node;
  } else {
    // Vectors that the level takes alone; the first levels share one.
    constexpr int kVectors = (1 << Level) / Zmm<T>::kLanes;
    const auto threshold = look_up < T, kVectors == 0 ? 1 : kVectors > (tree + kVectors, node);
    return search<T, Levels, Level + 1>(tree, x, Zmm<T>::go_down(node, x, threshold));
  }
}

// How many thresholds of the tree each value reaches, a byte each.
template <typename T, int Levels>
void tree_ranks(const T* tree, const T* values, std::size_t count, std::uint8_t* ranks) {
  constexpr int kLanes = Zmm<T>::kLanes;
  constexpr int kNodes = 1 << Levels;
  typename Zmm<T>::Vector v[kNodes / kLanes];
  SLIPWAY_UNROLL(32)
  for (int i = 0; i < kNodes / kLanes; ++i) v[i] = Zmm<T>::load(tree + i * kLanes);
  for (std::size_t r = 0; r < count; r += kLanes) {
    const __m512i leaf = search<T, Levels>(v, Zmm<T>::load(values + r), Zmm<T>::ones());
    Zmm<T>::store_bytes(_mm512_sub_epi32(leaf, _mm512_set1_epi32(kNodes)), ranks + r);
  }
}

// Precondition: group.tree_levels is not 0; a multiple of 16 values.
template <typename T>
SLIPWAY_INLINE void tree_ranks(const RankGroup& group, const T* thresholds, const T* values,
                               std::size_t count, std::uint8_t* ranks) {
  const T* tree = thresholds + group.tree_at;
  switch (group.tree_levels) {
    case 4:
      return tree_ranks<T, 4>(tree, values, count, ranks);
    case 5:
      return tree_ranks<T, 5>(tree, values, count, ranks);
    case 6:
      return tree_ranks<T, 6>(tree, values, count, ranks);
    case 7:
      return tree_ranks<T, 7>(tree, values, count, ranks);
    default:
      return tree_ranks<T, 8>(tree, values, count, ranks);
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
#endif
