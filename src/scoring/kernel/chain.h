// A linear model behind its scalers as one pass over the row: requirements and arithmetic by column,
// then the dot product, without a value in between. The bits are those of the operators one by one.
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

// The product at the end, and what stands before it, first step first.
struct Chain {
  model::ValueId input = 0;
  std::vector<const model::Operator*> steps;  // Require, and Arithmetic of + - * /
  const model::MatMul* product = nullptr;
};

// Nothing if the node is no product of one column, or nothing stands before it.
std::optional<Chain> chain_before(const model::Model& model, std::size_t node);

std::unique_ptr<Kernel> chain_kernel(const Chain& chain);

}  // namespace slipway::scoring
