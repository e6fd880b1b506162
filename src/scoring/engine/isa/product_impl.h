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

SLIPWAY_INLINE Eight apply(const ChainStep& step, std::size_t at, Eight x, EightFlags* refused) {
  switch (step.kind) {
    case ChainKind::kRequire: {
      const Eight size = x < 0.0 ? -x : x;
      *refused |= size >= step.limit;
      if (step.no_missing) *refused |= x != x;
      return x;
    }
    case ChainKind::kAdd:
      return x + load_eight(step.operand + at);
    case ChainKind::kSub:
      return x - load_eight(step.operand + at);
    case ChainKind::kMul:
      return x * load_eight(step.operand + at);
    case ChainKind::kDiv:
      return x / load_eight(step.operand + at);
  }
  return x;
}

SLIPWAY_INLINE double chain_row(const Chain& chain, const double* x, EightFlags* refused) {
  Eight sums{};
  for (std::size_t i = 0; i < chain.width; i += 8) {
    Eight value{};
    if (i + 8 <= chain.width) {
      value = load_eight(x + i);
    } else {
      __builtin_memcpy(&value, x + i, (chain.width - i) * sizeof(double));
    }
    for (std::size_t s = 0; s < chain.count; ++s) value = apply(chain.steps[s], i, value, refused);
    // Columns that are not there weigh 0.
    sums += value * load_eight(chain.weights + i);
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

// Several columns, `Vectors` times eight of them at a time, so that their sums stay in registers.
template <int Vectors>
SLIPWAY_INLINE void product_columns(const Product& p, const double* x, std::size_t first,
                                    double* out) {
  Eight sums[Vectors] = {};
  const double* weights = p.weights + first;
  for (std::size_t i = 0; i < p.inputs; ++i, weights += p.columns) {
    SLIPWAY_UNROLL(4)
    for (int v = 0; v < Vectors; ++v) sums[v] += x[i] * load_eight(weights + 8 * v);
  }
  for (int v = 0; v < Vectors; ++v) {
    if (p.bias != nullptr) sums[v] += load_eight(p.bias + first + 8 * v);
    store_eight(out + first + 8 * v, sums[v]);
  }
}

SLIPWAY_INLINE void product_row(const Product& p, const double* x, double* out) {
  std::size_t j = 0;
  for (; j + 32 <= p.columns; j += 32) product_columns<4>(p, x, j, out);
  for (; j + 8 <= p.columns; j += 8) product_columns<1>(p, x, j, out);
  for (; j < p.columns; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < p.inputs; ++i) sum += x[i] * p.weights[i * p.columns + j];
    out[j] = p.bias == nullptr ? sum : sum + p.bias[j];
  }
}

void matmul(const Product& p, double* out) {
  const double* x = p.x;
  for (std::size_t row = 0; row < p.rows; ++row, x += p.inputs, out += p.columns) {
    if (p.columns == 1) {
      const double sum = dot(x, p.weights, p.inputs);
      *out = p.bias == nullptr ? sum : sum + *p.bias;
    } else {
      product_row(p, x, out);
    }
  }
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
