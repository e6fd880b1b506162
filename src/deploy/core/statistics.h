// What a model version has done since it was loaded, in the terms of Triton's statistics extension.
//
//   served->statistics->add_success({.rows = 3, .input_ns = 900, .infer_ns = 4000, .output_ns = 700},
//                                   clock.now_us());
//   served->statistics->add_failure(elapsed_ns);
//   const Statistics::Snapshot now = served->statistics->snapshot();
//
// A success is a request, an execution a run of the Plan; rows are Triton's inference_count: both without
// what a response cache answered, as Triton counts. The time in the queue is that of a reactor's turn (net/turn.h). Batch sizes
// beyond the first kBatchSizes different ones are counted in everything but batch_stats. Each thread adds to a cell of
// its own: counting costs a few relaxed adds. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::deploy {

struct Execution {
  std::int64_t rows = 1;
  std::int64_t queue_ns = 0;
  std::int64_t input_ns = 0;   // from bytes to rows
  std::int64_t infer_ns = 0;   // the Plan
  std::int64_t output_ns = 0;  // from scores to bytes
  std::int64_t run_rows = 0;   // of all requests that the Plan ran for at once; 0: this one alone
  bool is_run = true;          // false: that run is counted with another of them
  enum class Cache : std::uint8_t { kOff, kHit, kMiss };
  Cache cache = Cache::kOff;  // kHit: nothing was run, infer_ns does not count
  std::int64_t cache_ns = 0;  // looking there, and keeping what was not there
};

class Statistics {
 public:
  static constexpr std::size_t kBatchSizes = 16;

  Statistics() = default;
  ~Statistics();
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;

  void add_success(const Execution& execution, std::int64_t now_us);
  void add_failure(std::int64_t elapsed_ns);
  // When the last success was; 0: there was none.
  std::int64_t last_us() const;

  struct Timed {
    std::uint64_t count = 0;
    std::uint64_t ns = 0;
  };
  struct Batch {
    std::uint64_t rows = 0;  // of a run of the Plan
    Timed input, infer, output;
  };
  struct Snapshot {
    std::uint64_t rows = 0;        // inference_count
    std::uint64_t executions = 0;  // execution_count
    std::int64_t last_us = 0;      // last_inference; 0: none yet
    Timed success, fail, queue, input, infer, output;
    Timed cache_hit, cache_miss;
    std::vector<Batch> batches;  // by size
  };
  Snapshot snapshot() const;

 private:
  static constexpr std::size_t kCells = 8;
  struct Cell;
  Cell& own_cell();
  // True if that was all: nothing was run.
  static bool count_cached(const Execution& execution, Cell* cell);
  static void read_cell(const Cell& cell, Snapshot* into);

  mutable std::array<std::atomic<Cell*>, kCells> cells_{};  // made when first counted in
};

}  // namespace slipway::deploy
