// SPDX-License-Identifier: Apache-2.0
#include "evaluation/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "evaluation/calendar.h"
#include "evaluation/feature_report.h"
#include "evaluation/findings.h"
#include "evaluation/intake.h"
#include "evaluation/performance.h"
#include "evaluation/schema_findings.h"

namespace slipway::evaluation {
namespace {

using frame::Frame;
using RowList = std::vector<std::size_t>;

constexpr std::size_t kPeriodsMax = 4000;  // ten years of days

// Current rows by period, in time order.
struct Calendar {
  std::vector<std::int32_t> keys;
  std::vector<std::int32_t> index;  // per current row, -1 without a time; empty without periods
  std::vector<RowList> rows;
};

Calendar calendar_of(const std::vector<std::int32_t>& periods) {
  Calendar out;
  out.keys = periods;
  std::sort(out.keys.begin(), out.keys.end());
  out.keys.erase(std::unique(out.keys.begin(), out.keys.end()), out.keys.end());
  if (!out.keys.empty() && out.keys.front() == kNoPeriod) out.keys.erase(out.keys.begin());
  out.rows.resize(out.keys.size());
  for (std::size_t row = 0; row < periods.size(); ++row) {
    const auto at = std::lower_bound(out.keys.begin(), out.keys.end(), periods[row]);
    const bool known = periods[row] != kNoPeriod;
    out.index.push_back(known ? static_cast<std::int32_t>(at - out.keys.begin()) : -1);
    if (known) out.rows[static_cast<std::size_t>(out.index.back())].push_back(row);
  }
  return out;
}

bool was_predicted(const Outcomes& outcomes, Task task, std::size_t row) {
  if (task != Task::kMulticlass) return std::isfinite(outcomes.prediction[row]);
  return std::all_of(outcomes.probabilities.begin(), outcomes.probabilities.end(),
                     [&](const auto& p) { return std::isfinite(p[row]); });
}

template <typename T>
std::vector<T> pick(const std::vector<T>& values, const RowList& rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const std::size_t row : rows) out.push_back(values[row]);
  return out;
}

Performance multiclass_of(const Outcomes& outcomes, const Labels& labels, const RowList& rows) {
  std::vector<std::vector<double>> columns;
  for (const auto& p : outcomes.probabilities) columns.push_back(pick(p, rows));
  const std::vector<std::span<const double>> p(columns.begin(), columns.end());
  return multiclass_performance(labels, p);
}

// Of some rows: those without a target are counted and left out, and those without a finite prediction left out.
Performance performance_of(const Outcomes& outcomes, const RowList& rows,
                           const EvaluatorOptions& options, const ClassNames& classes) {
  const bool regression = options.task == Task::kRegression;
  RowList usable;
  std::int64_t without_target = 0;
  for (const std::size_t row : rows) {
    const bool known = regression ? !std::isnan(outcomes.target_value[row])
                                  : outcomes.target_class[row] != kNoCategory;
    if (!known) ++without_target;
    if (known && was_predicted(outcomes, options.task, row)) usable.push_back(row);
  }
  Performance out;
  if (regression) {
    out = regression_performance(pick(outcomes.prediction, usable),
                                 pick(outcomes.target_value, usable));
  } else {
    const auto actual = pick(outcomes.target_class, usable), label = pick(outcomes.label, usable);
    const Labels labels{actual, label, classes.texts()};
    out = options.task == Task::kMulticlass
              ? multiclass_of(outcomes, labels, usable)
              : binary_performance(labels, pick(outcomes.prediction, usable),
                                   classes.index_of(options.positive));
  }
  out.without_target = without_target;
  return out;
}

std::optional<double> mean_of(const std::vector<double>& values, const RowList& rows) {
  double sum = 0;
  std::int64_t count = 0;
  for (const std::size_t row : rows) {
    if (!std::isfinite(values[row])) continue;
    sum += values[row];
    ++count;
  }
  if (count == 0 || !std::isfinite(sum)) return std::nullopt;
  return sum / static_cast<double>(count);
}

RowList all_rows(std::int64_t rows) {
  RowList out(static_cast<std::size_t>(rows));
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

bool is_whole(const std::string& name, const frame::Schema& a, const frame::Schema& b) {
  const auto in_a = a.find(name), in_b = b.find(name);
  return in_a && in_b && frame::is_integer(a.fields()[*in_a].type.id) &&
         frame::is_integer(b.fields()[*in_b].type.id);
}

}  // namespace

struct Evaluator::State {
  explicit State(EvaluatorOptions given) : options(std::move(given)), intake(options) {}

  const EvaluatorOptions options;
  Intake intake;

  const SampleRows& reference() const { return intake.sample(Side::kReference); }
  const SampleRows& current() const { return intake.sample(Side::kCurrent); }

