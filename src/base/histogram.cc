// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>

#include "base/check.h"

namespace slipway {
namespace {

constexpr std::size_t kBuckets = Histogram::kLast - Histogram::kFirst + 1;
// Values of one histogram lie near each other: buckets are made four octaves at a time, of the seven.
constexpr std::size_t kPart = 16;
static_assert(kBuckets % kPart == 0);

using Count = std::atomic<std::uint64_t>;
struct alignas(metrics_internal::kCacheLine) Part {
  std::array<Count, kPart> counts{};
};

// What lies there, or a new one; of those that threads make at once, one stays.
template <typename T, typename... Arguments>
T& find_or_make(std::atomic<T*>* place, const Arguments&... arguments) {
  if (T* const there = place->load(std::memory_order_acquire)) return *there;
  auto made = std::make_unique<T>(arguments...);
  T* expected = nullptr;
  if (place->compare_exchange_strong(expected, made.get())) return *made.release();
  return *expected;
}

}  // namespace

struct alignas(metrics_internal::kCacheLine) Histogram::Cell {
  explicit Cell(std::size_t named_buckets) : named(new Count[named_buckets]()) {}
  ~Cell() {
    for (auto& part : parts) delete part.load();
  }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  std::atomic<double> sum{0};
  Count zeros{0};
  std::atomic<std::uint32_t> visits{0};  // of threads that have no cell of their own
  const std::unique_ptr<Count[]> named;
  std::array<std::atomic<Part*>, kBuckets / kPart> parts{};
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

// Of what is seldom observed, such as the times of one model among thousands, there is one cell for all threads.
Histogram::Cell& Histogram::cell() {
  constexpr std::uint32_t kVisitsMax = 256;
  const std::size_t own = metrics_internal::own_cell();
  if (Cell* const there = cells_[own].load(std::memory_order_acquire)) return *there;
  Cell& shared = find_or_make(&cells_[0], bounds_.size() + 1);
  if (own == 0 || shared.visits.fetch_add(1, std::memory_order_relaxed) < kVisitsMax) return shared;
  return find_or_make(&cells_[own], bounds_.size() + 1);
}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  Cell& cell = this->cell();
  cell.named[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(
      1, std::memory_order_relaxed);
  cell.sum.fetch_add(value, std::memory_order_relaxed);
  if (value <= kZeroThreshold) {
    cell.zeros.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const auto bucket = static_cast<std::size_t>(exponential_bucket(value) - kFirst);
  find_or_make(&cell.parts[bucket / kPart])
      .counts[bucket % kPart]
      .fetch_add(1, std::memory_order_relaxed);
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
    for (std::size_t i = 0; i < total.counts.size(); ++i)
      total.counts[i] += cell->named[i].load(std::memory_order_relaxed);
    total.zeros += cell->zeros.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < kBuckets; ++i) {
      const Part* const part = cell->parts[i / kPart].load(std::memory_order_acquire);
      if (part != nullptr)
        total.exponential[i] += part->counts[i % kPart].load(std::memory_order_relaxed);
    }
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
