// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/choice.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/log.h"

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

std::vector<double> sums_of(const Engine& engine, std::size_t outputs,
                            const std::vector<double>& rows, std::size_t width) {
  Scratch scratch;
  std::vector<double> sums(kCheckedRows * outputs);
  engine.run({rows.data(), kCheckedRows, width}, sums.data(), scratch.of(engine.scratch_bytes()));
  return sums;
}

bool reads_columns(std::string_view engine) { return engine == "reference" || engine == "walk"; }

}  // namespace

EngineTable usual_table(const model::TreeEnsemble&, const Forest* forest, isa::Isa isa) {
  if (forest == nullptr) return {{1, "walk"}};
  EngineTable table{{1, "permute"}, {1, "oblivious"}, {1, "heap"}, {1, "linked"}, {1, "walk"}};
  table.push_back({kRowsFor64, "slice64"});
  table.push_back({kRowsFor256, "slice256"});
  if (isa >= isa::Isa::kAvx512) table.push_back({kRowsFor512, "slice512"});
  return table;
}

// An engine of a set, made when it is first asked for.
class EngineSet::Member {
 public:
  Member(EngineRule rule, std::unique_ptr<Engine> engine)
      : rule_(std::move(rule)), engine_(std::move(engine)) {
    if (engine_ == nullptr) return;
    ready_.store(engine_.get(), std::memory_order_relaxed);
    std::call_once(made_, [] {});
  }

  const EngineRule& rule() const { return rule_; }
  bool is_disabled() const { return disabled_.load(std::memory_order_relaxed); }

  // Null if it is disabled.
  const Engine* engine(const EngineSet& set) const {
    // A flag of the standard's takes thread-local calls each time, for a row that takes as little as them.
    if (const Engine* ready = ready_.load(std::memory_order_acquire)) return ready;
    std::call_once(made_, [&] {
      engine_ = set.make_checked(rule_.engine);
      disabled_.store(engine_ == nullptr, std::memory_order_relaxed);
      ready_.store(engine_.get(), std::memory_order_release);
    });
    return engine_.get();
  }

 private:
  const EngineRule rule_;
  mutable std::once_flag made_;
  mutable std::unique_ptr<Engine> engine_;
  mutable std::atomic<const Engine*> ready_ = nullptr;
  mutable std::atomic<bool> disabled_ = false;
};

EngineSet::EngineSet(const model::TreeEnsemble& ensemble, isa::Isa isa, SharedForest forest,
                     Edges edges)
    : ensemble_(ensemble), isa_(isa), forest_(std::move(forest)), edges_(std::move(edges)) {}

EngineSet::EngineSet(const model::TreeEnsemble& ensemble, const EngineOptions& options)
    : EngineSet(ensemble, options.isa, nullptr, {ensemble.width, edge_rows(ensemble), {}}) {
  edges_.sums =
      sums_of(*make_reference_engine(ensemble), ensemble.outputs, edges_.rows, edges_.width);
  if (!reads_columns(options.forced)) forest_ = compile_forest(ensemble);
  const bool forced = !options.forced.empty() && add({1, options.forced});
  if (!forced) add_table(options);
  if (members_.empty()) {
    members_.push_back(
        std::make_unique<Member>(EngineRule{1, "reference"}, make_reference_engine(ensemble)));
  }
}

EngineSet::Edges EngineSet::edges_of(const model::TreeEnsemble& ensemble, const RowSource& source) {
  Edges edges{source.width, scoring::edge_rows(source, ensemble, kCheckedRows), {}};
  std::vector<double> columns(kCheckedRows * source.columns.size());
  for (std::size_t r = 0; r < kCheckedRows; ++r)
    read_columns(source, edges.rows.data() + r * source.width,
                 columns.data() + r * source.columns.size());
  edges.sums =
      sums_of(*make_reference_engine(ensemble), ensemble.outputs, columns, source.columns.size());
  return edges;
}

