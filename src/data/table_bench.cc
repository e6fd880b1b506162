// How long rows take in and out. The tables are those of `make demo`; run from the repository root.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "data/read.h"
#include "data/write.h"

namespace slipway::data {
namespace {

constexpr const char* kLive = ".cache/flights/live.parquet";

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::int64_t read_through(const std::string& path) {
  auto rows = read(path);
  if (!rows) return 0;
  std::int64_t count = 0;
  while (auto frame = rows.value()->next().value()) count += frame->rows();
  return count;
}

void read_file(benchmark::State& state, const std::string& path) {
  std::int64_t rows = 0;
  for (auto _ : state) rows += read_through(path);
  if (rows == 0) return state.SkipWithError("run from the repository root, after tools/setup demo");
  state.SetItemsProcessed(rows);
  state.counters["peak_MiB"] = peak_mib();
}

// The same rows in another format, `copies` times.
Result<void> copy_to(const std::string& path, int copies) {
  ASSIGN_OR_RETURN(auto first, read(kLive));
  ASSIGN_OR_RETURN(const auto out, write(path, first->schema()));
  for (int i = 0; i < copies; ++i) {
    ASSIGN_OR_RETURN(const auto rows, read(kLive));
    while (true) {
      ASSIGN_OR_RETURN(const auto frame, rows->next());
      if (!frame) break;
      RETURN_IF_ERROR(out->write(*frame));
    }
  }
  return out->finish();
}

void read_copy(benchmark::State& state, const char* name, int copies) {
  auto folder = TemporaryFolder::create().value();
  const std::string path = folder / name;
  if (!copy_to(path, copies)) return state.SkipWithError("cannot write the copy");
  read_file(state, path);
}

void write_scores(benchmark::State& state, const char* name) {
  auto folder = TemporaryFolder::create().value();
  auto rows = read(kLive, {.columns = {"flight_id", "distance", "temp", "humid"}});
  if (!rows) return state.SkipWithError("run from the repository root, after tools/setup demo");
  std::vector<frame::Frame> frames;
  while (auto frame = rows.value()->next().value()) frames.push_back(*frame);
  for (auto _ : state) {
    auto out = write(folder / name, frames.front().schema()).value();
    for (const auto& frame : frames) (void)out->write(frame).has_value();
    (void)out->finish().has_value();
  }
  state.counters["peak_MiB"] = peak_mib();
}

BENCHMARK_CAPTURE(read_file, parquet, kLive)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(read_copy, parquet_10x, "a.parquet", 10)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(read_copy, csv, "a.csv", 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(read_copy, jsonl, "a.jsonl", 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(write_scores, parquet, "a.parquet")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(write_scores, csv, "a.csv")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(write_scores, jsonl, "a.jsonl")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace slipway::data
