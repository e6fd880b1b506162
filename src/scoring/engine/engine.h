// One way of computing a TreeEnsemble. Every engine gives the reference engine's bits; they differ
// in speed.
//
//   auto engine = make_reference_engine(ensemble);
//   engine->run({values, rows, width}, sums);
//
// Engines are immutable once made and keep the ensemble's arrays alive; run() is safe from any
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "model/tree_ensemble.h"

namespace slipway::scoring {

// Row-major: row r, column c is values[r * width + c]. NaN is missing.
struct Rows {
  const double* values = nullptr;
  std::size_t rows = 0;
  std::size_t width = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  // Writes rows * outputs sums, row-major. `in.width` is the ensemble's.
  virtual void run(Rows in, double* sums) const = 0;
};

// Walks every tree node by node, as TreeEnsemble's comment says it, and adds leaves in tree order:
// slow, clear, and what all others are measured against. Precondition: check(ensemble) passed.
std::unique_ptr<Engine> make_reference_engine(model::TreeEnsemble ensemble);

}  // namespace slipway::scoring
