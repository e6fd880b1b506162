// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "base/check.h"

namespace slipway {
namespace {

constexpr std::size_t kBuckets = Histogram::kLast - Histogram::kFirst + 1;

}  // namespace

// Named buckets, then zeros, then exponential ones.
struct alignas(metrics_internal::kCacheLine) Histogram::Cell {
  explicit Cell(std::size_t named)
      : counts(new std::atomic<std::uint64_t>[named + 1 + kBuckets]()) {}
  std::atomic<double> sum{0};
  const std::unique_ptr<std::atomic<std::uint64_t>[]> counts;
};

std::size_t metrics_internal::next_cell() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % kCells;
}

int exponential_bucket(double value) {
  // value = fraction * 2^exponent, fraction in [0.5, 1); a quarter of an octave for each bound that it is above.
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto exponent = static_cast<int>(bits >> 52) - 1022;
  const auto fraction =
      std::bit_cast<double>((bits & 0xF'FFFF'FFFF'FFFFu) | 0x3FE0'0000'0000'0000u);
  constexpr double kQuarter = 0x1.306fe0a31b715p-1, kHalf = 0x1.6a09e667f3bcdp-1,
                   kThreeQuarters = 0x1.ae89f995ad3adp-1;  // 2^(-3/4), 2^(-1/2), 2^(-1/4)
  const int quarters = static_cast<int>(fraction > 0.5) + static_cast<int>(fraction > kQuarter) +
                       static_cast<int>(fraction > kHalf) +
                       static_cast<int>(fraction > kThreeQuarters);
  return std::clamp((exponent - 1) * 4 + quarters, Histogram::kFirst, Histogram::kLast);
}

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()) {
  CHECK(std::is_sorted(bounds_.begin(), bounds_.end(), std::less_equal<>()));
}

Histogram::~Histogram() {
  for (auto& cell : cells_) delete cell.load();
}

Histogram::Cell& Histogram::own_cell() {
  std::atomic<Cell*>& place = cells_[metrics_internal::own_cell()];
  if (Cell* const there = place.load(std::memory_order_acquire)) return *there;
  auto made = std::make_unique<Cell>(bounds_.size() + 1);
  Cell* expected = nullptr;
  if (place.compare_exchange_strong(expected, made.get())) return *made.release();
  return *expected;  // another thread of the same cell was quicker
}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  Cell& cell = own_cell();
  const std::size_t zeros = bounds_.size() + 1;
  std::size_t exponential = zeros;
  if (value > kZeroThreshold)
    exponential += 1 + static_cast<std::size_t>(exponential_bucket(value) - kFirst);
  cell.counts[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(
      1, std::memory_order_relaxed);
  cell.counts[exponential].fetch_add(1, std::memory_order_relaxed);
  cell.sum.fetch_add(value, std::memory_order_relaxed);
}

void Histogram::note_example(double value, std::string_view trace_id, std::int64_t now_us) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  MutexLock lock(mutex_);
  examples_[static_cast<std::size_t>(bound - bounds_.begin())] = {value, std::string(trace_id),
                                                                  now_us};
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot total;
  total.bounds = bounds_;
  total.counts.resize(bounds_.size() + 1);
  total.exponential.resize(kBuckets);
  for (const auto& place : cells_) {
    const Cell* const cell = place.load(std::memory_order_acquire);
    if (cell == nullptr) continue;
    const auto* counts = cell->counts.get();
    const auto add = [&counts](std::uint64_t* to) {
      *to += (counts++)->load(std::memory_order_relaxed);
    };
    for (std::uint64_t& count : total.counts) add(&count);
    add(&total.zeros);
    for (std::uint64_t& count : total.exponential) add(&count);
    total.sum += cell->sum.load(std::memory_order_relaxed);
  }
  for (const std::uint64_t count : total.counts) total.count += count;
  MutexLock lock(mutex_);
  if (examples_.empty()) return total;
  total.examples.resize(total.counts.size());
  for (const auto& [bucket, example] : examples_) total.examples[bucket] = example;
  return total;
}

}  // namespace slipway
