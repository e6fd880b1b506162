// SPDX-License-Identifier: Apache-2.0
#include "evaluation/bins.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>
#include <utility>

#include "base/math/elementary.h"
#include "evaluation/psi.h"

namespace slipway::evaluation {
namespace {

constexpr std::size_t kFewValues = 20;  // up to so many distinct ones, each value is a bin
constexpr std::size_t kRobustBins = 10;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The distinct values, or nothing if there are more than kFewValues.
std::vector<double> few_values(std::span<const double> sorted) {
  std::vector<double> values;
  for (auto at = sorted.begin(); at != sorted.end(); at = std::upper_bound(at, sorted.end(), *at)) {
    if (values.size() == kFewValues) return {};
    values.push_back(*at);
  }
  return values;
}

// Starts of bins of equal frequency. A value that fills a bin alone ends it too: its neighbours must not hide in it.
std::vector<double> frequency_starts(std::span<const double> sorted) {
  std::vector<double> starts;
  for (std::size_t i = 0; i < kRobustBins; ++i) {
    const double start = sorted[i * sorted.size() / kRobustBins];
    if (starts.empty() || start > starts.back()) {
      starts.push_back(start);
    } else if (const auto next = std::upper_bound(sorted.begin(), sorted.end(), start);
               next != sorted.end() && start == starts.back()) {
      starts.push_back(*next);
    }
  }
  return starts;
}

// log2(n) with the exact result for powers of two, where the number of bins hangs on the last bit.
double log2_of(std::size_t n) {
  if (std::has_single_bit(n)) return std::countr_zero(n);
  return math::log(static_cast<double>(n)) / std::numbers::ln2;
}

std::vector<double> union_of(std::span<const double> a, std::span<const double> b) {
  std::vector<double> values;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(values));
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

struct Range {
  double low, high;
};

// Both samples without the outermost half percent at each end.
Range middle_of(std::span<const double> reference, std::span<const double> current) {
  return {std::min(quantile(reference, 0.005), quantile(current, 0.005)),
          std::max(quantile(reference, 0.995), quantile(current, 0.995))};
}

bool are_whole(std::span<const double> sorted) {
  return std::all_of(sorted.begin(), sorted.end(), [](double x) { return x == std::floor(x); });
}

std::vector<double> equal_edges(Range range, std::size_t bins) {
  std::vector<double> edges(bins + 1);
  const double step =
      range.high / static_cast<double>(bins) - range.low / static_cast<double>(bins);
  for (std::size_t i = 0; i <= bins; ++i) edges[i] = range.low + static_cast<double>(i) * step;
  edges.back() = range.high;
  return edges;
}

}  // namespace

double quantile(std::span<const double> sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

Bins robust_bins(std::span<const double> reference) {
  Bins bins{few_values(reference)};
  if (bins.starts.empty()) bins.starts = frequency_starts(reference);
  const double beyond = std::nextafter(reference.back(), kInfinity);
  if (beyond > bins.starts.back()) bins.starts.push_back(beyond);
  return bins;
}

Bins evidently_bins(std::span<const double> reference, std::span<const double> current,
                    bool whole) {
  if (!few_values(reference).empty()) {
    std::vector<double> values = union_of(reference, current);
    values.erase(values.begin());
    return {std::move(values)};
  }
  const double low = std::min(reference.front(), current.front());
  const double high = std::max(reference.back(), current.back());
  double width = (high - low) / (log2_of(reference.size() + current.size()) + 1);
  if (whole && width < 1) width = 1;
  if (!(width > 0 && width < kInfinity))
    return robust_bins(reference);  // beyond what doubles divide
  const auto bins = static_cast<std::size_t>(std::ceil((high - low) / width));
  const double step = (high - low) / static_cast<double>(bins);
  Bins out;
  for (std::size_t i = 1; i < bins; ++i) {
    out.starts.push_back(static_cast<double>(i) * step + low);
  }
  return out;
}

std::vector<std::int64_t> count_sorted(std::span<const double> sorted, const Bins& bins) {
  std::vector<std::int64_t> counts;
  auto begin = sorted.begin();
  for (const double start : bins.starts) {
    const auto end = std::lower_bound(begin, sorted.end(), start);
    counts.push_back(end - begin);
    begin = end;
  }
  counts.push_back(sorted.end() - begin);
  return counts;
}

Histogram plot_histogram(std::span<const double> reference, std::span<const double> current) {
  constexpr double kPlotBins = 24;
  Range range = middle_of(reference, current);
  std::size_t bins = static_cast<std::size_t>(kPlotBins);
  if (range.high - range.low < kPlotBins && are_whole(reference) && are_whole(current)) {
    bins = static_cast<std::size_t>(range.high - range.low) + 1;
    range = {range.low - 0.5, range.high + 0.5};
  } else if (range.low == range.high) {
    bins = 1;
    const double half = std::max(0.5, std::abs(range.low) * 1e-3);
    range = {range.low - half, range.high + half};
  }
  Histogram out;
  out.edges = equal_edges(range, bins);
  const Bins inner{{out.edges.begin() + 1, out.edges.end() - 1}};
  out.reference = shares_of(count_sorted(reference, inner));
  out.current = shares_of(count_sorted(current, inner));
  return out;
}

}  // namespace slipway::evaluation
