// What append() costs the calling thread: records of 600 bytes, as many as the disk takes.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>

#include "base/file.h"
#include "store/append_log.h"

namespace slipway::store {
namespace {

void append_600_bytes(benchmark::State& state) {
  auto folder = TemporaryFolder::create().value();
  const auto log = AppendLog::open(folder.path()).value();
  const std::string record(600, 'x');
  // Batches that fit, so that drops do not flatter the figure.
  std::int64_t in_batch = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(log->append(record));
    if (++in_batch < 4000) continue;
    state.PauseTiming();
    (void)log->flush().has_value();
    in_batch = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["dropped"] = static_cast<double>(log->stats().dropped);
}

BENCHMARK(append_600_bytes);

}  // namespace
}  // namespace slipway::store
