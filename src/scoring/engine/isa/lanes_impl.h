// What the loops need of the instruction set at hand. Included by kernels_*.cc only, after
// SLIPWAY_ISA names the namespace; everything is local to the including file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/engine/isa/kernels.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// Clang only checks this code (sanitizers, static checks): it need not be quick there.
#if defined(__clang__)
#define SLIPWAY_UNROLL(n)
#else
#define SLIPWAY_PRAGMA(text) _Pragma(#text)
#define SLIPWAY_UNROLL(n) SLIPWAY_PRAGMA(GCC unroll n)
#endif
#define SLIPWAY_INLINE inline __attribute__((always_inline))

// Bits of 64, 256 and 512 rows. On narrower machines the compiler splits them.
using Bits64 = std::uint64_t;
typedef std::uint64_t Bits256 __attribute__((vector_size(32)));
typedef std::uint64_t Bits512 __attribute__((vector_size(64)));

template <typename V>
SLIPWAY_INLINE V load(const std::byte* at) {
  return *reinterpret_cast<const V*>(__builtin_assume_aligned(at, sizeof(V)));
}
template <typename V>
SLIPWAY_INLINE void store(std::byte* at, V value) {
  *reinterpret_cast<V*>(__builtin_assume_aligned(at, sizeof(V))) = value;
}

// Bytes that a copy moves at a time; it may go as many beyond its end.
#if defined(__AVX512F__)
constexpr std::uint32_t kCopyBytes = 64;
#else
constexpr std::uint32_t kCopyBytes = 32;
#endif

// How many of 16 thresholds x reaches; none if either is NaN.
#if defined(__AVX512F__)
SLIPWAY_INLINE std::uint32_t count_reached(float x, const float* t) {
  const __mmask16 reached = _mm512_cmp_ps_mask(_mm512_set1_ps(x), _mm512_loadu_ps(t), _CMP_GE_OQ);
  return static_cast<std::uint32_t>(__builtin_popcount(reached));
}
SLIPWAY_INLINE std::uint32_t count_reached(double x, const double* t) {
  const __m512d all = _mm512_set1_pd(x);
  const unsigned a = _mm512_cmp_pd_mask(all, _mm512_loadu_pd(t), _CMP_GE_OQ);
  const unsigned b = _mm512_cmp_pd_mask(all, _mm512_loadu_pd(t + 8), _CMP_GE_OQ);
  return static_cast<std::uint32_t>(__builtin_popcount(a | b << 8));
}
#elif defined(__AVX2__)
SLIPWAY_INLINE unsigned reached8(__m256 all, const float* t) {
  return static_cast<unsigned>(
      _mm256_movemask_ps(_mm256_cmp_ps(all, _mm256_loadu_ps(t), _CMP_GE_OQ)));
}
SLIPWAY_INLINE std::uint32_t count_reached(float x, const float* t) {
  const __m256 all = _mm256_set1_ps(x);
  return static_cast<std::uint32_t>(
      __builtin_popcount(reached8(all, t) | reached8(all, t + 8) << 8));
}
SLIPWAY_INLINE unsigned reached4(__m256d all, const double* t) {
  return static_cast<unsigned>(
      _mm256_movemask_pd(_mm256_cmp_pd(all, _mm256_loadu_pd(t), _CMP_GE_OQ)));
}
SLIPWAY_INLINE std::uint32_t count_reached(double x, const double* t) {
  const __m256d all = _mm256_set1_pd(x);
  const unsigned low = reached4(all, t) | reached4(all, t + 4) << 4;
  const unsigned high = reached4(all, t + 8) | reached4(all, t + 12) << 4;
  return static_cast<std::uint32_t>(__builtin_popcount(low | high << 8));
}
#elif defined(__aarch64__)
SLIPWAY_INLINE std::uint32_t count_reached(float x, const float* t) {
  const float32x4_t all = vdupq_n_f32(x);
  uint32x4_t sum = vdupq_n_u32(0);
  for (int i = 0; i < 16; i += 4) sum = vsubq_u32(sum, vcgeq_f32(all, vld1q_f32(t + i)));
  return vaddvq_u32(sum);
}
SLIPWAY_INLINE std::uint32_t count_reached(double x, const double* t) {
  const float64x2_t all = vdupq_n_f64(x);
  uint64x2_t sum = vdupq_n_u64(0);
  for (int i = 0; i < 16; i += 2) sum = vsubq_u64(sum, vcgeq_f64(all, vld1q_f64(t + i)));
  return static_cast<std::uint32_t>(vaddvq_u64(sum));
}
#else
template <typename T>
SLIPWAY_INLINE std::uint32_t count_reached(T x, const T* t) {
  std::uint32_t count = 0;
  for (int i = 0; i < 16; ++i) count += x >= t[i] ? 1 : 0;
  return count;
}
#endif

