// SPDX-License-Identifier: Apache-2.0
#include "evaluation/performance.h"

#include <cmath>
#include <cstddef>

#include "evaluation/calibration.h"
#include "evaluation/finite.h"
#include "evaluation/ranking.h"

namespace slipway::evaluation {
namespace {

std::optional<double> ratio_if(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return ratio(part, whole);
}

ConfusionMatrix confusion_of(const Labels& labels) {
  const std::size_t classes = labels.classes.size();
  ConfusionMatrix out{labels.classes, std::vector<std::int64_t>(classes * classes, 0)};
  for (std::size_t row = 0; row < labels.actual.size(); ++row) {
    if (labels.predicted[row] < 0) continue;
    const auto actual = static_cast<std::size_t>(labels.actual[row]);
    ++out.counts[actual * classes + static_cast<std::size_t>(labels.predicted[row])];
  }
  return out;
}

struct ClassCounts {
  std::int64_t hits = 0, actual = 0, predicted = 0;

  std::optional<double> f1() const { return ratio_if(2 * hits, actual + predicted); }
};

ClassCounts counts_of(const Labels& labels, std::int32_t which) {
  ClassCounts counts;
  for (std::size_t row = 0; row < labels.actual.size(); ++row) {
    const bool is = labels.actual[row] == which, said = labels.predicted[row] == which;
    counts.actual += is ? 1 : 0;
    counts.predicted += said ? 1 : 0;
    counts.hits += is && said ? 1 : 0;
  }
  return counts;
}

double accuracy_of(const Labels& labels) {
  std::int64_t hits = 0;
  for (std::size_t row = 0; row < labels.actual.size(); ++row) {
    hits += labels.actual[row] == labels.predicted[row] ? 1 : 0;
  }
  return ratio(hits, static_cast<std::int64_t>(labels.actual.size()));
}

std::vector<std::uint8_t> one_against_rest(std::span<const std::int32_t> actual,
                                           std::int32_t which) {
  std::vector<std::uint8_t> is(actual.size());
  for (std::size_t row = 0; row < actual.size(); ++row) is[row] = actual[row] == which ? 1 : 0;
  return is;
}

// Mean over the classes that occur.
std::optional<double> macro_f1_of(const Labels& labels) {
  double sum = 0;
  std::int64_t classes = 0;
  for (std::size_t k = 0; k < labels.classes.size(); ++k) {
    const auto f1 = counts_of(labels, static_cast<std::int32_t>(k)).f1();
    if (!f1) continue;
    sum += *f1;
    ++classes;
  }
  if (classes == 0) return std::nullopt;
  return sum / static_cast<double>(classes);
}

// Each class against the rest, averaged; absent if one of them does not occur.
std::optional<double> macro_auc_of(const Labels& labels,
                                   std::span<const std::span<const double>> p) {
  double sum = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const auto is = one_against_rest(labels.actual, static_cast<std::int32_t>(k));
    const auto area = auc(group_scores(p[k], is));
    if (!area) return std::nullopt;
    sum += *area;
  }
  return sum / static_cast<double>(p.size());
}

std::optional<double> multiclass_log_loss(const Labels& labels,
                                          std::span<const std::span<const double>> p) {
  double sum = 0;
  for (std::size_t row = 0; row < labels.actual.size(); ++row) {
    sum += log_loss_of(p[static_cast<std::size_t>(labels.actual[row])][row]);
  }
  return finite(sum / static_cast<double>(labels.actual.size()));
}

}  // namespace

Performance binary_performance(const Labels& labels, std::span<const double> p,
                               std::int32_t positive) {
  Performance out;
  out.rows = static_cast<std::int64_t>(labels.actual.size());
  if (out.rows == 0) return out;
  const auto is = one_against_rest(labels.actual, positive);
  const auto groups = group_scores(p, is);
  out.auc = auc(groups);
  out.average_precision = average_precision(groups);
  out.log_loss = finite(log_loss(p, is));
  out.brier = finite(brier_score(p, is));
  out.calibration = calibration_bins(p, is);
  out.ece_width = finite(expected_calibration_error(out.calibration));
  out.ece_frequency = finite(expected_calibration_error(calibration_bins_by_frequency(groups)));
  const ClassCounts counts = counts_of(labels, positive);
  out.positive_share = ratio(counts.actual, out.rows);
  out.accuracy = accuracy_of(labels);
  out.precision = ratio_if(counts.hits, counts.predicted);
  out.recall = ratio_if(counts.hits, counts.actual);
  out.f1 = counts.f1();
  out.confusion = confusion_of(labels);
  return out;
}

Performance multiclass_performance(const Labels& labels,
                                   std::span<const std::span<const double>> p) {
  Performance out;
  out.rows = static_cast<std::int64_t>(labels.actual.size());
  if (out.rows == 0) return out;
  out.accuracy = accuracy_of(labels);
  out.macro_f1 = macro_f1_of(labels);
  out.confusion = confusion_of(labels);
  if (p.empty()) return out;
  out.auc = macro_auc_of(labels, p);
  out.log_loss = multiclass_log_loss(labels, p);
  return out;
}

Performance regression_performance(std::span<const double> predicted,
                                   std::span<const double> actual) {
  Performance out;
  out.rows = static_cast<std::int64_t>(actual.size());
  if (out.rows == 0) return out;
  const auto rows = static_cast<double>(out.rows);
  double mean = 0, absolute = 0, squared = 0, signed_sum = 0, spread = 0;
  for (const double value : actual) mean += value / rows;
  for (std::size_t row = 0; row < actual.size(); ++row) {
    const double error = predicted[row] - actual[row];
    absolute += std::abs(error);
    squared += error * error;
    signed_sum += error;
    spread += (actual[row] - mean) * (actual[row] - mean);
  }
  out.mae = finite(absolute / rows);
  out.rmse = finite(std::sqrt(squared / rows));
  out.bias = finite(signed_sum / rows);
  if (spread > 0) out.r2 = finite(1 - squared / spread);
  return out;
}

}  // namespace slipway::evaluation
