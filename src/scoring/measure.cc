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
  const SharedForest forest = compile_forest(ensemble);
  const Rows all{rows, count, ensemble.width};
  Scratch scratch;
  const std::vector<double> want =
      sums_of(*make_reference_engine(ensemble), all, ensemble.outputs, &scratch);
  Measured measured;
  std::vector<Candidate> candidates;
  for (const std::string_view name : engine_names()) {
    if (name == "reference") continue;
    auto engine = make_engine(name, ensemble, forest, isa);
    if (engine == nullptr) continue;
    if (!same_bits(sums_of(*engine, all, ensemble.outputs, &scratch), want)) {
      measured.disabled.emplace_back(name);
      continue;
    }
    candidates.push_back({std::move(engine), {}});
  }
  std::vector<double> sums(kSizes.back() * ensemble.outputs);
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    const std::size_t batch = std::min(kSizes[size], count);
    for (Candidate& c : candidates) {
      std::byte* memory = scratch.of(c.engine->scratch_bytes());
      const auto run = [&](std::size_t first, std::size_t n) {
        c.engine->run({rows + first * ensemble.width, n, ensemble.width}, sums.data(), memory);
      };
      c.ns[size] = time_batches(count, batch, run, options).p10_ns;
    }
  }
  measured.table = candidates.empty() ? EngineTable{{1, "reference"}} : table_of(candidates);
  return measured;
}

std::map<std::size_t, Measured> measured_tables(const model::Model& model, isa::Isa isa) {
  constexpr std::size_t kRows = 2048;
  std::map<std::size_t, Measured> tables;
  for (std::size_t node = 0; node < model.nodes.size(); ++node) {
    const auto* trees = std::get_if<model::TreeEnsemble>(&model.nodes[node].op);
    if (trees == nullptr || trees->splits() == 0) continue;
    const std::vector<double> rows = draw_rows(*trees, kRows, node + 1);
    tables.emplace(node, measured_table(*trees, rows.data(), kRows, isa));
  }
  return tables;
}

}  // namespace slipway::scoring
