// From bits of leaf numbers to sums. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"
#include "scoring/engine/isa/look_up_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

#if defined(__GFNI__)
// Eight words, one of each plane, become 64 rows.
SLIPWAY_INLINE void store_rows(__m512i words, std::uint8_t* index) {
  // Byte 8 w + p of the squares: byte w of plane p.
  const __m512i square = _mm512_set_epi64(
      0x3F372F271F170F07, 0x3E362E261E160E06, 0x3D352D251D150D05, 0x3C342C241C140C04,
      0x3B332B231B130B03, 0x3A322A221A120A02, 0x3931292119110901, 0x3830282018100800);
  const __m512i squares = _mm512_maskz_permutexvar_epi8(~__mmask64{0}, square, words);
  const __m512i each = _mm512_set1_epi64(static_cast<long long>(0x8040201008040201U));
  _mm512_storeu_si512(index, _mm512_gf2p8affine_epi64_epi8(each, squares, 0));
}

// The same, by squares of eight bits that change places: 64 rows of one plane are 8 bytes, and so 8 planes are 8 squares.
SLIPWAY_INLINE void turn_bits(const Bits512* bits, std::uint32_t depth, std::uint8_t* index) {
  __m512i r[8], a[8];
  SLIPWAY_UNROLL(8)
  for (std::uint32_t k = 0; k < 8; ++k) {
    // The lowest bit's plane last: the instruction's matrices have their first row in the highest byte.
    const bool is_there = k + depth >= 8;
    r[k] = is_there ? _mm512_loadu_si512(bits + (k + depth - 8)) : _mm512_setzero_si512();
  }
  SLIPWAY_UNROLL(4)
  for (int k = 0; k < 8; k += 2) {
    a[k] = _mm512_unpacklo_epi64(r[k], r[k + 1]);  // words 0, 2, 4, 6 of two planes
    a[k + 1] = _mm512_unpackhi_epi64(r[k], r[k + 1]);
  }
  SLIPWAY_UNROLL(2)
  for (int odd = 0; odd < 2; ++odd) {
    const __m512i b0 = _mm512_shuffle_i64x2(a[odd], a[odd + 2], 0x88);  // words 0, 4 of four planes
    const __m512i b1 = _mm512_shuffle_i64x2(a[odd], a[odd + 2], 0xDD);
    const __m512i b2 = _mm512_shuffle_i64x2(a[odd + 4], a[odd + 6], 0x88);
    const __m512i b3 = _mm512_shuffle_i64x2(a[odd + 4], a[odd + 6], 0xDD);
    store_rows(_mm512_shuffle_i64x2(b0, b2, 0x88), index + 64 * odd);
    store_rows(_mm512_shuffle_i64x2(b0, b2, 0xDD), index + 64 * (odd + 4));
    store_rows(_mm512_shuffle_i64x2(b1, b3, 0x88), index + 64 * (odd + 2));
    store_rows(_mm512_shuffle_i64x2(b1, b3, 0xDD), index + 64 * (odd + 6));
  }
}
#endif

