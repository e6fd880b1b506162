// Which engine computes a TreeEnsemble for how many rows. All give the same bits, so the choice is
// one of speed alone.
//
//   const EngineSet set(ensemble, {.isa = isa::best_isa()});
//   set.run(rows, sums, scratch);                       // by the number of rows
//   for (const auto& name : set.disabled()) log_error("engine {} is wrong here", name);
//
// What is quickest is measured by measure.h. When a set is made, each of its engines must give the
// reference engine's bits on 16 rows at the edges of the model's thresholds; one that does not is
// left out and named.
//
// Immutable once made; run() is safe from any thread, with a scratch of the caller's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
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

// For all ensembles of a model.
struct ScoringOptions {
  isa::Isa isa = isa::best_isa();
  std::string forced;
  std::map<std::size_t, EngineTable> tables;  // by the number of the ensemble's node

  EngineOptions of_node(std::size_t node) const {
    const auto at = tables.find(node);
    return {isa, forced, at == tables.end() ? EngineTable{} : at->second};
  }
};

class EngineSet {
 public:
  // An engine of the table that cannot be made is passed over. Precondition: check(ensemble) passed.
  EngineSet(const model::TreeEnsemble& ensemble, const EngineOptions& options);

  void run(Rows in, double* sums, Scratch& scratch) const;

  const EngineTable& table() const { return table_; }
  const std::vector<std::string>& disabled() const { return disabled_; }
  // What the compilation to conditions made of it; null where it could not be compiled.
  const Forest* forest() const { return forest_.get(); }

 private:
  const Engine& engine_for(std::size_t rows) const;
  void add_table(const EngineOptions& options, const model::TreeEnsemble& ensemble);
  void check(const model::TreeEnsemble& ensemble);
  bool add(std::size_t rows, std::string_view name, const model::TreeEnsemble& ensemble,
           isa::Isa isa);

  SharedForest forest_;
  EngineTable table_;
  std::vector<std::unique_ptr<Engine>> engines_;  // per rule
  std::vector<std::string> disabled_;
};

// What is quick by experience for forests of this shape; docs/performance.md has the figures.
EngineTable usual_table(const model::TreeEnsemble& ensemble, const Forest* forest, isa::Isa isa);

}  // namespace slipway::scoring
