// Numbers; categories are in category_report.cc.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "evaluation/bins.h"
#include "evaluation/feature_report.h"
#include "evaluation/finite.h"
#include "evaluation/kolmogorov.h"
#include "evaluation/psi.h"
#include "evaluation/share_distances.h"
#include "evaluation/sort_numbers.h"
#include "evaluation/sorted_distances.h"

namespace slipway::evaluation {
namespace {

using Counts = std::vector<std::int64_t>;

struct Sample {
  std::vector<double> sorted;  // what is finite
  ColumnSummary summary;
};

double deviation_of(std::span<const double> values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

double median_of(std::span<const double> sorted) {
  const std::size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return sorted[middle - 1] / 2 + sorted[middle] / 2;  // halves first: a sum could overflow
}

// Sums run over the sorted values: the order in which rows came cannot move the last bit.
Sample sample_of(std::span<const double> values) {
  Sample out;
  out.summary.rows = static_cast<std::int64_t>(values.size());
  out.sorted.reserve(values.size());
  for (const double value : values) {
    if (std::isfinite(value)) {
      out.sorted.push_back(value);
    } else {
      ++(std::isnan(value) ? out.summary.missing : out.summary.infinite);
    }
  }
  if (out.sorted.empty()) return out;
  sort_numbers(out.sorted);
  double sum = 0;
  for (const double value : out.sorted) sum += value;
  const double mean = sum / static_cast<double>(out.sorted.size());
  out.summary.minimum = out.sorted.front();
  out.summary.maximum = out.sorted.back();
  out.summary.mean = finite(mean);
  out.summary.deviation = finite(deviation_of(out.sorted, mean));
  out.summary.median = median_of(out.sorted);
  return out;
}

std::optional<double> normed(double wasserstein, const ColumnSummary& reference, bool compat) {
  constexpr double kLeastInCompat = 0.001;
  if (!reference.deviation) return std::nullopt;
  const double unit =
      compat ? std::max(*reference.deviation, kLeastInCompat) : *reference.deviation;
  return finite(wasserstein / unit);
}

Fill fill_of(const CompareOptions& options) {
  return options.compat ? Fill::kEvidently : Fill::kFloor;
}

Drift drift_of(const Sample& reference, std::span<const double> current, const Bins& bins,
               const CompareOptions& options) {
  Drift drift;
  if (reference.sorted.empty() || current.empty()) return drift;
  const Counts r = count_sorted(reference.sorted, bins), c = count_sorted(current, bins);
  drift.psi = population_stability_index(r, c, fill_of(options));
  const auto r_shares = shares_of(r), c_shares = shares_of(c);
  drift.jensen_shannon = jensen_shannon(r_shares, c_shares);
  drift.hellinger = hellinger(r_shares, c_shares);
  const auto distances = sorted_distances(reference.sorted, current);
  drift.ks = distances.ks;
  drift.ks_p = ks_two_sample_p(static_cast<std::int64_t>(reference.sorted.size()),
                               static_cast<std::int64_t>(current.size()), distances.ks);
  drift.wasserstein = finite(distances.wasserstein);
  drift.wasserstein_normed = normed(distances.wasserstein, reference.summary, options.compat);
  drift.verdict = verdict_of(drift.psi, options.thresholds);
  return drift;
}

Bins bins_of(const Sample& reference, const Sample& current, const NumberColumn& column,
             const CompareOptions& options) {
  if (reference.sorted.empty() || current.sorted.empty()) return {};
  return options.compat ? evidently_bins(reference.sorted, current.sorted, column.whole)
                        : robust_bins(reference.sorted);
}

std::vector<std::optional<double>> psi_by_period(const Sample& reference,
                                                 const NumberColumn& column, const Bins& bins,
                                                 const CompareOptions& options) {
  std::vector<Counts> counts(options.periods, Counts(bins.size(), 0));
  for (std::size_t row = 0; row < column.periods.size(); ++row) {
    if (column.periods[row] < 0 || !std::isfinite(column.current[row])) continue;
    ++counts[static_cast<std::size_t>(column.periods[row])][bins.index_of(column.current[row])];
  }
  const Counts reference_counts = count_sorted(reference.sorted, bins);
  std::vector<std::optional<double>> out;
  for (const auto& period : counts) {
    out.push_back(population_stability_index(reference_counts, period, fill_of(options)));
  }
  return out;
}

std::int64_t count_out_of_range(std::span<const double> sorted, const ColumnSummary& reference) {
  if (!reference.minimum) return 0;
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), *reference.minimum);
  const auto above = std::upper_bound(sorted.begin(), sorted.end(), *reference.maximum);
  return (below - sorted.begin()) + (sorted.end() - above);
}

}  // namespace

Verdict verdict_of(const std::optional<double>& psi, const Thresholds& thresholds) {
  if (!psi) return Verdict::kUnknown;
  if (*psi >= thresholds.psi_drifted) return Verdict::kDrifted;
  return *psi >= thresholds.psi_moving ? Verdict::kMoving : Verdict::kStable;
}

FeatureReport compare_numbers(const NumberColumn& column, const CompareOptions& options) {
  const Sample reference = sample_of(column.reference), current = sample_of(column.current);
  const Bins bins = bins_of(reference, current, column, options);
  FeatureReport out;
  out.kind = FeatureKind::kNumber;
  out.reference = reference.summary;
  out.current = current.summary;
  out.drift = drift_of(reference, current.sorted, bins, options);
  out.out_of_range = count_out_of_range(current.sorted, reference.summary);
  if (!reference.sorted.empty() && !current.sorted.empty()) {
    out.histogram = plot_histogram(reference.sorted, current.sorted);
  }
  out.psi_by_period = psi_by_period(reference, column, bins, options);
  return out;
}

std::vector<Drift> drift_by_period(const NumberColumn& column, const CompareOptions& options) {
  const Sample reference = sample_of(column.reference), current = sample_of(column.current);
  const Bins bins = bins_of(reference, current, column, options);
  std::vector<std::vector<double>> values(options.periods);
  for (std::size_t row = 0; row < column.periods.size(); ++row) {
    if (column.periods[row] < 0 || !std::isfinite(column.current[row])) continue;
    values[static_cast<std::size_t>(column.periods[row])].push_back(column.current[row]);
  }
  std::vector<Drift> out;
  for (auto& period : values) {
    sort_numbers(period);
    out.push_back(drift_of(reference, period, bins, options));
  }
  return out;
}

}  // namespace slipway::evaluation
