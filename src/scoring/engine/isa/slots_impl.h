// One row's ranks as the bytes of two registers: the slots of permute_kernels.h. Included by
// kernels_vbmi.cc only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/permute_kernels.h"
#include "scoring/engine/isa/row_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// Sixteen values, one per lane.
template <typename T>
struct Sixteen;
template <>
struct Sixteen<float> {
  __m512 v;
  SLIPWAY_INLINE static Sixteen load(const float* from) { return {_mm512_loadu_ps(from)}; }
  SLIPWAY_INLINE void store(float* to) const { _mm512_storeu_ps(to, v); }
  SLIPWAY_INLINE __mmask16 reach(const float* t) const {
    return _mm512_cmp_ps_mask(v, _mm512_loadu_ps(t), _CMP_GE_OQ);
  }
  SLIPWAY_INLINE __mmask16 missing() const { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q); }
  SLIPWAY_INLINE __mmask16 within(float bound) const {
    return _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(bound), _CMP_LE_OQ);
  }
  SLIPWAY_INLINE void set(__mmask16 where, float value) {
    v = _mm512_mask_mov_ps(v, where, _mm512_set1_ps(value));
  }
};
template <>
struct Sixteen<double> {
  __m512d a, b;
  SLIPWAY_INLINE static Sixteen load(const double* from) {
    return {_mm512_loadu_pd(from), _mm512_loadu_pd(from + 8)};
  }
  SLIPWAY_INLINE void store(double* to) const {
    _mm512_storeu_pd(to, a);
    _mm512_storeu_pd(to + 8, b);
  }
  SLIPWAY_INLINE __mmask16 reach(const double* t) const {
    return _mm512_kunpackb(_mm512_cmp_pd_mask(b, _mm512_loadu_pd(t + 8), _CMP_GE_OQ),
                           _mm512_cmp_pd_mask(a, _mm512_loadu_pd(t), _CMP_GE_OQ));
  }
  SLIPWAY_INLINE __mmask16 missing() const {
    return _mm512_kunpackb(_mm512_cmp_pd_mask(b, b, _CMP_UNORD_Q),
                           _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q));
  }
  SLIPWAY_INLINE __mmask16 within(double bound) const {
    const __m512d most = _mm512_set1_pd(bound);
    return _mm512_kunpackb(_mm512_cmp_pd_mask(_mm512_abs_pd(b), most, _CMP_LE_OQ),
                           _mm512_cmp_pd_mask(_mm512_abs_pd(a), most, _CMP_LE_OQ));
  }
  SLIPWAY_INLINE void set(__mmask16 where, double value) {
    const __m512d all = _mm512_set1_pd(value);
    a = _mm512_mask_mov_pd(a, static_cast<__mmask8>(where), all);
    b = _mm512_mask_mov_pd(b, static_cast<__mmask8>(where >> 8), all);
  }
};

struct RowRanks {
  alignas(64) std::uint8_t rank[kSlotsMax];  // per source
  std::uint64_t missing[kSlotsMax / 64];     // a bit per source
};

// Of each lane: its value, whether that is missing, and the first level of its rank.
template <typename T>
SLIPWAY_INLINE void read_lanes(const PermuteRow<T>& in, const double* row, T* values,
                               RowRanks* out) {
  for (std::uint32_t lane = 0; lane < in.lanes; ++lane)
    values[lane] = static_cast<T>(row[in.features[lane]]);
  const __m512i one = _mm512_set1_epi32(1);
  const T* thresholds = in.first_levels;
  for (std::uint32_t lane = 0; lane < in.lanes; lane += kGroupsAtOnce) {
    const std::uint32_t chunk = lane / kGroupsAtOnce;
    Sixteen<T> x = Sixteen<T>::load(values + lane);
    // Zeros compare alike whatever their sign: where only they are flushed, nothing is to be done.
    if (in.flush_to > 0) x.set(x.within(in.flush_to), 0);
    if (const __mmask16 zero = in.zero_missing[chunk]; zero != 0)
      x.set(zero & x.within(static_cast<T>(kZeroBound)), static_cast<T>(__builtin_nan("")));
    x.store(values + lane);
    out->missing[lane / 64] |= std::uint64_t{x.missing()} << (lane % 64);
    __m512i count = _mm512_setzero_si512();
    SLIPWAY_UNROLL(4)
    for (std::uint32_t i = 0; i < in.first_counts[chunk]; ++i)
      count = _mm512_mask_add_epi32(count, x.reach(thresholds + i * kGroupsAtOnce), count, one);
    thresholds += kBlock * kGroupsAtOnce;
    _mm_store_si128(reinterpret_cast<__m128i*>(out->rank + lane), _mm512_cvtepi32_epi8(count));
  }
}

// The rest: groups of more levels, or of several spans, which take the places of their lanes and
// those behind.
template <typename T>
SLIPWAY_INLINE void add_spans(const PermuteRow<T>& in, const T* values, RowRanks* out) {
  for (std::uint32_t bit = in.two_levels; bit < kSlotsMax; ++bit)
    out->missing[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
  for (std::uint32_t i = 0; i < in.span_count; ++i) {
    const PermuteSpans& to = in.spans[i];
    const T x = values[in.two_levels + i];
    const std::uint32_t rank = rank_of(in.table->groups[to.group], in.table->thresholds, x);
    for (std::uint32_t s = 0; s < to.spans; ++s) {
      const std::uint32_t above = rank > s * kSlotRanks ? rank - s * kSlotRanks : 0;
      const std::uint32_t source = to.source + s;
      out->rank[source] = static_cast<std::uint8_t>(above < kSlotRanks ? above : kSlotRanks);
      if (x != x) out->missing[source / 64] |= std::uint64_t{1} << (source % 64);
    }
  }
}

template <typename T>
void row_slots(const PermuteRow<T>& in, const double* row, RowSlots* out) {
  alignas(64) T values[kSlotsMax];
  RowRanks ranks;
  ranks.missing[0] = ranks.missing[1] = 0;
  read_lanes(in, row, values, &ranks);
  for (std::uint32_t g = in.one_level; g < in.two_levels; ++g) {
    const std::uint32_t block = ranks.rank[g] * kBlock;
    const T* thresholds = in.table->thresholds + in.second_levels[g] + block;
    ranks.rank[g] = static_cast<std::uint8_t>(block + count_reached(values[g], thresholds));
  }
  if (in.span_count > 0) add_spans(in, values, &ranks);
  const __m512i low = _mm512_load_si512(ranks.rank), high = _mm512_load_si512(ranks.rank + 64);
  const __m512i low_missing = _mm512_movm_epi8(ranks.missing[0]);
  const __m512i high_missing = _mm512_movm_epi8(ranks.missing[1]);
  for (int half = 0; half < 2; ++half) {
    const __m512i source = _mm512_load_si512(in.source + 64 * half);
    const __m512i missing =
        _mm512_maskz_permutex2var_epi8(in.high[half], low_missing, source, high_missing);
    const __m512i rank = _mm512_permutex2var_epi8(low, source, high);
    _mm512_store_si512(out->rank + 64 * half, _mm512_or_si512(rank, missing));
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
