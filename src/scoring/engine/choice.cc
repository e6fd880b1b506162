// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/choice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace slipway::scoring {
namespace {

// From how many rows on a slice of 64, 256 or 512 lanes beats what is narrower.
constexpr std::size_t kRowsFor64 = 20;
constexpr std::size_t kRowsFor256 = 80;
constexpr std::size_t kRowsFor512 = 300;

constexpr std::size_t kCheckedRows = 16;

// Each value is the threshold of some split, or beside it: cheap to draw, and all at the edge.
std::vector<double> edge_rows(const model::TreeEnsemble& e) {
  std::vector<double> rows(kCheckedRows * e.width);
  if (e.splits() == 0) return rows;
  std::uint64_t state = 1;
  const std::size_t draws = 4 * e.width + 16;
  for (std::size_t r = 0; r < kCheckedRows; ++r) {
    for (std::size_t i = 0; i < draws; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
      const std::size_t split = (state >> 33) % e.splits();
      const auto category = static_cast<double>((state >> 20) % 64);
      const double t = e.rule[split].is_category() ? category : e.threshold[split];
      const std::size_t where = (state >> 12) % 8;  // missing, below, above, or on it
      const double to = where == 1 ? -HUGE_VAL : HUGE_VAL;
      rows[r * e.width + e.feature[split]] = where == 0  ? std::nan("")
                                             : where < 3 ? std::nextafter(t, to)
                                                         : t;
    }
  }
  return rows;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(double)) != 0 && !(std::isnan(a[i]) && std::isnan(b[i])))
      return false;
  }
  return true;
}

std::vector<double> sums_of(const Engine& engine, const model::TreeEnsemble& e,
                            const std::vector<double>& rows) {
  Scratch scratch;
  std::vector<double> sums(kCheckedRows * e.outputs);
  engine.run({rows.data(), kCheckedRows, e.width}, sums.data(), scratch.of(engine.scratch_bytes()));
  return sums;
}

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
  const bool forced = !options.forced.empty() && add(1, options.forced, ensemble, options.isa);
  if (!forced) add_table(options, ensemble);
  check(ensemble);
}

void EngineSet::add_table(const EngineOptions& options, const model::TreeEnsemble& ensemble) {
  const EngineTable wanted =
      options.table.empty() ? usual_table(ensemble, forest_.get(), options.isa) : options.table;
  for (const EngineRule& rule : wanted) {
    // Of several for the same number of rows, the first that can be made.
    if (table_.empty() || table_.back().rows < rule.rows)
      add(rule.rows, rule.engine, ensemble, options.isa);
  }
}

void EngineSet::check(const model::TreeEnsemble& ensemble) {
  const std::vector<double> rows = edge_rows(ensemble);
  const std::vector<double> want = sums_of(*make_reference_engine(ensemble), ensemble, rows);
  for (std::size_t i = engines_.size(); i-- > 0;) {
    if (same_bits(sums_of(*engines_[i], ensemble, rows), want)) continue;
    disabled_.push_back(table_[i].engine);
    table_.erase(table_.begin() + static_cast<std::ptrdiff_t>(i));
    engines_.erase(engines_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (table_.empty()) add(1, "reference", ensemble, isa::best_isa());
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
