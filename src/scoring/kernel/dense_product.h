// A product's weights laid out for the loops of engine/isa: each input's start a cache line.
//
//   const DenseProduct product(op);
//   kernels.matmul(product.of(rows), out);
//
// Immutable; what of() gives is good as long as the product is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/large_pages.h"
#include "model/operators/linear.h"
#include "scoring/engine/engine.h"
#include "scoring/engine/isa/products.h"

namespace slipway::scoring {

class DenseProduct {
 public:
  // relu: what is below 0 becomes 0, as Map's kRelu has it. behind_relu: so it was with the inputs.
  explicit DenseProduct(const model::MatMul& op, bool relu = false, bool behind_relu = false);

  isa::Product of(Rows in) const {
    return {in.values,
            in.rows,
            inputs_,
            weights_.data(),
            columns_,
            stride_,
            bias_.empty() ? nullptr : bias_.data(),
            relu_,
            skips_zeros_};
  }
  std::size_t inputs() const { return inputs_; }
  std::size_t columns() const { return columns_; }
  std::size_t memory_bytes() const { return weights_.size() * sizeof(double); }

 private:
  std::size_t columns_, inputs_, stride_;
  bool relu_, skips_zeros_;
  std::vector<double, LargePages<double>> weights_;
  std::vector<double> bias_;
};

}  // namespace slipway::scoring
