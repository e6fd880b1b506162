// SPDX-License-Identifier: Apache-2.0
#include "scoring/measure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/clock.h"
#include "scoring/draw.h"
#include "scoring/kernel/source.h"

namespace slipway::scoring {
namespace {

// With 64: up to there one slice of 64 rows does it, and what is next is chosen from half way on.
constexpr std::array<std::size_t, 6> kSizes{1, 8, 32, 64, 128, 1024};
constexpr double kWorthChanging = 0.95;

double at_share(const std::vector<double>& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[at];
}

// Turns through the rows from batch to batch.
class Turns {
 public:
  Turns(std::size_t rows, std::size_t batch) : rows_(rows), batch_(batch) {}
  std::size_t next() {
    if (at_ + batch_ > rows_) at_ = 0;
    return std::exchange(at_, at_ + batch_);
  }

 private:
  std::size_t rows_, batch_, at_ = 0;
};

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(double)) != 0 && !(std::isnan(a[i]) && std::isnan(b[i])))
      return false;
  }
  return true;
}

struct Candidate {
  std::unique_ptr<Engine> engine;
  std::array<double, kSizes.size()> ns{};
};

std::vector<double> sums_of(const Engine& engine, Rows rows, std::size_t outputs,
                            Scratch* scratch) {
  std::vector<double> sums(rows.rows * outputs);
  engine.run(rows, sums.data(), scratch->of(engine.scratch_bytes()));
  return sums;
}

// The quickest for each size, as rules.
EngineTable table_of(const std::vector<Candidate>& candidates) {
  EngineTable table;
  std::size_t last = 0;
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < candidates.size(); ++c) {
      if (candidates[c].ns[size] < candidates[best].ns[size]) best = c;
    }
    if (!table.empty()) {
      if (candidates[best].ns[size] >= kWorthChanging * candidates[last].ns[size]) best = last;
      if (best == last) continue;
    }
    last = best;
    // Half way (by ratio) to the size before.
    const double from =
        size == 0 ? 1 : std::sqrt(static_cast<double>(kSizes[size - 1] * kSizes[size]));
    table.push_back({static_cast<std::size_t>(std::lround(from)),
                     std::string(candidates[best].engine->name())});
  }
  return table;
}

// What engines are timed on.
struct Subject {
  const model::TreeEnsemble& ensemble;
  SharedForest forest;
  Rows rows;
  bool
      sourced;  // the rows are those that the ensemble's columns come out of: few engines read these
};

// Those that give the sums that are wanted; the names of others are added to `disabled`.
std::vector<Candidate> candidates_of(const Subject& subject, const std::vector<double>& want,
                                     isa::Isa isa, std::vector<std::string>* disabled) {
  std::vector<Candidate> candidates;
  Scratch scratch;
  for (const std::string_view name : engine_names()) {
    if (name == "reference" || (subject.sourced && name == "walk")) continue;
    auto engine = make_engine(name, subject.ensemble, subject.forest, isa);
    if (engine == nullptr) continue;
    if (same_bits(sums_of(*engine, subject.rows, subject.ensemble.outputs, &scratch), want)) {
      candidates.push_back({std::move(engine), {}});
    } else {
      disabled->emplace_back(name);
    }
  }
  return candidates;
}

Measured measure(const Subject& subject, const std::vector<double>& want, isa::Isa isa,
                 const TimingOptions& options) {
  Measured measured;
  std::vector<Candidate> candidates = candidates_of(subject, want, isa, &measured.disabled);
  const Rows all = subject.rows;
  std::vector<double> sums(kSizes.back() * subject.ensemble.outputs);
  Scratch scratch;
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    const std::size_t batch = std::min(kSizes[size], all.rows);
    for (Candidate& c : candidates) {
      std::byte* memory = scratch.of(c.engine->scratch_bytes());
      const auto run = [&](std::size_t first, std::size_t n) {
        c.engine->run({all.values + first * all.width, n, all.width}, sums.data(), memory);
      };
      c.ns[size] = time_batches(all.rows, batch, run, options).p10_ns;
    }
  }
  measured.table = candidates.empty() ? EngineTable{{1, "reference"}} : table_of(candidates);
  return measured;
}

