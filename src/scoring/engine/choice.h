// Which engine computes a TreeEnsemble for how many rows. All give the same bits, so the choice is
// one of speed alone.
//
//   const EngineSet set(ensemble, {.isa = isa::best_isa()});
//   set.run(rows, sums, scratch);                       // by the number of rows
//
// What is quickest is measured by measure.h. An engine for many rows is made by the first call that
// has so many, or by prepare(): who scores single rows pays for them neither time nor memory. When
// it is made, it must give the reference engine's bits on 16 rows at the edges of the model's
// thresholds; one that does not is logged, named by disabled() and never used.
//
// run() is safe from any thread, with a scratch of the caller's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
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
  ThreadPool* pool = nullptr;                 // Scorer: helps with large calls; outlives the scorer
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
  // On the rows that the ensemble's columns come out of. Null if no engine can be made for these, or the options want one that
  // reads the columns themselves.
  static std::unique_ptr<const EngineSet> of_source(const model::TreeEnsemble& ensemble,
                                                    const RowSource& source,
                                                    const EngineOptions& options);
  ~EngineSet();

  void run(Rows in, double* sums, Scratch& scratch) const;
  // Makes all engines now.
  void prepare() const;

  // As chosen; what turns out to be disabled, too.
  EngineTable table() const;
  // Of those made so far.
  std::vector<std::string> disabled() const;
  std::size_t memory_bytes() const;  // of all engines, made by this if they are not
  // What the compilation to conditions made of it; null where it could not be compiled.
  const Forest* forest() const { return forest_.get(); }

 private:
  class Member;
  struct Edges {  // rows at the edges of the thresholds, and the reference engine's sums
    std::size_t width = 0;
    std::vector<double> rows;
    std::vector<double> sums;
  };
  static Edges edges_of(const model::TreeEnsemble& ensemble, const RowSource& source);
  EngineSet(const model::TreeEnsemble& ensemble, isa::Isa isa, SharedForest forest, Edges edges);
  const Engine& engine_for(std::size_t rows) const;
  void add_table(const EngineOptions& options);
  bool add(const EngineRule& rule);
  std::unique_ptr<Engine> make_checked(std::string_view name) const;

  model::TreeEnsemble ensemble_;
  isa::Isa isa_;
  SharedForest forest_;
  Edges edges_;
  std::vector<std::unique_ptr<Member>> members_;  // by rising number of rows; not empty
};

// What is quick by experience for forests of this shape; docs/performance.md has the figures.
EngineTable usual_table(const model::TreeEnsemble& ensemble, const Forest* forest, isa::Isa isa);

}  // namespace slipway::scoring
