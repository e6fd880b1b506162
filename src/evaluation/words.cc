// SPDX-License-Identifier: Apache-2.0
#include "evaluation/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::evaluation {

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kStable:
      return "stable";
    case Verdict::kMoving:
      return "moving";
    case Verdict::kDrifted:
      return "drifted";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view word_of(Task task) {
  switch (task) {
    case Task::kRegression:
      return "regression";
    case Task::kBinary:
      return "binary";
    case Task::kMulticlass:
      return "multiclass";
  }
  return "";
}

std::string_view word_of(ColumnProblem problem) {
  switch (problem) {
    case ColumnProblem::kMissing:
      return "missing";
    case ColumnProblem::kExtra:
      return "extra";
    case ColumnProblem::kTypeChanged:
      return "type changed";
    case ColumnProblem::kConstant:
      return "constant";
    case ColumnProblem::kEmpty:
      return "empty";
  }
  return "";
}

std::string figure(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

// No-break spaces: a figure and its sign stay on one line.
std::string percent(double share) {
  if (share == 0) return "0\u00A0%";
  const double value = share * 100;
  return value < 0.1 ? "<\u00A00.1\u00A0%" : fmt::format("{:.1f}\u00A0%", value);
}

std::string missing_share(const ColumnSummary& column) {
  if (column.rows == 0) return "-";
  return percent(static_cast<double>(column.missing) / static_cast<double>(column.rows));
}

std::string headline(const Report& report) {
  const std::size_t features = report.features.size();
  const bool prediction_drifted = std::any_of(
      report.outputs.begin(), report.outputs.end(),
      [](const FeatureReport& output) { return output.drift.verdict == Verdict::kDrifted; });
  std::string text =
      report.drifted_features == 0
          ? fmt::format("No feature of {} drifted", features)
          : fmt::format("{} of {} features drifted", report.drifted_features, features);
  if (report.moving_features > 0)
    text += fmt::format(", {} {} moving", report.moving_features,
                        report.moving_features == 1 ? "is" : "are");
  text += prediction_drifted ? "; the prediction drifted too" : "; the prediction did not drift";
  const auto before = main_measure(report.task, report.reference_performance);
  const auto now = main_measure(report.task, report.current_performance);
  if (before && now) {
    text += fmt::format("; {} went from {:.3f} to {:.3f}", main_measure_name(report.task), *before,
                        *now);
  }
  return text;
}

std::string_view main_measure_name(Task task) {
  switch (task) {
    case Task::kRegression:
      return "RMSE";
    case Task::kBinary:
      return "AUC";
    case Task::kMulticlass:
      return "accuracy";
  }
  return "";
}

std::optional<double> main_measure(Task task, const std::optional<Performance>& performance) {
  if (!performance) return std::nullopt;
  switch (task) {
    case Task::kRegression:
      return performance->rmse;
    case Task::kBinary:
      return performance->auc;
    case Task::kMulticlass:
      return performance->accuracy;
  }
  return std::nullopt;
}

}  // namespace slipway::evaluation
