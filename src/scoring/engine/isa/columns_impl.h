// Many rows' values, column by column. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/row_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

#if defined(__AVX512F__)
SLIPWAY_INLINE void store_eight(__m512d eight, double* x) { _mm512_storeu_pd(x, eight); }
SLIPWAY_INLINE void store_eight(__m512d eight, float* x) {
  _mm256_storeu_ps(x, _mm512_cvtpd_ps(eight));
}
#endif

// A column of `count` rows that lie `width` values apart.
template <typename T>
SLIPWAY_INLINE void read_column(const double* value, std::size_t width, std::size_t count, T* x) {
  std::size_t r = 0;
#if defined(__AVX512F__)
  // Eight at a time: a line is written once.
  for (; r + 8 <= count; r += 8, value += 8 * width) {
    const double* far = value + 4 * width;
    store_eight(_mm512_setr_pd(value[0], value[width], value[2 * width], value[3 * width], far[0],
                               far[width], far[2 * width], far[3 * width]),
                x + r);
  }
#endif
  for (; r < count; ++r, value += width) x[r] = static_cast<T>(*value);
}

#if defined(__AVX512F__)
constexpr std::uint32_t kSquare = 8;      // rows and columns that change places at once
constexpr std::size_t kWorthASquare = 3;  // columns of them that are wanted
constexpr bool kHasSquares = true;

// to[c * step + r]: value c of row r.
SLIPWAY_INLINE void turn(const double* rows, std::size_t width, double* to, std::size_t step) {
  __m512d a[8], b[8];
  SLIPWAY_UNROLL(8)
  for (int r = 0; r < 8; r += 2) {
    const __m512d even = _mm512_loadu_pd(rows + r * width);
    const __m512d odd = _mm512_loadu_pd(rows + (r + 1) * width);
    a[r] = _mm512_unpacklo_pd(even, odd);  // columns 0, 2, 4, 6 of two rows
    a[r + 1] = _mm512_unpackhi_pd(even, odd);
  }
  SLIPWAY_UNROLL(2)
  for (int odd = 0; odd < 2; ++odd) {
    b[0] = _mm512_shuffle_f64x2(a[odd], a[odd + 2], 0x88);  // columns 0, 4 of four rows
    b[1] = _mm512_shuffle_f64x2(a[odd], a[odd + 2], 0xDD);
    b[2] = _mm512_shuffle_f64x2(a[odd + 4], a[odd + 6], 0x88);
    b[3] = _mm512_shuffle_f64x2(a[odd + 4], a[odd + 6], 0xDD);
    _mm512_storeu_pd(to + odd * step, _mm512_shuffle_f64x2(b[0], b[2], 0x88));
    _mm512_storeu_pd(to + (odd + 4) * step, _mm512_shuffle_f64x2(b[0], b[2], 0xDD));
    _mm512_storeu_pd(to + (odd + 2) * step, _mm512_shuffle_f64x2(b[1], b[3], 0x88));
    _mm512_storeu_pd(to + (odd + 6) * step, _mm512_shuffle_f64x2(b[1], b[3], 0xDD));
  }
}

