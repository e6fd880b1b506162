// Products of rows and weights. See lanes_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/lanes_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// Eight doubles, wherever they lie.
typedef double Eight __attribute__((vector_size(64)));
typedef double EightAnywhere __attribute__((vector_size(64), aligned(8)));

SLIPWAY_INLINE Eight load_eight(const double* at) {
  return *reinterpret_cast<const EightAnywhere*>(at);
}
SLIPWAY_INLINE void store_eight(double* at, Eight value) {
  *reinterpret_cast<EightAnywhere*>(at) = value;
}

// One column.
SLIPWAY_INLINE double dot(const double* x, const double* weights, std::size_t count) {
  Eight sums{};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) sums += load_eight(x + i) * load_eight(weights + i);
  for (std::size_t k = 0; i + k < count; ++k) sums[k] += x[i + k] * weights[i + k];
  const double a = (sums[0] + sums[4]) + (sums[2] + sums[6]);
  const double b = (sums[1] + sums[5]) + (sums[3] + sums[7]);
  return a + b;
}

// ---- a chain of steps and one column ----

typedef std::int64_t EightFlags __attribute__((vector_size(64)));

// Columns that go through the steps together: what a step is, is asked once for all of them.
constexpr std::size_t kTileVectors = 4;

SLIPWAY_INLINE void apply(const ChainStep& step, const double* operand, Eight* x,
                          EightFlags* refused) {
  switch (step.kind) {
    case ChainKind::kRequire:
      SLIPWAY_UNROLL(4)
      for (std::size_t t = 0; t < kTileVectors; ++t) {
        const Eight size = x[t] < 0.0 ? -x[t] : x[t];
        *refused |= size >= step.limit;
        if (step.no_missing) *refused |= x[t] != x[t];
      }
      return;
    case ChainKind::kAdd:
      SLIPWAY_UNROLL(4)
      for (std::size_t t = 0; t < kTileVectors; ++t) x[t] += load_eight(operand + 8 * t);
      return;
    case ChainKind::kSub:
      SLIPWAY_UNROLL(4)
      for (std::size_t t = 0; t < kTileVectors; ++t) x[t] -= load_eight(operand + 8 * t);
      return;
    case ChainKind::kMul:
      SLIPWAY_UNROLL(4)
      for (std::size_t t = 0; t < kTileVectors; ++t) x[t] *= load_eight(operand + 8 * t);
      return;
    case ChainKind::kDiv:
      SLIPWAY_UNROLL(4)
      for (std::size_t t = 0; t < kTileVectors; ++t) x[t] /= load_eight(operand + 8 * t);
      return;
  }
}

// The last `count` of a row, fewer than eight, with zeros behind them; `row_columns` lie before its
// end.
SLIPWAY_INLINE Eight load_last(const double* at, std::size_t count, std::size_t row_columns) {
  Eight value{};
  if (row_columns < 8) {
    for (std::size_t k = 0; k < count; ++k) value[k] = at[k];
    return value;
  }
  // What a row ends with, moved to the front: nothing is read beyond it.
  const std::size_t shift = 8 - count;
  const Eight end = load_eight(at - shift);
#if defined(__clang__)  // knows no shuffle by a variable
  double both[16] = {};
  store_eight(both, end);
  return load_eight(both + shift);
#else
  const EightFlags lane{0, 1, 2, 3, 4, 5, 6, 7};
  return __builtin_shuffle(end, value, lane + static_cast<std::int64_t>(shift));
#endif
}

// A tile of the row, from `first` on, behind all steps.
SLIPWAY_INLINE void chain_tile(const Chain& chain, const double* x, std::size_t first, Eight* value,
                               EightFlags* refused) {
  SLIPWAY_UNROLL(4)
  for (std::size_t t = 0; t < kTileVectors; ++t) {
    const std::size_t i = first + 8 * t;
    if (i + 8 <= chain.width) {
      value[t] = load_eight(x + i);
    } else {
      value[t] = i < chain.width ? load_last(x + i, chain.width - i, chain.width) : Eight{};
    }
  }
  for (std::size_t s = 0; s < chain.count; ++s)
    apply(chain.steps[s], chain.steps[s].operand + first, value, refused);
}

SLIPWAY_INLINE double chain_row(const Chain& chain, const double* x, EightFlags* refused) {
  Eight sums{};
  for (std::size_t first = 0; first < chain.width; first += 8 * kTileVectors) {
    Eight value[kTileVectors];
    chain_tile(chain, x, first, value, refused);
    // Columns that are not there weigh 0.
    SLIPWAY_UNROLL(4)
    for (std::size_t t = 0; t < kTileVectors; ++t)
      sums += value[t] * load_eight(chain.weights + first + 8 * t);
  }
  const double a = (sums[0] + sums[4]) + (sums[2] + sums[6]);
  const double b = (sums[1] + sums[5]) + (sums[3] + sums[7]);
  return chain.bias == nullptr ? a + b : (a + b) + *chain.bias;
}

bool chain(const Chain& c, const double* x, std::size_t rows, double* out) {
  EightFlags refused{};
  for (std::size_t row = 0; row < rows; ++row, x += c.width) out[row] = chain_row(c, x, &refused);
  std::int64_t any = 0;
  for (int k = 0; k < 8; ++k) any |= refused[k];
  return any == 0;
}

// ---- several columns ----

// Rows and vectors of eight columns whose sums stay in registers: of one row, and of several, which
// share what is loaded of the weights.
#if defined(__AVX512F__)
constexpr std::size_t kRowVectors = 8, kTileRows = 4, kTileColumns = 4;
#else
constexpr std::size_t kRowVectors = 4, kTileRows = 2, kTileColumns = 2;
#endif

