// A histogram for Prometheus, by two kinds of buckets at once: those that are named, and exponential ones.
//
//   Histogram took(kLatencySeconds);
//   took.observe(1e-9 * elapsed_ns);          // hot path: relaxed adds on this thread's own cell
//   took.note_example(seconds, trace_id, now_us);   // a request of which somebody can see more
//
// Exponential ("native") buckets: number i holds values in (2^((i-1)/4), 2^(i/4)], schema 2, so that a percentile is
// known within 9 %, whatever the value. Values of at most 2^-21 (half a microsecond, where these are seconds) count as
// zero, those above 2^7 in the last bucket. A thread gets a cell of its own, half a kilobyte, when there is much to
// observe. Thread-safe.
// Source: Prometheus, "Native Histograms" (prometheus.io/docs/specs/native_histograms).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace slipway {

namespace metrics_internal {

// Threads that count at the same time do so on cache lines of their own; readers add them up.
inline constexpr std::size_t kCells = 8;
inline constexpr std::size_t kCacheLine = 64;

std::size_t next_cell();
inline std::size_t own_cell() {
  thread_local const std::size_t cell = next_cell();
  return cell;
}

}  // namespace metrics_internal

class Histogram {
 public:
  // Of exponential buckets.
  static constexpr int kSchema = 2;
  static constexpr int kFirst = -83, kLast = 28;  // numbers of buckets
  static constexpr double kZeroThreshold = 0x1p-21;

  // Upper bounds, each inclusive, rising; a last bucket without a bound is added.
  explicit Histogram(std::span<const double> bounds);
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void observe(double value);  // NaN is not counted
  // The last one of each named bucket is kept.
  void note_example(double value, std::string_view trace_id, std::int64_t now_us) EXCLUDES(mutex_);

  struct Example {
    double value = 0;
    std::string trace_id;
    std::int64_t time_us = 0;
  };
  struct Snapshot {
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts;             // one per bound, and one beyond
    std::vector<std::optional<Example>> examples;  // of each; empty if there are none at all
    std::uint64_t count = 0;
    double sum = 0;
    std::uint64_t zeros = 0;
    std::vector<std::uint64_t> exponential;  // kFirst to kLast
  };
  Snapshot snapshot() const EXCLUDES(mutex_);

 private:
  struct Cell;
  Cell& cell();  // this thread's

  const std::vector<double> bounds_;
  std::array<std::atomic<Cell*>, metrics_internal::kCells> cells_{};
  mutable Mutex mutex_;
  std::map<std::size_t, Example> examples_ GUARDED_BY(mutex_);
};

// The number of the exponential bucket of a value above kZeroThreshold, within kFirst and kLast.
int exponential_bucket(double value);

}  // namespace slipway
