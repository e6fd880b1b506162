// Turns rows into a Report: add the reference rows, add the current rows, finish.
//
//   Evaluator evaluator({.task = Task::kBinary, .features = {...}, .prediction = "p_1", .target = "late"});
//   RETURN_IF_ERROR(evaluator.add_reference(frame));     // any number of frames, in any order of calls
//   RETURN_IF_ERROR(evaluator.add_current(frame));
//   ASSIGN_OR_RETURN(const Report report, evaluator.finish());
//
// Frames hold inputs and outputs side by side. Statistics are exact, not sketched: each column that is looked at is kept as
// 8 bytes a row (4 for categories), which is what memory grows by. Numbers do not depend on how rows were cut into frames,
// nor on threads. One thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "evaluation/report.h"
#include "frame/frame.h"

namespace slipway::evaluation {

struct FeatureSpec {
  std::string name;
  FeatureKind kind = FeatureKind::kNumber;
  std::vector<std::string> categories;  // that the model knows, as text
};

enum class By : std::uint8_t { kNothing, kDay, kWeek, kMonth };

struct EvaluatorOptions {
  std::string model, title, created;  // for the report's head
  Task task = Task::kBinary;
  std::vector<FeatureSpec> features;
  std::string prediction;  // column: p of the positive class, or the value; multiclass: unused
  std::string label;       // classifiers: column of predicted classes
  std::vector<std::string> classes;  // in order; probabilities are in columns p_<class>
  std::string positive;              // one of classes
  std::string
      target;  // column, or empty; text, number or bool: compared with classes as text (true is 1)
  std::string time;  // timestamp or date column, for `by`
  By by = By::kNothing;
  bool compat = false;
  Thresholds thresholds;
  ThreadPool* pool = nullptr;  // columns are evaluated in parallel
};

class Evaluator {
 public:
  explicit Evaluator(EvaluatorOptions options);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Errors: kInvalidArgument "evaluation.*": a target or time column that is missing or of the wrong type, a target that is
  // no class. Missing features are findings, not errors.
  Result<void> add_reference(const frame::Frame& rows);
  Result<void> add_current(const frame::Frame& rows);
  // Errors: no reference rows or no current rows.
  Result<Report> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway::evaluation