constexpr TimingOptions kQuick{.seconds = 0.004};

// On the rows that the ensemble's columns come out of.
Measured measured_on_source(const model::TreeEnsemble& ensemble, const RowSource& source,
                            SharedForest forest, std::size_t count, isa::Isa isa) {
  const std::vector<double> rows = edge_rows(source, ensemble, count);
  std::vector<double> columns(count * ensemble.width);
  for (std::size_t r = 0; r < count; ++r)
    read_columns(source, rows.data() + r * source.width, columns.data() + r * ensemble.width);
  Scratch scratch;
  const std::vector<double> want =
      sums_of(*make_reference_engine(ensemble), {columns.data(), count, ensemble.width},
              ensemble.outputs, &scratch);
  return measure({ensemble, std::move(forest), {rows.data(), count, source.width}, true}, want, isa,
                 kQuick);
}

}  // namespace

Timing time_batches(std::size_t rows, std::size_t batch,
                    const std::function<void(std::size_t, std::size_t)>& run,
                    const TimingOptions& options) {
  CHECK(batch > 0 && batch <= rows);
  Turns turns(rows, batch);
  const std::int64_t started = system_clock().monotonic_ns();
  const auto budget = static_cast<std::int64_t>(options.seconds * 1e9);
  const auto sample_ns = options.sample_seconds * 1e9;
  std::size_t calls = 1;  // of a sample
  run(turns.next(), batch);
  std::vector<double> samples;
  std::int64_t cpu_total = 0, wall_total = 0;
  while (samples.size() < 3 || system_clock().monotonic_ns() - started < budget) {
    const std::int64_t wall = system_clock().monotonic_ns();
    const std::int64_t cpu = thread_cpu_ns();
    for (std::size_t i = 0; i < calls; ++i) run(turns.next(), batch);
    const std::int64_t cpu_used = thread_cpu_ns() - cpu;
    const std::int64_t wall_used = system_clock().monotonic_ns() - wall;
    const auto used = static_cast<double>(options.wall ? wall_used : cpu_used);
    if (used < sample_ns / 2 && samples.size() < 3) {  // still finding how many calls a sample has
      calls *= 2;
      samples.clear();
      continue;
    }
    wall_total += wall_used;
    cpu_total += cpu_used;
    samples.push_back(used / static_cast<double>(calls * batch));
  }
  std::sort(samples.begin(), samples.end());
  return {
      at_share(samples, 0.5), at_share(samples, 0.1), at_share(samples, 0.99), samples.size(),
      static_cast<double>(cpu_total) / static_cast<double>(std::max<std::int64_t>(wall_total, 1))};
}

Measured measured_table(const model::TreeEnsemble& ensemble, const double* rows, std::size_t count,
                        isa::Isa isa, const TimingOptions& options) {
  const Subject subject{ensemble, compile_forest(ensemble), {rows, count, ensemble.width}, false};
  Scratch scratch;
  return measure(
      subject, sums_of(*make_reference_engine(ensemble), subject.rows, ensemble.outputs, &scratch),
      isa, options);
}

std::map<std::size_t, Measured> measured_tables(const model::Model& model, isa::Isa isa) {
  constexpr std::size_t kRows = 2048;
  std::map<std::size_t, Measured> tables;
  for (std::size_t node = 0; node < model.nodes.size(); ++node) {
    const auto* trees = std::get_if<model::TreeEnsemble>(&model.nodes[node].op);
    if (trees == nullptr || trees->splits() == 0) continue;
    const auto source = source_of_trees(model, node);
    if (SharedForest forest = source ? compile_forest(*trees, *source) : nullptr) {
      Measured measured = measured_on_source(*trees, *source, std::move(forest), kRows, isa);
      const bool none = measured.table.front().engine == "reference";
      if (!none) tables.emplace(node, std::move(measured));
      if (!none) continue;
    }
    const std::vector<double> rows = draw_rows(*trees, kRows, node + 1);
    tables.emplace(node, measured_table(*trees, rows.data(), kRows, isa));
  }
  return tables;
}

}  // namespace slipway::scoring