SLIPWAY_INLINE void turn(const double* rows, std::size_t width, float* to, std::size_t step) {
  __m256 r[8], a[8], b[8];
  SLIPWAY_UNROLL(8)
  for (int k = 0; k < 8; ++k) r[k] = _mm512_cvtpd_ps(_mm512_loadu_pd(rows + k * width));
  SLIPWAY_UNROLL(4)
  for (int k = 0; k < 8; k += 2) {
    a[k] = _mm256_unpacklo_ps(r[k], r[k + 1]);      // columns 0, 1 (and 4, 5) of two rows
    a[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);  // 2, 3 (6, 7)
  }
  SLIPWAY_UNROLL(2)
  for (int half = 0; half < 8; half += 4) {
    b[half] = _mm256_shuffle_ps(a[half], a[half + 2], 0x44);  // column 0 (4) of four rows
    b[half + 1] = _mm256_shuffle_ps(a[half], a[half + 2], 0xEE);
    b[half + 2] = _mm256_shuffle_ps(a[half + 1], a[half + 3], 0x44);
    b[half + 3] = _mm256_shuffle_ps(a[half + 1], a[half + 3], 0xEE);
  }
  SLIPWAY_UNROLL(4)
  for (int c = 0; c < 4; ++c) {
    _mm256_storeu_ps(to + c * step, _mm256_permute2f128_ps(b[c], b[c + 4], 0x20));
    _mm256_storeu_ps(to + (c + 4) * step, _mm256_permute2f128_ps(b[c], b[c + 4], 0x31));
  }
}
#else
constexpr std::uint32_t kSquare = 8;
constexpr std::size_t kWorthASquare = 3;
constexpr bool kHasSquares = false;
template <typename T>
SLIPWAY_INLINE void turn(const double*, std::size_t, T*, std::size_t) {}
#endif

// How many groups from g on have their feature in the kSquare columns from g's on.
template <typename T>
SLIPWAY_INLINE std::size_t near_groups(const ConditionTable<T>& table, std::size_t g) {
  const std::uint32_t first = table.groups[g].feature;
  std::size_t n = 1;
  while (g + n < table.group_count && table.groups[g + n].feature >= first &&
         table.groups[g + n].feature < first + kSquare)
    ++n;
  return n;
}

// Columns of groups [g, g + n), by squares of rows and columns. Rows: a multiple of kSquare.
template <std::size_t Lanes, typename T>
SLIPWAY_INLINE void turn_columns(const ConditionTable<T>& table, std::size_t g, std::size_t n,
                                 const double* rows, std::size_t count, std::size_t width,
                                 T* columns) {
  const std::size_t feature = table.groups[g].feature;
  const std::size_t first = feature + kSquare <= width ? feature : width - kSquare;
  for (std::size_t r = 0; r < count; r += kSquare) {
    T square[kSquare * kSquare];
    turn(rows + r * width + first, width, square, kSquare);
    for (std::size_t i = g; i < g + n; ++i)
      __builtin_memcpy(columns + i * Lanes + r,
                       square + (table.groups[i].feature - first) * kSquare, kSquare * sizeof(T));
  }
}

// The groups' values side by side, group by group. Lanes beyond `count` hold 0. Some rows at a time:
// a row's values are read while they are in the cache.
template <typename V, typename T>
SLIPWAY_INLINE void read_columns(const ConditionTable<T>& table, const double* rows,
                                 std::size_t count, std::size_t width, T* columns) {
  constexpr std::size_t kLanes = 8 * sizeof(V);
  constexpr std::size_t kTile = 32;
  const double flush_below = table.flush_below;
  for (std::size_t first = 0; first < count; first += kTile, rows += kTile * width) {
    const std::size_t n = count - first < kTile ? count - first : kTile;
    const bool squares = kHasSquares && n % kSquare == 0 && width >= kSquare;
    for (std::size_t g = 0; g < table.group_count;) {
      std::size_t near = squares ? near_groups(table, g) : 1;
      if (near >= kWorthASquare) {
        turn_columns<kLanes>(table, g, near, rows, n, width, columns + first);
      } else {
        near = 1;
        read_column(rows + table.groups[g].feature, width, n, columns + g * kLanes + first);
      }
      for (const std::size_t end = g + near; g < end; ++g) {
        T* x = columns + g * kLanes + first;
        for (std::size_t r = 0; flush_below > 0 && r < n; ++r) x[r] = read<T>(x[r], flush_below);
        for (std::size_t r = 0; table.groups[g].zero_is_missing != 0 && r < n; ++r)
          x[r] = number_of(table.groups[g], x[r]);
      }
    }
  }
  for (std::size_t g = 0; count < kLanes && g < table.group_count; ++g) {
    for (std::size_t r = count; r < kLanes; ++r) columns[g * kLanes + r] = 0;
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
