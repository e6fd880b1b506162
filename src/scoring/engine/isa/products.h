// What the loops over products of rows and weights get: kernels.h. Plain data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway::scoring::isa {

// rows * inputs times inputs * columns: model/operators/linear.h says in which order sums are made. Of several columns, an
// input's weights start a cache line and are `stride` apart, a multiple of 8: with zeros behind them, as behind `bias`.
struct Product {
  const double* x;
  std::size_t rows;
  std::size_t inputs;
  const double* weights;
  std::size_t columns;
  std::size_t stride;
  const double* bias;  // null: none
  bool relu;           // then what is not above 0 becomes 0, but a NaN
  bool
      skips_zeros;  // inputs that are 0 need not be looked at: all weights are finite, and many may be
};

// Steps on a row's columns, then its dot product with `weights`. Operands and weights are padded to a
// multiple of 32: with 1 and 0.
enum class ChainKind : std::uint32_t { kRequire, kAdd, kSub, kMul, kDiv };
struct ChainStep {
  ChainKind kind;
  bool no_missing;        // kRequire: NaN is refused, too
  double limit;           // kRequire: what is this large or larger is refused
  const double* operand;  // else
};
struct Chain {
  const ChainStep* steps;
  std::size_t count;
  std::size_t width;
  const double* weights;
  const double* bias;  // null: none
};

// Steps, then products one after the other; none has more than kLayerColumns inputs or columns. `x`, `rows` of
// products, and `weights`, `bias` of the steps are not looked at.
constexpr std::size_t kLayerColumns = 256;
struct Network {
  Chain steps;
  const Product* layers;
  std::size_t count;
};

}  // namespace slipway::scoring::isa
