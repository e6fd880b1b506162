// Counters, gauges and histograms for Prometheus.
//
//   MetricRegistry registry;
//   Counter& answered = registry.counter("slipway_requests_total", "Requests answered",
//                                        {{"deployment", name}, {"code", "200"}});
//   Histogram& took = registry.histogram("slipway_request_seconds", "Time to answer",
//                                        kLatencySeconds, {{"deployment", name}});
//   answered.add();                        // hot path: one relaxed add on this thread's own cell
//   took.observe(1e-9 * elapsed_ns);
//   std::string page = registry.render();  // text exposition format 0.0.4
//
// Look a series up once and keep the reference: it lives as long as the registry. Label values may
// come from outside; their number is bounded: past max_series of one name every new one is counted
// under the label value "other", so that a client that invents names cannot fill memory.
// Thread-safe. No errors: names are literals of ours, so a wrong one is a CHECK.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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

class Metric {
 public:
  virtual ~Metric() = default;
  // `labels` is the text between the braces, without them.
  virtual void render(std::string_view name, std::string_view labels, std::string* out) const = 0;
};

// Only grows.
class Counter final : public Metric {
 public:
  void add(std::uint64_t by = 1) {
    cells_[metrics_internal::own_cell()].value.fetch_add(by, std::memory_order_relaxed);
  }
  std::uint64_t value() const;
  void render(std::string_view name, std::string_view labels, std::string* out) const override;

 private:
  struct alignas(metrics_internal::kCacheLine) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, metrics_internal::kCells> cells_;
};

// Goes up and down.
class Gauge final : public Metric {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }
  void render(std::string_view name, std::string_view labels, std::string* out) const override;

 private:
  std::atomic<double> value_{0};
};

// From 1 us, where an in-process call is, to 10 s, where a caller has given up.
inline constexpr double kLatencySeconds[] = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4,
                                             5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1,
                                             0.2,  0.5,  1,    2,    5,    10};
inline constexpr double kBatchRows[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384};

class Histogram final : public Metric {
 public:
  // Upper bounds, each inclusive, rising; a last bucket without a bound is added.
  explicit Histogram(std::span<const double> bounds);

  void observe(double value);  // NaN is not counted

  struct Snapshot {
    std::vector<std::uint64_t> counts;  // one per bound, and one beyond
    std::uint64_t count = 0;
    double sum = 0;
  };
  Snapshot snapshot() const;
  void render(std::string_view name, std::string_view labels, std::string* out) const override;

 private:
  using Line = std::array<std::atomic<std::uint64_t>, metrics_internal::kCacheLine / 8>;
  struct alignas(metrics_internal::kCacheLine) Sum {
    std::atomic<double> value{0};
  };
  std::atomic<std::uint64_t>& bucket(std::size_t cell, std::size_t index) const;

  const std::vector<double> bounds_;
  const std::size_t lines_per_cell_;
  struct alignas(metrics_internal::kCacheLine) AlignedLine {
    Line counts{};
  };
  const std::unique_ptr<AlignedLine[]> lines_;
  std::array<Sum, metrics_internal::kCells> sums_;
};

struct Label {
  std::string name;
  std::string value;
};

class MetricRegistry {
 public:
  explicit MetricRegistry(std::size_t max_series = 1000) : max_series_(max_series) {}

  // The series of these labels, made on first use. The name of a counter ends in "_total".
  Counter& counter(std::string_view name, std::string_view help,
                   const std::vector<Label>& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const std::vector<Label>& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                       const std::vector<Label>& labels = {});

  std::string render() const EXCLUDES(mutex_);

 private:
  struct Family {
    std::string_view type;
    std::string help;
    std::map<std::string, std::unique_ptr<Metric>> series;  // by the text of their labels
  };
  struct Request {
    std::string_view name, help, type;
    const std::vector<Label>& labels;
  };
  template <typename T, typename Make>
  T& find_or_make(const Request& request, const Make& make) EXCLUDES(mutex_);
  Family& family_of(const Request& request) REQUIRES(mutex_);

  const std::size_t max_series_;
  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ GUARDED_BY(mutex_);
};

}  // namespace slipway