// Which of 64 values reach t, a bit each; and up to how many thresholds of a column this is quicker
// than a rank for each value.
#if defined(__AVX512BW__)
constexpr std::uint32_t kComparedFloats = 128, kComparedDoubles = 64;
constexpr std::uint32_t kComparedFew = 6;  // than ranks of a byte
SLIPWAY_INLINE std::uint64_t which_reach(const float* x, float t) {
  const __m512 all = _mm512_set1_ps(t);
  const __mmask16 a = _mm512_cmp_ps_mask(_mm512_loadu_ps(x), all, _CMP_GE_OQ);
  const __mmask16 b = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + 16), all, _CMP_GE_OQ);
  const __mmask16 c = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + 32), all, _CMP_GE_OQ);
  const __mmask16 d = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + 48), all, _CMP_GE_OQ);
  return _mm512_kunpackd(_mm512_kunpackw(d, c), _mm512_kunpackw(b, a));
}
SLIPWAY_INLINE __mmask16 sixteen_reach(const double* x, __m512d all) {
  const __mmask8 low = _mm512_cmp_pd_mask(_mm512_loadu_pd(x), all, _CMP_GE_OQ);
  const __mmask8 high = _mm512_cmp_pd_mask(_mm512_loadu_pd(x + 8), all, _CMP_GE_OQ);
  return _mm512_kunpackb(high, low);
}
SLIPWAY_INLINE std::uint64_t which_reach(const double* x, double t) {
  const __m512d all = _mm512_set1_pd(t);
  const __mmask16 a = sixteen_reach(x, all), b = sixteen_reach(x + 16, all);
  const __mmask16 c = sixteen_reach(x + 32, all), d = sixteen_reach(x + 48, all);
  return _mm512_kunpackd(_mm512_kunpackw(d, c), _mm512_kunpackw(b, a));
}
#elif defined(__AVX2__)
constexpr std::uint32_t kComparedFloats = 64, kComparedDoubles = 32;
SLIPWAY_INLINE std::uint64_t which_reach(const float* x, float t) {
  const __m256 all = _mm256_set1_ps(t);
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) {
    const __m256 reached = _mm256_cmp_ps(_mm256_loadu_ps(x + 8 * i), all, _CMP_GE_OQ);
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_ps(reached)))
            << (8 * i);
  }
  return bits;
}
SLIPWAY_INLINE std::uint64_t which_reach(const double* x, double t) {
  const __m256d all = _mm256_set1_pd(t);
  std::uint64_t bits = 0;
  for (int i = 0; i < 16; ++i) {
    const __m256d reached = _mm256_cmp_pd(_mm256_loadu_pd(x + 4 * i), all, _CMP_GE_OQ);
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_pd(reached)))
            << (4 * i);
  }
  return bits;
}
#elif defined(__x86_64__)
constexpr std::uint32_t kComparedFloats = 32, kComparedDoubles = 16;
SLIPWAY_INLINE std::uint64_t which_reach(const float* x, float t) {
  const __m128 all = _mm_set1_ps(t);
  std::uint64_t bits = 0;
  for (int i = 0; i < 16; ++i) {
    const __m128 reached = _mm_cmpge_ps(_mm_loadu_ps(x + 4 * i), all);
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_ps(reached))) << (4 * i);
  }
  return bits;
}
SLIPWAY_INLINE std::uint64_t which_reach(const double* x, double t) {
  const __m128d all = _mm_set1_pd(t);
  std::uint64_t bits = 0;
  for (int i = 0; i < 32; ++i) {
    const __m128d reached = _mm_cmpge_pd(_mm_loadu_pd(x + 2 * i), all);
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_pd(reached))) << (2 * i);
  }
  return bits;
}
#else
constexpr std::uint32_t kComparedFloats = 8, kComparedDoubles = 8;
template <typename T>
SLIPWAY_INLINE std::uint64_t which_reach(const T* x, T t) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 64; ++i) bits |= std::uint64_t{x[i] >= t} << i;
  return bits;
}
#endif

// A byte, 0 or 1, per bit of a byte; the lowest bit's first.
SLIPWAY_INLINE std::uint64_t spread(std::uint64_t byte) {
  const std::uint64_t picked = (byte * 0x0101010101010101U) & 0x8040201008040201U;
  return ((picked + 0x7F7F7F7F7F7F7F7FU) >> 7) & 0x0101010101010101U;
}

SLIPWAY_INLINE void write_bytes(std::uint64_t bits, std::uint8_t* out) {  // 64 of them
#if defined(__AVX512BW__)
  _mm512_storeu_si512(out, _mm512_maskz_set1_epi8(bits, 1));
#else
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t eight = spread((bits >> (8 * i)) & 0xFF);
    __builtin_memcpy(out + 8 * i, &eight, 8);
  }
#endif
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
