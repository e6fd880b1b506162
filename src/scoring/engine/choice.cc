// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/choice.h"

#include <algorithm>
#include <utility>

namespace slipway::scoring {
namespace {

// From how many rows on a slice of 64, 256 or 512 lanes beats what is narrower.
constexpr std::size_t kRowsFor64 = 20;
constexpr std::size_t kRowsFor256 = 80;
constexpr std::size_t kRowsFor512 = 300;

}  // namespace

EngineTable usual_table(const model::TreeEnsemble&, const Forest* forest, isa::Isa isa) {
  if (forest == nullptr) return {{1, "walk"}};
  EngineTable table{{1, "oblivious"}, {1, "heap"}, {1, "linked"}, {1, "walk"}};
  table.push_back({kRowsFor64, "slice64"});
  table.push_back({kRowsFor256, "slice256"});
  if (isa == isa::Isa::kAvx512) table.push_back({kRowsFor512, "slice512"});
  return table;
}

EngineSet::EngineSet(const model::TreeEnsemble& ensemble, const EngineOptions& options) {
  if (options.forced != "reference" && options.forced != "walk") forest_ = compile_forest(ensemble);
  if (!options.forced.empty() && add(1, options.forced, ensemble, options.isa)) return;
  const EngineTable wanted = options.table.empty()
                                 ? usual_table(ensemble, forest_.get(), options.isa)
                                 : options.table;
  for (const EngineRule& rule : wanted) {
    // Of several for the same number of rows, the first that can be made.
    if (table_.empty() || table_.back().rows < rule.rows)
      add(rule.rows, rule.engine, ensemble, options.isa);
  }
  if (table_.empty()) add(1, "reference", ensemble, options.isa);
  table_.front().rows = 1;
}

bool EngineSet::add(std::size_t rows, std::string_view name, const model::TreeEnsemble& ensemble,
                    isa::Isa isa) {
  auto engine = make_engine(name, ensemble, forest_, isa);
  if (engine == nullptr) return false;
  table_.push_back({rows, std::string(name)});
  engines_.push_back(std::move(engine));
  return true;
}

const Engine& EngineSet::engine_for(std::size_t rows) const {
  std::size_t at = engines_.size() - 1;
  while (at > 0 && table_[at].rows > rows) --at;
  return *engines_[at];
}

void EngineSet::run(Rows in, double* sums, Scratch& scratch) const {
  const Engine& engine = engine_for(in.rows);
  engine.run(in, sums, scratch.of(engine.scratch_bytes()));
}

}  // namespace slipway::scoring
