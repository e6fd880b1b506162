// The result of evaluating predictions: what changed between reference and current rows, in numbers that a person and a
// program can read. Plain data; the Evaluator (evaluator.h) fills it, render_text.h, render_json.h and render_html.h show it.
//
// All numbers are finite or absent (std::optional): a column that is empty, constant or missing never stops a report.
// Immutable once made; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::evaluation {

enum class Task : std::uint8_t { kRegression, kBinary, kMulticlass };
enum class FeatureKind : std::uint8_t { kNumber, kCategory };
// By thresholds (Thresholds): below the first stable, from the second on drifted.
enum class Verdict : std::uint8_t { kStable, kMoving, kDrifted, kUnknown };

// Shares of both samples over the same bins: what plots are drawn from.
struct Histogram {
  std::vector<double> edges;  // numbers: bins + 1; empty for categories
  std::vector<std::string>
      labels;  // categories: one per bin, most frequent first, the last may be "(other)"
  std::vector<double> reference;  // shares of the present values, summing to 1
  std::vector<double> current;
};

// Distances between the reference and the current distribution of one column. Definitions: docs/reference/monitoring.md.
struct Drift {
  std::optional<double> psi;             // population stability index, nats
  std::optional<double> jensen_shannon;  // distance, natural logarithm: 0 to 0.8326
  std::optional<double> ks;              // numbers: largest distance of the distribution functions
  std::optional<double> ks_p;
  std::optional<double> wasserstein;         // numbers: in the column's unit
  std::optional<double> wasserstein_normed;  // divided by the reference's standard deviation
  std::optional<double> chi_square;          // categories
  std::optional<double> chi_square_p;
  std::optional<double> l_infinity;  // categories: largest difference of shares
  std::optional<double> hellinger;
  Verdict verdict = Verdict::kUnknown;
};

// What one sample of one column looks like.
struct ColumnSummary {
  std::int64_t rows = 0;
  std::int64_t missing = 0;   // null or NaN
  std::int64_t infinite = 0;  // numbers; counted apart and left out of everything else
  std::optional<double> minimum, maximum, mean, deviation, median;  // numbers
  std::int64_t distinct = 0;                                        // categories
};

struct FeatureReport {
  std::string name;
  FeatureKind kind = FeatureKind::kNumber;
  bool is_output = false;  // a prediction, not an input
  ColumnSummary reference, current;
  Drift drift;
  Histogram histogram;
  // Quality of the current rows.
  std::int64_t out_of_range = 0;  // numbers beyond the reference's minimum and maximum
  std::int64_t unseen_rows = 0;   // categories that neither reference nor model knows
  std::vector<std::pair<std::string, std::int64_t>> unseen;  // the ten most frequent
  std::vector<std::optional<double>> psi_by_period;          // one per Report::periods
};

struct CalibrationBin {
  double predicted = 0;  // mean prediction in the bin
  double observed = 0;   // share of positives
  std::int64_t rows = 0;
};

struct ConfusionMatrix {
  std::vector<std::string> classes;
  std::vector<std::int64_t> counts;  // row-major: actual x predicted
};

// Absent where the task or the rows do not allow it.
struct Performance {
  std::int64_t rows = 0;            // with a target
  std::int64_t without_target = 0;  // left out
  std::optional<double> positive_share;
  std::optional<double> auc, average_precision, log_loss, brier, accuracy, precision, recall, f1;
  std::optional<double> ece_width;            // expected calibration error, ten bins of equal width
  std::optional<double> ece_frequency;        // ten bins of equal frequency
  std::optional<double> macro_f1;             // multiclass
  std::optional<double> mae, rmse, r2, bias;  // regression
  std::vector<CalibrationBin> calibration;    // equal width, empty bins left out
  std::optional<ConfusionMatrix> confusion;
};

struct Period {
  std::string label;  // "2013-07", "2013-W27", "2013-07-01"
  std::int64_t rows = 0;
  std::optional<double> mean_prediction;
  Drift prediction;  // drift of the prediction against the reference
  std::int64_t drifted_features = 0;
  std::optional<Performance> performance;
};

enum class ColumnProblem : std::uint8_t { kMissing, kExtra, kTypeChanged, kConstant, kEmpty };
struct SchemaFinding {
  std::string column;
  ColumnProblem problem;
  std::string detail;  // "string, the reference has float64"
};

// Where stable ends and drifted begins.
struct Thresholds {
  double psi_moving = 0.1, psi_drifted = 0.2;
  double share_of_features = 0.5;  // the table drifted when this share of its features did
};

struct Report {
  std::string model;    // name and version, for headings
  std::string title;    // "delay:1: live.parquet against train.parquet"
  std::string created;  // UTC
  Task task = Task::kBinary;
  std::string positive;  // class, for binary
  bool compat = false;   // binned as Evidently does
  Thresholds thresholds;
  std::int64_t reference_rows = 0, current_rows = 0;
  std::int64_t drifted_features = 0, moving_features = 0;  // inputs only
  std::vector<SchemaFinding> schema;
  std::vector<FeatureReport> features;  // inputs, largest PSI first
  std::vector<FeatureReport>
      outputs;  // the prediction: p of the positive class, the value, or the label
  std::optional<Performance> reference_performance, current_performance;
  std::vector<Period> periods;  // in time order
  // One sentence each, most important first: what a person should know.
  std::vector<std::string> findings;
};

}  // namespace slipway::evaluation
