// Many rows' answers, condition by condition: a plane has a bit per row. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/columns_impl.h"
#include "scoring/engine/isa/look_up_impl.h"
#include "scoring/engine/isa/row_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

SLIPWAY_INLINE void set_bit(std::byte* plane, std::size_t row) {
  reinterpret_cast<std::uint64_t*>(plane)[row / 64] |= std::uint64_t{1} << (row % 64);
}

// Words of so many rows: what is in a plane's words behind them does not matter.
SLIPWAY_INLINE std::size_t words_of(std::size_t rows) { return (rows + 63) / 64; }

template <typename T>
SLIPWAY_INLINE std::uint64_t find_missing(const T* x, std::size_t words, std::uint64_t* missing) {
  std::uint64_t any = 0;
  for (std::size_t w = 0; w < words; ++w) {
    // What equals itself reaches minus infinity; NaN does not.
    missing[w] = ~which_reach(x + 64 * w, -static_cast<T>(__builtin_inf()));
    any |= missing[w];
  }
  return any;
}

// By comparing every value with every threshold: quick where there are few.
template <typename V, typename T>
SLIPWAY_INLINE void compared_planes(const RankGroup& group, const T* thresholds, const T* column,
                                    std::size_t count, std::byte* planes) {
  // The last level has all thresholds in a row.
  const T* t = thresholds + group.level_at[group.levels - 1];
  auto* out = reinterpret_cast<std::uint64_t*>(planes + group.first * sizeof(V));
  constexpr std::size_t kChunks = sizeof(V) / 8;
  for (std::size_t chunk = 0; chunk < words_of(count); ++chunk) {
    for (std::uint32_t i = 0; i < group.count; ++i)
      out[i * kChunks + chunk] = which_reach(column + 64 * chunk, t[i]);
  }
}

#if defined(__AVX512BW__)
constexpr std::uint32_t kGroupMax = (1U << kTreeLevelsMax) - 1;

// By ranks of a byte, 64 of which are compared at once.
template <typename V, typename T>
SLIPWAY_INLINE void byte_planes(const RankGroup& group, const T* thresholds, const T* column,
                                std::size_t count, std::byte* planes) {
  constexpr std::size_t kChunks = sizeof(V) / 8;
  std::uint8_t ranks[64 * kChunks];
  tree_ranks(group, thresholds, column, 64 * words_of(count), ranks);
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
#else
constexpr std::uint32_t kGroupMax = 0;
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
    byte_planes<V>(group, table.thresholds, column, count, planes);
#endif
  } else if (group.count <= (sizeof(T) == 4 ? kComparedFloats : kComparedDoubles)) {
    compared_planes<V>(group, table.thresholds, column, count, planes);
  } else {
    ranked_planes<V>(group, table.thresholds, column, count, deltas, planes);
  }
  std::uint64_t missing[sizeof(V) / 8] = {};
  if (group.missing_any == 0 || find_missing(column, words_of(count), missing) == 0) return;
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
    for (std::size_t chunk = 0; chunk < words_of(count); ++chunk) {
      std::uint64_t square[64];
      for (std::size_t r = 0; r < 64; ++r)
        square[r] = words[std::size_t{codes[64 * chunk + r]} * group.words];
      transpose(square);
      for (std::uint32_t i = 0; i < columns; ++i) out[(64 * w + i) * kChunks + chunk] = square[i];
    }
  }
}

template <typename V>
SLIPWAY_INLINE void equal_plane(const EqualQuestion& question, const double* rows,
                                std::size_t count, std::size_t width, std::byte* plane) {
  store(plane, V{});
  const double* value = rows + question.feature;
  auto* out = reinterpret_cast<std::uint64_t*>(plane);
  for (std::size_t r = 0; r < count; ++r, value += width)
    out[r / 64] |= std::uint64_t{*value == question.value ? 1U : 0U} << (r % 64);
}

// The plane among 1 << asks of them that the asked planes choose, row by row.
template <typename V>
SLIPWAY_INLINE V choose_variant(const LookUps& in, const LookUpCondition& condition,
                                const std::byte* variants, const std::byte* planes) {
  const std::byte* from = variants + condition.variants * sizeof(V);
  if (condition.asks == 0) return load<V>(from);
  constexpr std::uint32_t kAsksMax = 8;
  V open[std::size_t{1} << (kAsksMax - 1)];
  const std::uint16_t* ask = in.asks + condition.asks_at;
  std::uint32_t count = 1U << (condition.asks - 1);
  V answer = load<V>(planes + ask[0] * sizeof(V));
  for (std::uint32_t i = 0; i < count; ++i) {
    const V no = load<V>(from + 2 * i * sizeof(V));
    open[i] = no ^ ((no ^ load<V>(from + (2 * i + 1) * sizeof(V))) & answer);
  }
  for (std::uint32_t k = 1; k < condition.asks; ++k) {
    answer = load<V>(planes + ask[k] * sizeof(V));
    count /= 2;
    for (std::uint32_t i = 0; i < count; ++i)
      open[i] = open[2 * i] ^ ((open[2 * i] ^ open[2 * i + 1]) & answer);
  }
  return open[0];
}

