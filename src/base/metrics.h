// Counters, gauges and histograms for Prometheus.
//
//   MetricRegistry registry;
//   Counter& answered = registry.counter("slipway_requests_total", "Requests answered",
//                                        {{"deployment", name}, {"code", "200"}});
//   Histogram& took = registry.histogram("slipway_request_seconds", "Time to answer",
//                                        kLatencySeconds, {{"deployment", name}});
//   answered.add();                        // hot path: one relaxed add on this thread's own cell
//   took.observe(1e-9 * elapsed_ns);
//   std::string page = registry.render();  // metrics_text.h; the numbers alone: visit()
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
#include <variant>
#include <vector>

#include "base/histogram.h"
#include "base/mutex.h"

namespace slipway {

// Only grows.
class Counter {
 public:
  void add(std::uint64_t by = 1) {
    cells_[metrics_internal::own_cell()].value.fetch_add(by, std::memory_order_relaxed);
  }
  std::uint64_t value() const;

 private:
  struct alignas(metrics_internal::kCacheLine) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, metrics_internal::kCells> cells_;
};

// Goes up and down.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// From 1 us, where an in-process call is, to 10 s, where a caller has given up.
inline constexpr double kLatencySeconds[] = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4,
                                             5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1,
                                             0.2,  0.5,  1,    2,    5,    10};

struct Label {
  std::string name;
  std::string value;
};

// What was counted when it was looked at.
struct MetricSample {
  std::vector<Label> labels;
  std::variant<std::uint64_t, double, Histogram::Snapshot> value;  // by its family's type
};
struct MetricFamily {
  enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };
  std::string name;
  std::string help;
  Type type = Type::kCounter;
  std::vector<MetricSample> samples;
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

  // Shows each family in turn, so that no more than one is in memory; nothing is registered meanwhile.
  void visit(const std::function<void(const MetricFamily&)>& show) const EXCLUDES(mutex_);
  std::string render() const;  // in the text format

 private:
  using Metric =
      std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>>;
  struct Series {
    std::vector<Label> labels;
    Metric metric;
  };
  struct Family {
    MetricFamily::Type type;
    std::string help;
    std::map<std::string, Series> series;  // by the text of their labels
  };
  struct Request {
    std::string_view name, help;
    MetricFamily::Type type;
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
