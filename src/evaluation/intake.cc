// SPDX-License-Identifier: Apache-2.0
#include "evaluation/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "evaluation/calendar.h"

namespace slipway::evaluation {
namespace {

using frame::Column;
using frame::Frame;
using frame::TypeId;

Error missing_column(const char* reason, const std::string& what, const std::string& name,
                     const Frame& frame) {
  constexpr std::size_t kListed = 30;
  const auto names = frame.schema().names();
  const auto near = nearest(name, names);
  return Error(Code::kInvalidArgument, reason,
               fmt::format("{} column '{}' is missing{}; the rows have: {}", what, name,
                           near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                           join(std::span(names).first(std::min(kListed, names.size())), ", ")));
}

template <typename T>
void move_to_end(std::vector<T>&& from, std::vector<T>* to) {
  to->insert(to->end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void append(Outcomes&& rows, Outcomes* to) {
  move_to_end(std::move(rows.prediction), &to->prediction);
  to->probabilities.resize(rows.probabilities.size());
  for (std::size_t k = 0; k < rows.probabilities.size(); ++k) {
    move_to_end(std::move(rows.probabilities[k]), &to->probabilities[k]);
  }
  move_to_end(std::move(rows.label), &to->label);
  move_to_end(std::move(rows.target_class), &to->target_class);
  move_to_end(std::move(rows.target_value), &to->target_value);
}

std::int32_t largest_of(const std::vector<std::vector<double>>& probabilities, std::size_t row) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < probabilities.size(); ++k) {
    if (probabilities[k][row] > probabilities[best][row]) best = k;
  }
  return static_cast<std::int32_t>(best);
}

}  // namespace

void run_all(ThreadPool* pool, std::size_t count, const std::function<void(std::size_t)>& work) {
  if (pool != nullptr) {
    pool->run(count, work);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) work(i);
}

Intake::Intake(const EvaluatorOptions& options)
    : options_(options), classes_(options.classes), dictionaries_(options.features.size()) {
  for (auto& sample : samples_) {
    sample.numbers.resize(options.features.size());
    sample.codes.resize(options.features.size());
  }
}

Result<void> Intake::add(const Frame& frame, Side side) {
  ASSIGN_OR_RETURN(Outcomes outcomes, read_outcomes(frame));
  std::vector<std::int32_t> periods;
  if (options_.by != By::kNothing && side == Side::kCurrent) {
    ASSIGN_OR_RETURN(periods, read_periods(frame));
  }
  SampleRows& sample = samples_[static_cast<std::size_t>(side)];
  if (sample.schema.size() == 0) sample.schema = frame.schema();
  sample.rows += frame.rows();
  append(std::move(outcomes), &sample.outcomes);
  move_to_end(std::move(periods), &sample.periods);
  run_all(options_.pool, options_.features.size(),
          [&](std::size_t feature) { add_feature(frame, feature, &sample); });
  return {};
}

void Intake::add_feature(const Frame& frame, std::size_t feature, SampleRows* sample) {
  const FeatureSpec& spec = options_.features[feature];
  const Column* column = frame.column(spec.name);
  if (spec.kind == FeatureKind::kNumber) {
    append_numbers(column, frame.rows(), &sample->numbers[feature]);
  } else {
    append_categories(column, frame.rows(), &dictionaries_[feature], &sample->codes[feature]);
  }
}

Result<Outcomes> Intake::read_outcomes(const Frame& frame) const {
  Outcomes out;
  RETURN_IF_ERROR(read_prediction(frame, &out));
  if (options_.task != Task::kRegression) RETURN_IF_ERROR(read_labels(frame, &out));
  if (!options_.target.empty()) RETURN_IF_ERROR(read_target(frame, &out));
  return out;
}

Result<void> Intake::read_prediction(const Frame& frame, Outcomes* out) const {
  if (options_.task != Task::kMulticlass) {
    const Column* column = frame.column(options_.prediction);
    if (column == nullptr) {
      return missing_column("evaluation.missing_prediction", "prediction", options_.prediction,
                            frame);
    }
    append_numbers(column, frame.rows(), &out->prediction);
    return {};
  }
  for (const auto& name : options_.classes) {
    const Column* column = frame.column("p_" + name);
    if (column == nullptr) {
      out->probabilities.clear();  // of some classes only: nothing can be computed from them
      return {};
    }
    append_numbers(column, frame.rows(), &out->probabilities.emplace_back());
  }
  return {};
}

// The column of labels, or else what the probabilities say, with ties as docs/reference/outputs.md has them.
Result<void> Intake::read_labels(const Frame& frame, Outcomes* out) const {
  if (const Column* column = frame.column(options_.label); column != nullptr) {
    return read_classes(*column, options_.label, classes_, false, &out->label);
  }
  if (options_.task == Task::kMulticlass && out->probabilities.empty()) {
    return missing_column("evaluation.missing_prediction", "label", options_.label, frame);
  }
  const std::int32_t positive = classes_.index_of(options_.positive);
  for (std::size_t row = 0; row < static_cast<std::size_t>(frame.rows()); ++row) {
    if (options_.task == Task::kMulticlass) {
      out->label.push_back(largest_of(out->probabilities, row));
    } else {
      out->label.push_back(out->prediction[row] > 0.5 ? positive : positive == 0 ? 1 : 0);
    }
  }
  return {};
}

Result<void> Intake::read_target(const Frame& frame, Outcomes* out) const {
  const Column* column = frame.column(options_.target);
  if (column == nullptr) {
    return missing_column("evaluation.missing_target", "target", options_.target, frame);
  }
  const TypeId type = column->type().id;
  if (type == TypeId::kDate || type == TypeId::kTimestamp || type == TypeId::kBinary) {
    return Error(Code::kInvalidArgument, "evaluation.target_type",
                 fmt::format("target column '{}' is {}: a target is text, a number or a bool",
                             options_.target, name_of(column->type())));
  }
  if (options_.task == Task::kRegression) {
    return read_values(*column, options_.target, &out->target_value);
  }
  return read_classes(*column, options_.target, classes_, true, &out->target_class);
}

Result<std::vector<std::int32_t>> Intake::read_periods(const Frame& frame) const {
  const Column* column = frame.column(options_.time);
  if (column == nullptr) {
    return missing_column("evaluation.missing_time", "time", options_.time, frame);
  }
  const TypeId type = column->type().id;
  if (type != TypeId::kDate && type != TypeId::kTimestamp) {
    return Error(Code::kInvalidArgument, "evaluation.time_type",
                 fmt::format("time column '{}' is {}: periods need a timestamp or a date",
                             options_.time, name_of(column->type())));
  }
  std::vector<std::int32_t> out(static_cast<std::size_t>(frame.rows()), kNoPeriod);
  for (std::int64_t row = 0; row < frame.rows(); ++row) {
    if (column->is_null(row)) continue;
    const auto at = static_cast<std::size_t>(row);
    out[at] = type == TypeId::kDate ? period_of_day(column->values<std::int32_t>()[at], options_.by)
                                    : period_of(column->values<std::int64_t>()[at], options_.by);
  }
  return out;
}

}  // namespace slipway::evaluation