// to[i * step]: of variant i of a list's word w, a bit for each of 64 codes.
SLIPWAY_INLINE void turn_variants(const LookUpList& list, std::uint32_t w,
                                  const std::uint32_t* codes, std::size_t step, std::uint64_t* to) {
  std::uint64_t square[64];
  for (std::size_t r = 0; r < 64; ++r)
    square[r] = list.words[std::size_t{codes[r]} * list.width + w];
  transpose(square);
  for (std::uint32_t i = 0; i < 64; ++i) to[i * step] = square[i];
}

#if defined(__AVX512BW__)
// The bits of 64 bytes.
SLIPWAY_INLINE void turn_bytes(__m512i bytes, std::size_t step, std::uint64_t* to) {
  SLIPWAY_UNROLL(8)
  for (int bit = 0; bit < 8; ++bit)
    to[bit * step] = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(static_cast<char>(1 << bit)));
}

constexpr std::uint32_t kFewVariants = 16;  // that are turned sooner byte by byte

SLIPWAY_INLINE void turn_few_variants(const LookUpList& list, std::uint32_t w,
                                      const std::uint32_t* codes, std::size_t step,
                                      std::uint64_t* to) {
  for (std::uint32_t column = 64 * w; column < list.columns; column += 8, to += 8 * step) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(list.words) + column / 8;
    alignas(64) std::uint8_t bytes[64];
    for (std::size_t r = 0; r < 64; ++r) bytes[r] = from[std::size_t{codes[r]} * list.width * 8];
    turn_bytes(_mm512_load_si512(bytes), step, to);
  }
}
#endif

#if defined(__AVX512VBMI__)
SLIPWAY_INLINE void turn_in_registers(const LookUpList& list, const std::uint32_t* codes,
                                      std::size_t step, std::uint64_t* to) {
  alignas(64) std::uint8_t code[64];
  SLIPWAY_UNROLL(4)
  for (int i = 0; i < 64; i += 16)
    _mm_store_si128(reinterpret_cast<__m128i*>(code + i),
                    _mm512_maskz_cvtepi32_epi8(0xFFFF, _mm512_loadu_si512(codes + i)));
  const __m512i at = _mm512_load_si512(code);
  const std::uint8_t* table = list.bytes;
  for (std::uint32_t column = 0; column < list.columns; column += 8, to += 8 * step) {
    const __m512i low = _mm512_loadu_si512(table), high = _mm512_loadu_si512(table + 64);
    turn_bytes(_mm512_permutex2var_epi8(low, at, high), step, to);
    table += kCodesInRegisters;
  }
}
constexpr bool kTurnsInRegisters = true;
#else
SLIPWAY_INLINE void turn_in_registers(const LookUpList&, const std::uint32_t*, std::size_t,
                                      std::uint64_t*) {}
constexpr bool kTurnsInRegisters = false;
#endif

// All variants of a list for 64 codes.
SLIPWAY_INLINE void list_variants(const LookUpList& list, const std::uint32_t* codes,
                                  std::size_t step, std::uint64_t* to) {
  if (kTurnsInRegisters && list.bytes != nullptr) return turn_in_registers(list, codes, step, to);
  for (std::uint32_t w = 0; w < list.width; ++w, to += 64 * step) {
#if defined(__AVX512BW__)
    if (list.columns <= 64 * w + kFewVariants) {
      turn_few_variants(list, w, codes, step, to);
      continue;
    }
#endif
    turn_variants(list, w, codes, step, to);
  }
}

template <typename V>
void looked_up_planes(const LookUps& in, const std::uint32_t* codes, std::size_t count,
                      std::byte* variants, std::byte* planes) {
  constexpr std::size_t kChunks = sizeof(V) / 8;
  auto* to = reinterpret_cast<std::uint64_t*>(variants);
  for (std::size_t l = 0; l < in.list_count; ++l, codes += 8 * sizeof(V)) {
    for (std::size_t chunk = 0; chunk < words_of(count); ++chunk)
      list_variants(in.lists[l], codes + 64 * chunk, kChunks, to + chunk);
    to += std::size_t{64} * in.lists[l].width * kChunks;
  }
  for (std::uint32_t c = 0; c < in.condition_count; ++c)
    store(planes + (in.first + c) * sizeof(V),
          choose_variant<V>(in, in.conditions[c], variants, planes));
}

template <typename V, typename T, typename S>
void make_planes(const ConditionTable<T>& table, const double* rows, std::size_t count,
                 std::size_t width, const SliceWork<T, S>& work) {
  std::byte* planes = work.planes;
  read_columns<V>(table, rows, count, width, work.columns);
  for (std::size_t g = 0; g < table.group_count; ++g)
    number_planes<V>(table, table.groups[g], work.columns + g * 8 * sizeof(V), count, work.deltas,
                     planes);
  for (std::size_t g = 0; g < table.code_count; ++g)
    code_planes<V>(table, table.codes[g], rows, count, width, planes);
  for (std::uint32_t e = 0; e < table.equal_count; ++e)
    equal_plane<V>(table.equals[e], rows, count, width,
                   planes + (table.first_equal + e) * sizeof(V));
  if (work.looked_up != nullptr)
    looked_up_planes<V>(*work.looked_up, work.codes, count, work.variants, planes);
  store(planes + std::size_t{table.count} * sizeof(V), V{});
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