// A byte per row: bits[0] is the highest of `depth` bits.
template <typename V>
SLIPWAY_INLINE void write_index(const V* bits, std::uint32_t depth, std::uint8_t* index) {
#if defined(__GFNI__)
  if constexpr (sizeof(V) == 64) return turn_bits(bits, depth, index);
#endif
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

// Of `Lanes` rows whose leaf numbers lie in `index`, the first `rows` count; a few more may be added.

// Eight rows at a time: their sums stay in registers while the trees pass.
template <typename S, std::size_t Lanes>
SLIPWAY_INLINE void add_by_load(const S* const* tables, std::size_t count,
                                const std::uint8_t* index, std::size_t rows, S* sums) {
  for (std::size_t r = 0; r < rows; r += 8) {
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
template <int Vectors>
SLIPWAY_INLINE void add_by_permutation(const float* table, const std::uint8_t* index,
                                       std::size_t rows, float* sums) {
  __m512 v[Vectors];
  for (int i = 0; i < Vectors; ++i) v[i] = _mm512_loadu_ps(table + 16 * i);
  for (std::size_t r = 0; r < rows; r += 16) {
    const __m512i at =
        _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(index + r)));
    _mm512_storeu_ps(sums + r,
                     _mm512_add_ps(_mm512_loadu_ps(sums + r), look_up<float, Vectors>(v, at)));
  }
}

template <int Vectors>
SLIPWAY_INLINE void add_by_permutation(const double* table, const std::uint8_t* index,
                                       std::size_t rows, double* sums) {
  __m512d v[Vectors];
  for (int i = 0; i < Vectors; ++i) v[i] = _mm512_loadu_pd(table + 8 * i);
  for (std::size_t r = 0; r < rows; r += 8) {
    const __m512i at =
        _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(index + r)));
    _mm512_storeu_pd(sums + r,
                     _mm512_add_pd(_mm512_loadu_pd(sums + r), look_up<double, Vectors>(v, at)));
  }
}

#if defined(__AVX512VBMI__)
constexpr std::uint32_t kByteTable = 64;

// Joining bytes to values leaves parts of each vector's rows in all of its four lanes; so that they come out in order,
// row numbers are put in this one first.
template <typename S>
struct ByteOrder {
  alignas(64) std::uint8_t at[64] = {};
  constexpr ByteOrder() {
    constexpr std::size_t kInLane = 16 / sizeof(S);
    for (std::size_t lane = 0; lane < 4; ++lane) {
      for (std::size_t place = 0; place < 16; ++place) {
        const std::size_t vector = place / kInLane;
        at[16 * lane + place] =
            static_cast<std::uint8_t>(64 / sizeof(S) * vector + kInLane * lane + place % kInLane);
      }
    }
  }
};

// A byte of each of 64 values out of 64 * Vectors; `high`: whose numbers are 128 or more.
template <int Vectors>
SLIPWAY_INLINE __m512i look_up_byte(const __m512i* table, __m512i at, __mmask64 high) {
  if constexpr (Vectors == 1) {
    return _mm512_maskz_permutexvar_epi8(~__mmask64{0}, at, table[0]);
  } else if constexpr (Vectors == 2) {
    return _mm512_permutex2var_epi8(table[0], at, table[1]);
  } else {
    return _mm512_mask_blend_epi8(high, look_up_byte<2>(table, at, high),
                                  look_up_byte<2>(table + 2, at, high));
  }
}

// Four bytes of 64 values each: 16 values a vector.
SLIPWAY_INLINE void join_bytes(const __m512i* byte, __m512i* joined) {
  const __m512i a = _mm512_unpacklo_epi8(byte[0], byte[1]);
  const __m512i b = _mm512_unpackhi_epi8(byte[0], byte[1]);
  const __m512i c = _mm512_unpacklo_epi8(byte[2], byte[3]);
  const __m512i d = _mm512_unpackhi_epi8(byte[2], byte[3]);
  joined[0] = _mm512_unpacklo_epi16(a, c);
  joined[1] = _mm512_unpackhi_epi16(a, c);
  joined[2] = _mm512_unpacklo_epi16(b, d);
  joined[3] = _mm512_unpackhi_epi16(b, d);
}

SLIPWAY_INLINE void add_joined(const __m512i* byte, float* sums) {
  __m512i value[4];
  join_bytes(byte, value);
  SLIPWAY_UNROLL(4)
  for (int v = 0; v < 4; ++v) {
    const __m512 sum = _mm512_loadu_ps(sums + 16 * v);
    _mm512_storeu_ps(sums + 16 * v, _mm512_add_ps(sum, _mm512_castsi512_ps(value[v])));
  }
}