std::unique_ptr<const EngineSet> EngineSet::of_source(const model::TreeEnsemble& ensemble,
                                                      const RowSource& source,
                                                      const EngineOptions& options) {
  const auto of_columns = [](const EngineRule& rule) { return reads_columns(rule.engine); };
  if (reads_columns(options.forced) ||
      std::any_of(options.table.begin(), options.table.end(), of_columns))
    return nullptr;
  SharedForest forest = compile_forest(ensemble, source);
  if (forest == nullptr) return nullptr;
  // Not made by make_unique: the constructor is private.
  std::unique_ptr<EngineSet> set(
      new EngineSet(ensemble, options.isa, std::move(forest), edges_of(ensemble, source)));
  EngineOptions of_rows = options;
  if (of_rows.table.empty()) {
    of_rows.table = usual_table(ensemble, set->forest_.get(), options.isa);
    std::erase_if(of_rows.table, of_columns);
  }
  const bool forced = !options.forced.empty() && set->add({1, options.forced});
  if (!forced) set->add_table(of_rows);
  if (set->members_.empty()) return nullptr;
  return set;
}

EngineSet::~EngineSet() = default;

void EngineSet::add_table(const EngineOptions& options) {
  const EngineTable wanted =
      options.table.empty() ? usual_table(ensemble_, forest_.get(), isa_) : options.table;
  for (const EngineRule& rule : wanted) {
    // Of several for the same number of rows, the first that can be made; that is also for less.
    if (members_.empty()) {
      add({1, rule.engine});
    } else if (members_.back()->rule().rows < rule.rows) {
      add(rule);
    }
  }
}

// The first now, those for more rows later.
bool EngineSet::add(const EngineRule& rule) {
  if (!can_make_engine(rule.engine, forest_)) return false;
  std::unique_ptr<Engine> engine;
  if (members_.empty()) {
    engine = make_checked(rule.engine);
    if (engine == nullptr) return false;
  }
  members_.push_back(std::make_unique<Member>(rule, std::move(engine)));
  return true;
}

std::unique_ptr<Engine> EngineSet::make_checked(std::string_view name) const {
  auto engine = make_engine(name, ensemble_, forest_, isa_);
  if (engine == nullptr ||
      same_bits(sums_of(*engine, ensemble_.outputs, edges_.rows, edges_.width), edges_.sums))
    return engine;
  log_error(
      "engine {} gives other bits than the reference engine on this machine and is not used: "
      "please report this",
      name);
  return nullptr;
}

void EngineSet::prepare() const {
  for (const auto& member : members_) member->engine(*this);
}

EngineTable EngineSet::table() const {
  EngineTable table;
  for (const auto& member : members_) table.push_back(member->rule());
  return table;
}

std::vector<std::string> EngineSet::disabled() const {
  std::vector<std::string> names;
  for (const auto& member : members_) {
    if (member->is_disabled()) names.push_back(member->rule().engine);
  }
  return names;
}

std::size_t EngineSet::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& member : members_) {
    if (const Engine* engine = member->engine(*this)) bytes += engine->memory_bytes();
  }
  if (forest_ != nullptr && forest_->conditions.looked_up != nullptr)
    bytes += forest_->conditions.looked_up->memory_bytes();
  return bytes;
}

// The first is never disabled.
const Engine& EngineSet::engine_for(std::size_t rows) const {
  for (std::size_t at = members_.size() - 1; at > 0; --at) {
    if (members_[at]->rule().rows > rows) continue;
    if (const Engine* engine = members_[at]->engine(*this)) return *engine;
  }
  return *members_.front()->engine(*this);
}

void EngineSet::run(Rows in, double* sums, Scratch& scratch) const {
  const Engine& engine = engine_for(in.rows);
  engine.run(in, sums, scratch.of(engine.scratch_bytes()));
}

}  // namespace slipway::scoring
