// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/dense_product.h"

#include <algorithm>
#include <cmath>

namespace slipway::scoring {

DenseProduct::DenseProduct(const model::MatMul& op, bool relu, bool behind_relu)
    : columns_(op.columns),
      inputs_(op.weights.size() / op.columns),
      stride_(op.columns == 1 ? 1 : (std::size_t{op.columns} + 7) / 8 * 8),
      relu_(relu),
      skips_zeros_(behind_relu && std::all_of(op.weights.begin(), op.weights.end(),
                                              [](double w) { return std::isfinite(w); })),
      weights_(inputs_ * stride_),
      bias_(op.bias.begin(), op.bias.end()) {
  for (std::size_t i = 0; i < inputs_; ++i)
    std::copy_n(op.weights.data() + i * columns_, columns_, weights_.data() + i * stride_);
  if (!bias_.empty()) bias_.resize(stride_);
}

}  // namespace slipway::scoring