SLIPWAY_INLINE void add_joined(const __m512i* byte, double* sums) {
  __m512i low[4], high[4];
  join_bytes(byte, low);
  join_bytes(byte + 4, high);
  SLIPWAY_UNROLL(4)
  for (int v = 0; v < 4; ++v) {
    double* to = sums + 16 * v;
    const __m512d a = _mm512_castsi512_pd(_mm512_unpacklo_epi32(low[v], high[v]));
    const __m512d b = _mm512_castsi512_pd(_mm512_unpackhi_epi32(low[v], high[v]));
    _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), a));
    _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), b));
  }
}

// Each byte of 64 * Vectors values lies by itself: permutations look it up for 64 rows, then they join.
template <typename S, int Vectors>
SLIPWAY_INLINE void add_by_bytes(const S* table, const std::uint8_t* index, std::size_t rows,
                                 S* sums) {
  constexpr int kBytes = sizeof(S);
  static constexpr ByteOrder<S> kOrder;
  const __m512i order = _mm512_load_si512(kOrder.at);
  __m512i v[kBytes * Vectors];
  SLIPWAY_UNROLL(32)
  for (int i = 0; i < kBytes * Vectors; ++i)
    v[i] = _mm512_loadu_si512(reinterpret_cast<const std::byte*>(table) + 64 * i);
  for (std::size_t r = 0; r < rows; r += 64) {
    const __m512i at =
        _mm512_maskz_permutexvar_epi8(~__mmask64{0}, order, _mm512_loadu_si512(index + r));
    const __mmask64 high = _mm512_movepi8_mask(at);
    __m512i byte[kBytes];
    SLIPWAY_UNROLL(8)
    for (int b = 0; b < kBytes; ++b) byte[b] = look_up_byte<Vectors>(v + Vectors * b, at, high);
    add_joined(byte, sums + r);
  }
}
#else
constexpr std::uint32_t kByteTable = 0;
#endif

// False if the table is too large for it. Tables have 16, 32, 64, 128 or 256 values.
template <typename S>
SLIPWAY_INLINE bool add_small(const S* table, std::uint32_t size, const std::uint8_t* index,
                              std::size_t rows, S* sums) {
  constexpr int kPer16 = sizeof(S) == 4 ? 1 : 2;
  if (size == 16) return add_by_permutation<kPer16>(table, index, rows, sums), true;
  if (size == 32) return add_by_permutation<2 * kPer16>(table, index, rows, sums), true;
#if defined(__AVX512VBMI__)
  if (size == 64) return add_by_bytes<S, 1>(table, index, rows, sums), true;
  if (size == 128) return add_by_bytes<S, 2>(table, index, rows, sums), true;
  return add_by_bytes<S, 4>(table, index, rows, sums), true;
#else
  if (size == 64) return add_by_permutation<4 * kPer16>(table, index, rows, sums), true;
  return false;
#endif
}
#else
constexpr std::uint32_t kByteTable = 0;
template <typename S>
SLIPWAY_INLINE bool add_small(const S*, std::uint32_t, const std::uint8_t*, std::size_t, S*) {
  return false;
}
#endif

// Adds column j of the leaves of trees [first, first + count), whose numbers lie in `index`.
template <typename S, std::size_t Lanes>
void add_leaves(const SliceTrees<S>& trees, std::size_t first, std::size_t count, std::uint32_t j,
                const std::uint8_t* index, std::size_t rows, S* sums) {
  const S* tables[kTreesAtOnce];
  for (std::size_t t = 0; t < count; ++t) {
    const SliceTree& tree = trees.trees[first + t];
    tables[t] = trees.leaves + tree.leaves + std::size_t{j} * tree.table_size;
  }
  for (std::size_t t = 0; t < count;) {
    if (add_small<S>(tables[t], trees.trees[first + t].table_size, index + t * Lanes, rows, sums)) {
      ++t;
      continue;
    }
    std::size_t n = 1;  // neighbours that are large, too
    while (t + n < count && trees.trees[first + t + n].table_size > 64) ++n;
    add_by_load<S, Lanes>(tables + t, n, index + t * Lanes, rows, sums);
    t += n;
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
