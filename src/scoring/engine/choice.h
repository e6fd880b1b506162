// Which engine computes a TreeEnsemble for how many rows. All give the same bits, so the choice is
// one of speed alone.
//
//   const EngineSet set(ensemble, {.isa = isa::best_isa()});
//   set.run(rows, sums, scratch);                       // by the number of rows
//   const EngineTable measured = measure(set_options, ensemble, sample);      // measure.h
//
// Immutable once made; run() is safe from any thread, with a scratch of the caller's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/engine/engines.h"

namespace slipway::scoring {

// From `rows` rows on, `engine`. The first is from 1 row on; rows rise.
struct EngineRule {
  std::size_t rows = 1;
  std::string engine;
  friend bool operator==(const EngineRule&, const EngineRule&) = default;
};
using EngineTable = std::vector<EngineRule>;

struct EngineOptions {
  isa::Isa isa = isa::best_isa();
  std::string forced;  // this engine alone, where it can be made; else the table
  EngineTable table;   // as measured; empty: by the forest's shape
};

class EngineSet {
 public:
  // An engine of the table that cannot be made is passed over. Precondition: check(ensemble) passed.
  EngineSet(const model::TreeEnsemble& ensemble, const EngineOptions& options);

  void run(Rows in, double* sums, Scratch& scratch) const;

  const EngineTable& table() const { return table_; }
  // What the compilation to conditions made of it; null where it could not be compiled.
  const Forest* forest() const { return forest_.get(); }

 private:
  const Engine& engine_for(std::size_t rows) const;
  bool add(std::size_t rows, std::string_view name, const model::TreeEnsemble& ensemble,
           isa::Isa isa);

  SharedForest forest_;
  EngineTable table_;
  std::vector<std::unique_ptr<Engine>> engines_;  // per rule
};

// What is quick by experience for forests of this shape; docs/performance.md has the figures.
EngineTable usual_table(const model::TreeEnsemble& ensemble, const Forest* forest, isa::Isa isa);

}  // namespace slipway::scoring
