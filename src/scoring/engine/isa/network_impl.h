// Steps and several products as one pass over a few rows at a time. See product_impl.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scoring/engine/isa/product_impl.h"

namespace slipway::scoring::isa::SLIPWAY_ISA {
namespace {

// Values between two layers; a tile of steps writes beyond its row's end.
struct alignas(64) Between {
  double values[kTileRows * kLayerColumns + 8 * kTileVectors];
};

SLIPWAY_INLINE void steps_row(const Chain& chain, const double* x, EightFlags* refused,
                              double* to) {
  for (std::size_t first = 0; first < chain.width; first += 8 * kTileVectors) {
    Eight value[kTileVectors];
    chain_tile(chain, x, first, value, refused);
    SLIPWAY_UNROLL(4)
    for (std::size_t t = 0; t < kTileVectors; ++t) store_eight(to + first + 8 * t, value[t]);
  }
}

bool network(const Network& net, const double* x, std::size_t rows, double* out) {
  Between between[2];
  EightFlags refused{};
  const std::size_t width = net.steps.width;
  for (std::size_t row = 0; row < rows; row += kTileRows) {
    const std::size_t together = rows - row < kTileRows ? rows - row : kTileRows;
    const double* from = x + row * width;
    if (net.steps.count > 0) {
      for (std::size_t r = 0; r < together; ++r)
        steps_row(net.steps, from + r * width, &refused, between[1].values + r * width);
      from = between[1].values;
    }
    for (std::size_t l = 0; l < net.count; ++l) {
      Product p = net.layers[l];
      p.x = from;
      p.rows = together;
      double* to = l + 1 == net.count ? out + row * p.columns : between[l % 2].values;
      matmul(p, to);
      from = to;
    }
  }
  std::int64_t any = 0;
  for (int k = 0; k < 8; ++k) any |= refused[k];
  return any == 0;
}

}  // namespace
}  // namespace slipway::scoring::isa::SLIPWAY_ISA