  Result<void> check_rows() const;
  Report head() const;
  FeatureReport compare_feature(std::size_t index, const Calendar& calendar) const;
  void compare_output(const Calendar& calendar, Report* report) const;
  void fill_period(std::size_t index, const Calendar& calendar, Report* report) const;
  void compute(const Calendar& calendar, Report* report) const;
  void conclude(Report* report) const;
};

Result<void> Evaluator::State::check_rows() const {
  if (reference().rows == 0) {
    return Error(Code::kFailedPrecondition, "evaluation.no_reference_rows",
                 "there are no reference rows: give the rows that the model was trained or last "
                 "checked on");
  }
  if (current().rows == 0) {
    return Error(Code::kFailedPrecondition, "evaluation.no_current_rows",
                 "there are no current rows: nothing to compare with the reference");
  }
  return {};
}

Report Evaluator::State::head() const {
  Report report;
  report.model = options.model;
  report.title = options.title;
  report.created = options.created;
  report.task = options.task;
  if (options.task == Task::kBinary) report.positive = options.positive;
  report.compat = options.compat;
  report.thresholds = options.thresholds;
  report.reference_rows = reference().rows;
  report.current_rows = current().rows;
  return report;
}

FeatureReport Evaluator::State::compare_feature(std::size_t index, const Calendar& calendar) const {
  const FeatureSpec& spec = options.features[index];
  const CompareOptions compare{options.compat, options.thresholds, calendar.keys.size()};
  FeatureReport out =
      spec.kind == FeatureKind::kNumber
          ? compare_numbers({reference().numbers[index], current().numbers[index], calendar.index,
                             is_whole(spec.name, reference().schema, current().schema)},
                            compare)
          : compare_categories({reference().codes[index], current().codes[index], calendar.index,
                                intake.dictionary(index), spec.categories},
                               compare);
  out.name = spec.name;
  out.kind = spec.kind;
  return out;
}

// The prediction: a number, or for several classes the label.
void Evaluator::State::compare_output(const Calendar& calendar, Report* report) const {
  const CompareOptions compare{options.compat, options.thresholds, calendar.keys.size()};
  FeatureReport out;
  std::vector<Drift> drifts;
  if (options.task == Task::kMulticlass) {
    Dictionary names;
    for (const auto& name : options.classes) names.code_of(name);
    const CategoryColumn column{reference().outcomes.label, current().outcomes.label,
                                calendar.index, names, options.classes};
    out = compare_categories(column, compare);
    out.name = options.label.empty() ? "label" : options.label;
    drifts = drift_by_period(column, compare);
  } else {
    const NumberColumn column{reference().outcomes.prediction, current().outcomes.prediction,
                              calendar.index};
    out = compare_numbers(column, compare);
    out.name = options.prediction;
    drifts = drift_by_period(column, compare);
  }
  out.is_output = true;
  report->outputs.push_back(std::move(out));
  for (std::size_t i = 0; i < drifts.size(); ++i) report->periods[i].prediction = drifts[i];
}

void Evaluator::State::fill_period(std::size_t index, const Calendar& calendar,
                                   Report* report) const {
  Period& period = report->periods[index];
  const RowList& rows = calendar.rows[index];
  period.label = period_label(calendar.keys[index], options.by);
  period.rows = static_cast<std::int64_t>(rows.size());
  if (options.task != Task::kMulticlass) {
    period.mean_prediction = mean_of(current().outcomes.prediction, rows);
  }
  if (options.target.empty()) return;
  period.performance = performance_of(current().outcomes, rows, options, intake.classes());
}

// Each task writes to its own place in the report, so their order does not matter.
void Evaluator::State::compute(const Calendar& calendar, Report* report) const {
  report->features.resize(options.features.size());
  report->periods.resize(calendar.keys.size());
  std::vector<std::function<void()>> tasks;
  for (std::size_t i = 0; i < options.features.size(); ++i) {
    tasks.push_back([=, this, &calendar] { report->features[i] = compare_feature(i, calendar); });
  }
  tasks.push_back([=, this, &calendar] { compare_output(calendar, report); });
  for (std::size_t i = 0; i < calendar.keys.size(); ++i) {
    tasks.push_back([=, this, &calendar] { fill_period(i, calendar, report); });
  }
  if (!options.target.empty()) {
    const auto of = [this](const SampleRows& sample) {
      return performance_of(sample.outcomes, all_rows(sample.rows), options, intake.classes());
    };
    tasks.push_back([=, this] { report->reference_performance = of(reference()); });
    tasks.push_back([=, this] { report->current_performance = of(current()); });
  }
  run_all(options.pool, tasks.size(), [&](std::size_t i) { tasks[i](); });
}

// What follows from the numbers: counts, order, sentences.
void Evaluator::State::conclude(Report* report) const {
  report->schema =
      find_schema_changes(reference().schema, current().schema, report->features, options);
  for (const auto& feature : report->features) {
    report->drifted_features += feature.drift.verdict == Verdict::kDrifted ? 1 : 0;
    report->moving_features += feature.drift.verdict == Verdict::kMoving ? 1 : 0;
    for (std::size_t i = 0; i < report->periods.size(); ++i) {
      const auto verdict = verdict_of(feature.psi_by_period[i], options.thresholds);
      report->periods[i].drifted_features += verdict == Verdict::kDrifted ? 1 : 0;
    }
  }
  std::stable_sort(report->features.begin(), report->features.end(),
                   [](const FeatureReport& a, const FeatureReport& b) {
                     return a.drift.psi.value_or(-1) > b.drift.psi.value_or(-1);
                   });
  report->findings = sentences_of(*report);
}

Evaluator::Evaluator(EvaluatorOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
Evaluator::~Evaluator() = default;

Result<void> Evaluator::add_reference(const Frame& rows) {
  return state_->intake.add(rows, Side::kReference);
}

Result<void> Evaluator::add_current(const Frame& rows) {
  return state_->intake.add(rows, Side::kCurrent);
}

Result<Report> Evaluator::finish() {
  RETURN_IF_ERROR(state_->check_rows());
  const Calendar calendar = calendar_of(state_->current().periods);
  if (calendar.keys.size() > kPeriodsMax) {
    return Error(Code::kInvalidArgument, "evaluation.too_many_periods",
                 fmt::format("the current rows fall into {} periods, the limit is {}: use weeks or "
                             "months, or check column '{}'",
                             calendar.keys.size(), kPeriodsMax, state_->options.time));
  }
  Report report = state_->head();
  state_->compute(calendar, &report);
  state_->conclude(&report);
  return report;
}

}  // namespace slipway::evaluation
