// Compares the reference and the current values of one column: summary, drift, histogram, quality, and PSI by period.
//
//   const FeatureReport report = compare_numbers({reference, current, periods}, options);
//
// Pure functions of what they are given, and deterministic: columns are compared in parallel. A column that is empty, constant
// or full of infinities gives a report with less in it, never an error.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/column_data.h"
#include "evaluation/report.h"

namespace slipway::evaluation {

struct CompareOptions {
  bool compat = false;
  Thresholds thresholds;
  std::size_t periods = 0;
};

struct NumberColumn {
  std::span<const double> reference, current;  // NaN: missing
  std::span<const std::int32_t>
      periods;         // index of each current row's period, or -1; empty without periods
  bool whole = false;  // of integer type in both samples
};
struct CategoryColumn {
  std::span<const std::int32_t> reference, current;  // codes; kNoCategory: missing
  std::span<const std::int32_t> periods;
  const Dictionary& dictionary;
  const std::vector<std::string>& known;  // to the model
};

// The fields `name`, `kind` and `is_output` are the caller's to set.
FeatureReport compare_numbers(const NumberColumn& column, const CompareOptions& options);
FeatureReport compare_categories(const CategoryColumn& column, const CompareOptions& options);

// The full Drift of each period's rows against the reference: for the prediction.
std::vector<Drift> drift_by_period(const NumberColumn& column, const CompareOptions& options);
std::vector<Drift> drift_by_period(const CategoryColumn& column, const CompareOptions& options);

Verdict verdict_of(const std::optional<double>& psi, const Thresholds& thresholds);

}  // namespace slipway::evaluation
