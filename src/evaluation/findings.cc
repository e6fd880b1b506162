// SPDX-License-Identifier: Apache-2.0
#include "evaluation/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "evaluation/finite.h"

namespace slipway::evaluation {
namespace {

using Sentences = std::vector<std::string>;

// From here on a change is worth a sentence. Verdicts have thresholds of their own (Thresholds).
constexpr double kScoreChange = 0.005;     // of AUC, accuracy, F1
constexpr double kRelativeChange = 0.02;   // of log loss, RMSE
constexpr double kShareChange = 0.02;      // of positives, of a category
constexpr double kMissingChange = 0.01;    // of the rows
constexpr double kOutOfRangeShare = 0.01;  // of the rows
constexpr std::size_t kFeaturesNamed = 3;

std::string words(double value) {
  const double size = std::abs(value);
  if (size >= 1000 && size < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::string percent(double share) { return fmt::format("{:.1f}%", share * 100); }

std::string count_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(static_cast<std::uint64_t>(count)), noun,
                     count == 1 ? "" : "s");
}

std::string_view direction(double from, double to) { return to < from ? "fell" : "rose"; }

void score_changed(std::string_view name, const std::optional<double>& from,
                   const std::optional<double>& to, Sentences* out) {
  if (!from || !to || std::abs(*to - *from) < kScoreChange) return;
  out->push_back(
      fmt::format("{} {} from {:.3f} to {:.3f}", name, direction(*from, *to), *from, *to));
}

void loss_changed(std::string_view name, const std::optional<double>& from,
                  const std::optional<double>& to, Sentences* out) {
  if (!from || !to || std::abs(*to - *from) <= kRelativeChange * *from) return;
  out->push_back(
      fmt::format("{} {} from {} to {}", name, direction(*from, *to), words(*from), words(*to)));
}

// Whether probabilities are too high or too low as a whole.
void describe_level(const Performance& current, Sentences* out) {
  double predicted = 0;
  for (const auto& bin : current.calibration) {
    predicted += bin.predicted * static_cast<double>(bin.rows);
  }
  predicted /= static_cast<double>(current.rows);
  const double observed = *current.positive_share;
  if (std::abs(predicted - observed) < kShareChange) return;
  out->push_back(fmt::format("probabilities are too {}: {} predicted on average, {} happened",
                             predicted > observed ? "high" : "low", percent(predicted),
                             percent(observed)));
}

void describe_positives(const Report& report, Sentences* out) {
  const auto& from = report.reference_performance->positive_share;
  const auto& to = report.current_performance->positive_share;
  if (!from || !to) return;
  if (std::abs(*to - *from) >= kShareChange) {
    out->push_back(fmt::format("the share of '{}' {} from {} to {}", report.positive,
                               direction(*from, *to), percent(*from), percent(*to)));
  }
  describe_level(*report.current_performance, out);
}

void describe_performance(const Report& report, Sentences* out) {
  if (!report.reference_performance || !report.current_performance) return;
  const Performance& from = *report.reference_performance;
  const Performance& to = *report.current_performance;
  score_changed(report.task == Task::kMulticlass ? "AUC (mean over classes)" : "AUC", from.auc,
                to.auc, out);
  if (report.task == Task::kMulticlass) {
    score_changed("accuracy", from.accuracy, to.accuracy, out);
    score_changed("macro F1", from.macro_f1, to.macro_f1, out);
  }
  loss_changed("log loss", from.log_loss, to.log_loss, out);
  loss_changed("RMSE", from.rmse, to.rmse, out);
  if (to.bias && to.rmse && std::abs(*to.bias) > 0.1 * *to.rmse) {
    out->push_back(fmt::format("predictions are {} too {} on average", words(std::abs(*to.bias)),
                               *to.bias > 0 ? "high" : "low"));
  }
  describe_positives(report, out);
  if (to.rows == 0) out->push_back("no current row has a target: performance is unknown");
}

void describe_table(const Report& report, Sentences* out) {
  const auto features = static_cast<std::int64_t>(report.features.size());
  if (features == 0 || report.drifted_features == 0) return;
  if (ratio(report.drifted_features, features) < report.thresholds.share_of_features) return;
  out->push_back(fmt::format("{} of {} drifted: the rows are no longer those of the reference",
                             report.drifted_features, count_of(features, "feature")));
}

// How a column moved, in the words that fit its kind; empty if nothing visible did.
std::string movement_of(const FeatureReport& feature) {
  if (feature.kind == FeatureKind::kNumber) {
    const auto &from = feature.reference, &to = feature.current;
    if (from.median && to.median && from.median != to.median) {
      return fmt::format(", its median went from {} to {}", words(*from.median), words(*to.median));
    }
    if (from.deviation && to.deviation) {
      return fmt::format(", its standard deviation went from {} to {}", words(*from.deviation),
                         words(*to.deviation));
    }
    return "";
  }
  const Histogram& bins = feature.histogram;
  std::size_t moved = 0;
  const auto change = [&](std::size_t bin) {
    return std::abs(bins.current[bin] - bins.reference[bin]);
  };
  for (std::size_t bin = 1; bin < bins.labels.size(); ++bin) {
    if (change(bin) > change(moved)) moved = bin;
  }
  if (bins.labels.empty()) return "";
  return fmt::format(", '{}' went from {} to {}", bins.labels[moved],
                     percent(bins.reference[moved]), percent(bins.current[moved]));
}

void describe_prediction(const Report& report, Sentences* out) {
  for (const auto& output : report.outputs) {
    if (output.drift.verdict == Verdict::kDrifted || output.drift.verdict == Verdict::kMoving) {
      out->push_back(
          fmt::format("the prediction {}: PSI {:.2f}{}",
                      output.drift.verdict == Verdict::kDrifted ? "drifted" : "is moving",
                      *output.drift.psi, movement_of(output)));
    }
    if (output.current.missing + output.current.infinite > 0) {
      out->push_back(fmt::format(
          "{} no usable prediction",
          count_of(output.current.missing + output.current.infinite, "row") +
              (output.current.missing + output.current.infinite == 1 ? " has" : " have")));
    }
  }
}

void describe_schema(const Report& report, Sentences* out) {
  for (const auto& finding : report.schema) {
    switch (finding.problem) {
      case ColumnProblem::kMissing:
        out->push_back(fmt::format("column {} is missing: {}", finding.column, finding.detail));
        break;
      case ColumnProblem::kTypeChanged:
        out->push_back(
            fmt::format("column {} changed its type: {}", finding.column, finding.detail));
        break;
      case ColumnProblem::kEmpty:
        out->push_back(fmt::format("column {} is empty: {}", finding.column, finding.detail));
        break;
      case ColumnProblem::kConstant:
        out->push_back(fmt::format("column {} is constant: {}", finding.column, finding.detail));
        break;
      case ColumnProblem::kExtra:
        break;  // in the report's table; no model reads it
    }
  }
}

void describe_drifted(const Report& report, Sentences* out) {
  std::size_t named = 0;
  for (const auto& feature : report.features) {
    if (feature.drift.verdict != Verdict::kDrifted || named == kFeaturesNamed) break;
    const bool most = named == 0 && report.drifted_features > 1;
    out->push_back(fmt::format("{} drifted{}: PSI {:.2f}{}", feature.name, most ? " most" : "",
                               *feature.drift.psi, movement_of(feature)));
    ++named;
  }
  const std::int64_t rest = report.drifted_features - static_cast<std::int64_t>(named);
  if (rest > 0) out->push_back(fmt::format("{} more drifted", count_of(rest, "feature")));
}

void describe_unseen(const FeatureReport& feature, Sentences* out) {
  if (feature.unseen_rows == 0) return;
  constexpr std::size_t kListed = 10;  // of FeatureReport::unseen
  const std::size_t values = feature.unseen.size();
  out->push_back(
      fmt::format("{}: {}{} the model never saw: {}{}", feature.name,
                  count_of(static_cast<std::int64_t>(values), "value"),
                  values == kListed ? " or more" : "", count_of(feature.unseen_rows, "row"),
                  values > 1 ? fmt::format(", most often '{}'", feature.unseen.front().first)
                             : fmt::format(" of '{}'", feature.unseen.front().first)));
}

void describe_quality(const FeatureReport& feature, Sentences* out) {
  const ColumnSummary &from = feature.reference, &to = feature.current;
  if (from.rows == 0 || to.rows == 0) return;
  const double was_missing = ratio(from.missing, from.rows),
               is_missing = ratio(to.missing, to.rows);
  if (to.missing < to.rows && std::abs(is_missing - was_missing) >= kMissingChange) {
    out->push_back(fmt::format("{} is missing in {} of the rows, was in {}", feature.name,
                               percent(is_missing), percent(was_missing)));
  }
  if (to.infinite > 0) {
    out->push_back(fmt::format("{} is infinite in {}", feature.name, count_of(to.infinite, "row")));
  }
  const double outside = ratio(feature.out_of_range, to.rows);
  if (outside >= kOutOfRangeShare) {
    out->push_back(fmt::format("{} lies beyond the reference's {} to {} in {} of the rows",
                               feature.name, words(*from.minimum), words(*from.maximum),
                               percent(outside)));
  }
}

void describe_calm(const Report& report, Sentences* out) {
  if (report.drifted_features > 0 || report.features.empty()) return;
  const auto features = count_of(static_cast<std::int64_t>(report.features.size()), "feature");
  out->push_back(
      report.moving_features == 0
          ? fmt::format("none of {} drifted", features)
          : fmt::format("none of {} drifted, {} moving: {} most, PSI {:.2f}", features,
                        report.moving_features == 1 ? "1 is"
                                                    : fmt::format("{} are", report.moving_features),
                        report.features.front().name, *report.features.front().drift.psi));
}

}  // namespace

std::vector<std::string> sentences_of(const Report& report) {
  Sentences out;
  describe_performance(report, &out);
  describe_table(report, &out);
  describe_prediction(report, &out);
  describe_schema(report, &out);
  describe_drifted(report, &out);
  for (const auto& feature : report.features) describe_unseen(feature, &out);
  for (const auto& feature : report.features) describe_quality(feature, &out);
  describe_calm(report, &out);
  return out;
}

}  // namespace slipway::evaluation
