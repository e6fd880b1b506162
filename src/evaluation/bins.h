// Where to cut a column of numbers into bins, so that two samples can be compared share by share.
//
//   const Bins bins = robust_bins(reference_sorted);          // or evidently_bins(reference_sorted, current_sorted, ...)
//   ++counts[bins.index_of(x)];
//
// Robust bins follow the reference alone: about ten of equal frequency, each frequent value in a bin of its own, and one open
// bin on either side for what lies beyond the reference. An outlier fills a tail; it cannot widen the other bins and hide
// drift in them. Evidently's bins are of equal width over both samples pooled, as many as Sturges's formula asks for; with up to
// 20 distinct reference values each value is a bin. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/report.h"

namespace slipway::evaluation {

// Bin 0 holds what is below starts[0], bin i what is from starts[i - 1] on and below starts[i].
struct Bins {
  std::vector<double> starts;  // ascending

  std::size_t size() const { return starts.size() + 1; }
  std::size_t index_of(double value) const {
    std::size_t first = 0;
    for (std::size_t left = starts.size(); left > 0;) {  // without a branch to mispredict
      const std::size_t half = (left + 1) / 2;
      first += starts[first + half - 1] <= value ? half : 0;
      left -= half;
    }
    return first;
  }
};

// Samples are ascending, finite and not empty.
Bins robust_bins(std::span<const double> reference);
// `whole`: both columns are of an integer type; their bins are at least 1 wide, as numpy 2 has it.
Bins evidently_bins(std::span<const double> reference, std::span<const double> current, bool whole);

std::vector<std::int64_t> count_sorted(std::span<const double> sorted, const Bins& bins);

// For plots: up to 24 bins of equal width over the middle 99% of both samples; the first and the last also take what lies
// beyond. Whole numbers in a short range get one bin each.
Histogram plot_histogram(std::span<const double> reference, std::span<const double> current);

// The values at the ends of the middle: sorted[floor(share * (n - 1))].
double quantile(std::span<const double> sorted, double share);

}  // namespace slipway::evaluation
