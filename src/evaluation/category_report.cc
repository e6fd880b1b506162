// Categories; numbers are in number_report.cc.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "evaluation/chi_square.h"
#include "evaluation/feature_report.h"
#include "evaluation/finite.h"
#include "evaluation/psi.h"
#include "evaluation/share_distances.h"

namespace slipway::evaluation {
namespace {

using Counts = std::vector<std::int64_t>;

constexpr std::size_t kRobustBins =
    50;  // the rest share one: thousands of rare categories drift by chance alone
constexpr std::size_t kPlotBins = 12;
constexpr std::size_t kUnseenListed = 10;

Counts count_codes(std::span<const std::int32_t> codes, std::size_t categories) {
  Counts counts(categories, 0);
  for (const std::int32_t code : codes) {
    if (code != kNoCategory) ++counts[static_cast<std::size_t>(code)];
  }
  return counts;
}

ColumnSummary summary_of(std::span<const std::int32_t> codes, const Counts& counts) {
  ColumnSummary out;
  out.rows = static_cast<std::int64_t>(codes.size());
  out.missing = out.rows - std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  out.distinct = std::count_if(counts.begin(), counts.end(), [](auto n) { return n > 0; });
  return out;
}

// Categories that either sample has, those of the largest share in either first: what is frequent on one side only is
// exactly what must not be pooled. Texts decide ties, so that the order of rows does not.
std::vector<std::size_t> by_share(const Counts& reference, const Counts& current,
                                  const Dictionary& dictionary) {
  const auto r = shares_of(reference), c = shares_of(current);
  std::vector<std::size_t> order;
  for (std::size_t code = 0; code < r.size(); ++code) {
    if (reference[code] + current[code] > 0) order.push_back(code);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double a_share = std::max(r[a], c[a]), b_share = std::max(r[b], c[b]);
    if (a_share != b_share) return a_share > b_share;
    return dictionary.texts()[a] < dictionary.texts()[b];
  });
  return order;
}

// The bin of each code. Without a limit every category has its own.
struct CategoryBins {
  std::vector<std::size_t> bin_of;
  std::size_t size = 0;
};

CategoryBins bins_of(const std::vector<std::size_t>& order, std::size_t categories,
                     std::size_t bins_max) {
  CategoryBins out{std::vector<std::size_t>(categories, 0), std::min(order.size(), bins_max)};
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    out.bin_of[order[rank]] = std::min(rank, bins_max - 1);
  }
  return out;
}

Counts pooled(const Counts& counts, const CategoryBins& bins) {
  Counts out(bins.size, 0);
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] > 0) out[bins.bin_of[code]] += counts[code];
  }
  return out;
}

Drift drift_of(const Counts& reference, const Counts& current, const CompareOptions& options) {
  Drift drift;
  const Fill fill = options.compat ? Fill::kEvidently : Fill::kFloor;
  drift.psi = population_stability_index(reference, current, fill);
  if (!drift.psi) return drift;
  const auto r = shares_of(reference), c = shares_of(current);
  drift.jensen_shannon = jensen_shannon(r, c);
  drift.hellinger = hellinger(r, c);
  drift.l_infinity = l_infinity(r, c);
  const auto test = options.compat ? chi_square_fit(reference, current)
                                   : chi_square_two_samples(reference, current);
  if (test) {
    drift.chi_square = finite(test->statistic);
    drift.chi_square_p = test->p;
  }
  drift.verdict = verdict_of(drift.psi, options.thresholds);
  return drift;
}

// Counted by bin at once: periods times categories could be more than memory holds.
std::vector<Counts> count_by_period(const CategoryColumn& column, const CategoryBins& bins,
                                    std::size_t periods) {
  std::vector<Counts> counts(periods, Counts(bins.size, 0));
  for (std::size_t row = 0; row < column.periods.size(); ++row) {
    if (column.periods[row] < 0 || column.current[row] == kNoCategory) continue;
    const auto period = static_cast<std::size_t>(column.periods[row]);
    ++counts[period][bins.bin_of[static_cast<std::size_t>(column.current[row])]];
  }
  return counts;
}

Histogram histogram_of(const Counts& reference, const Counts& current,
                       const std::vector<std::size_t>& order, const Dictionary& dictionary) {
  const CategoryBins bins = bins_of(order, reference.size(), kPlotBins);
  Histogram out;
  for (std::size_t rank = 0; rank < bins.size; ++rank) {
    const bool is_rest = rank + 1 == kPlotBins && order.size() > kPlotBins;
    out.labels.push_back(is_rest ? "(other)" : dictionary.texts()[order[rank]]);
  }
  out.reference = shares_of(pooled(reference, bins));
  out.current = shares_of(pooled(current, bins));
  return out;
}

void find_unseen(const Counts& reference, const Counts& current, const CategoryColumn& column,
                 FeatureReport* out) {
  const std::unordered_set<std::string> known(column.known.begin(), column.known.end());
  for (std::size_t code = 0; code < current.size(); ++code) {
    const std::string& text = column.dictionary.texts()[code];
    if (current[code] == 0 || reference[code] > 0 || known.contains(text)) continue;
    out->unseen_rows += current[code];
    out->unseen.emplace_back(text, current[code]);
  }
  std::sort(out->unseen.begin(), out->unseen.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (out->unseen.size() > kUnseenListed) out->unseen.resize(kUnseenListed);
}

// What both samples were counted into.
struct Comparison {
  Counts reference, current;
  std::vector<std::size_t> order;
  CategoryBins bins;
};

Comparison count(const CategoryColumn& column, const CompareOptions& options) {
  Comparison out;
  out.reference = count_codes(column.reference, column.dictionary.size());
  out.current = count_codes(column.current, column.dictionary.size());
  out.order = by_share(out.reference, out.current, column.dictionary);
  out.bins = bins_of(out.order, out.reference.size(),
                     options.compat ? std::max<std::size_t>(1, out.order.size()) : kRobustBins);
  return out;
}

}  // namespace

FeatureReport compare_categories(const CategoryColumn& column, const CompareOptions& options) {
  const Comparison counts = count(column, options);
  const Counts reference_bins = pooled(counts.reference, counts.bins);
  FeatureReport out;
  out.kind = FeatureKind::kCategory;
  out.reference = summary_of(column.reference, counts.reference);
  out.current = summary_of(column.current, counts.current);
  out.drift = drift_of(reference_bins, pooled(counts.current, counts.bins), options);
  out.histogram = histogram_of(counts.reference, counts.current, counts.order, column.dictionary);
  find_unseen(counts.reference, counts.current, column, &out);
  for (const auto& period : count_by_period(column, counts.bins, options.periods)) {
    const Fill fill = options.compat ? Fill::kEvidently : Fill::kFloor;
    out.psi_by_period.push_back(population_stability_index(reference_bins, period, fill));
  }
  return out;
}

std::vector<Drift> drift_by_period(const CategoryColumn& column, const CompareOptions& options) {
  const Comparison counts = count(column, options);
  const Counts reference_bins = pooled(counts.reference, counts.bins);
  std::vector<Drift> out;
  for (const auto& period : count_by_period(column, counts.bins, options.periods)) {
    out.push_back(drift_of(reference_bins, period, options));
  }
  return out;
}

}  // namespace slipway::evaluation