// The last vector of a row may have fewer columns.
SLIPWAY_INLINE void store_columns(const Product& p, std::size_t first, Eight value, double* out) {
  if (first + 8 <= p.columns) return store_eight(out + first, value);
  for (std::size_t k = 0; first + k < p.columns; ++k) out[first + k] = value[k];
}

template <int Vectors>
SLIPWAY_INLINE void store_sums(const Product& p, const Eight* sums, std::size_t first,
                               double* out) {
  SLIPWAY_UNROLL(8)
  for (int v = 0; v < Vectors; ++v) {
    const std::size_t at = first + 8 * static_cast<std::size_t>(v);
    Eight sum = sums[v];
    if (p.bias != nullptr) sum += load_eight(p.bias + at);
    if (p.relu) sum = sum <= 0.0 ? Eight{} : sum;
    store_columns(p, at, sum, out);
  }
}

template <int TileRows, int Vectors>
SLIPWAY_INLINE void product_tile(const Product& p, const double* x, std::size_t first,
                                 double* out) {
  Eight sums[TileRows][Vectors] = {};
  const auto* weights = reinterpret_cast<const Eight*>(p.weights + first);
  for (std::size_t i = 0; i < p.inputs; ++i, weights += p.stride / 8) {
    SLIPWAY_UNROLL(4)
    for (int r = 0; r < TileRows; ++r) {
      const double of_row = x[static_cast<std::size_t>(r) * p.inputs + i];
      SLIPWAY_UNROLL(8)
      for (int v = 0; v < Vectors; ++v) sums[r][v] += of_row * weights[v];
    }
  }
  SLIPWAY_UNROLL(4)
  for (int r = 0; r < TileRows; ++r)
    store_sums<Vectors>(p, sums[r], first, out + static_cast<std::size_t>(r) * p.columns);
}

// Bit k: value k is not 0 (a NaN is not).
SLIPWAY_INLINE std::uint64_t not_zero(Eight x) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask(reinterpret_cast<__m512d>(x), _mm512_setzero_pd(), _CMP_NEQ_UQ);
#else
  std::uint64_t bits = 0;
  SLIPWAY_UNROLL(8)
  for (int k = 0; k < 8; ++k) bits |= static_cast<std::uint64_t>(x[k] != 0.0) << k;
  return bits;
#endif
}

SLIPWAY_INLINE std::uint64_t not_zero(const double* x, std::size_t count) {
  std::uint64_t bits = 0;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) bits |= not_zero(load_eight(x + i)) << i;
  for (; i < count; ++i) bits |= static_cast<std::uint64_t>(x[i] != 0.0) << i;
  return bits;
}

// Behind a ReLU half of a row's values are 0: their weights need not even be loaded. What they would add is 0 or
// -0, which changes no sum that began as 0.
template <int Vectors>
SLIPWAY_INLINE void product_of_some(const Product& p, const double* x, std::size_t first,
                                    double* out) {
  Eight sums[Vectors] = {};
  const double* weights = p.weights + first;
  for (std::size_t base = 0; base < p.inputs; base += 64) {
    const std::size_t left = p.inputs - base;
    std::uint64_t bits = not_zero(x + base, left < 64 ? left : 64);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t i = base + static_cast<std::size_t>(__builtin_ctzll(bits));
      const auto* of_input = reinterpret_cast<const Eight*>(weights + i * p.stride);
      const double of_row = x[i];
      SLIPWAY_UNROLL(8)
      for (int v = 0; v < Vectors; ++v) sums[v] += of_row * of_input[v];
    }
  }
  store_sums<Vectors>(p, sums, first, out);
}

template <int Vectors>
SLIPWAY_INLINE void product_row_of_some(const Product& p, const double* x, double* out) {
  constexpr std::size_t kWide = 8 * Vectors;
  std::size_t j = 0;
  for (; j + kWide <= p.stride; j += kWide) product_of_some<Vectors>(p, x, j, out);
  for (; j < p.stride; j += 8) product_of_some<1>(p, x, j, out);
}

template <int TileRows, int Vectors>
SLIPWAY_INLINE void product_rows(const Product& p, const double* x, double* out) {
  constexpr std::size_t kWide = 8 * Vectors;
  std::size_t j = 0;
  for (; j + kWide <= p.stride; j += kWide) product_tile<TileRows, Vectors>(p, x, j, out);
  for (; j < p.stride; j += 8) product_tile<TileRows, 1>(p, x, j, out);
}

SLIPWAY_INLINE void product_one_column(const Product& p, double* out) {
  const double* x = p.x;
  for (std::size_t row = 0; row < p.rows; ++row, x += p.inputs) {
    double sum = dot(x, p.weights, p.inputs);
    if (p.bias != nullptr) sum += *p.bias;
    out[row] = p.relu && sum <= 0.0 ? 0.0 : sum;
  }
}

void matmul(const Product& p, double* out) {
  if (p.columns == 1) return product_one_column(p, out);
  std::size_t row = 0;
  for (; !p.skips_zeros && row + kTileRows <= p.rows; row += kTileRows)
    product_rows<kTileRows, kTileColumns>(p, p.x + row * p.inputs, out + row * p.columns);
  for (; row < p.rows; ++row) {
    const double* x = p.x + row * p.inputs;
    double* to = out + row * p.columns;
    p.skips_zeros ? product_row_of_some<kRowVectors>(p, x, to)
                  : product_rows<1, kRowVectors>(p, x, to);
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
