// A linear model behind its scalers, or a small network of them, as one pass over the row: requirements and
// arithmetic by column, then products with ReLU between, without a value that leaves the cache. The bits are those
// of the operators one by one.
//
//   if (auto chain = chain_before(model, node)) kernel = chain_kernel(*chain);   // in place of node's
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/model.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {

// What stands before the product at the end, first step first; and the products, the last one is the end.
struct Chain {
  struct Layer {
    const model::MatMul* product;
    bool relu;  // behind it
  };
  model::ValueId input = 0;
  std::vector<const model::Operator*> steps;  // Require, and Arithmetic of + - * /
  std::vector<Layer> layers;
};

// Nothing if the node is no product, or nothing stands before it, or there are too many columns.
std::optional<Chain> chain_before(const model::Model& model, std::size_t node);

std::unique_ptr<Kernel> chain_kernel(const Chain& chain);

}  // namespace slipway::scoring
