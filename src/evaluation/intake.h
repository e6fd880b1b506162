// Takes frames in and keeps what the evaluation needs of them, column by column, for both samples.
//
//   Intake intake(options);
//   RETURN_IF_ERROR(intake.add(frame, Side::kCurrent));       // all of it, or on an error nothing
//   intake.sample(Side::kCurrent).numbers[feature]
//
// Errors: those of Evaluator::add_reference. One thread at a time; uses options.pool.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "evaluation/column_data.h"
#include "evaluation/evaluator.h"
#include "evaluation/targets.h"

namespace slipway::evaluation {

enum class Side : std::uint8_t { kReference, kCurrent };

// What the model said and what happened, row by row; empty where the task has no such thing.
struct Outcomes {
  std::vector<double> prediction;
  std::vector<std::vector<double>> probabilities;  // multiclass: per class, or none
  std::vector<std::int32_t> label;                 // classifiers: index of the class
  std::vector<std::int32_t> target_class;          // kNoCategory: unknown
  std::vector<double> target_value;                // NaN: unknown
};

struct SampleRows {
  std::int64_t rows = 0;
  frame::Schema schema;                          // of the first frame
  std::vector<std::vector<double>> numbers;      // per feature; empty for categories
  std::vector<std::vector<std::int32_t>> codes;  // per feature; empty for numbers
  Outcomes outcomes;
  std::vector<std::int32_t> periods;  // current rows, keys of calendar.h; empty unless asked for
};

class Intake {
 public:
  explicit Intake(const EvaluatorOptions& options);
  Result<void> add(const frame::Frame& frame, Side side);

  const SampleRows& sample(Side side) const { return samples_[static_cast<std::size_t>(side)]; }
  const Dictionary& dictionary(std::size_t feature) const { return dictionaries_[feature]; }
  const ClassNames& classes() const { return classes_; }

 private:
  Result<Outcomes> read_outcomes(const frame::Frame& frame) const;
  Result<void> read_prediction(const frame::Frame& frame, Outcomes* out) const;
  Result<void> read_labels(const frame::Frame& frame, Outcomes* out) const;
  Result<void> read_target(const frame::Frame& frame, Outcomes* out) const;
  Result<std::vector<std::int32_t>> read_periods(const frame::Frame& frame) const;
  void add_feature(const frame::Frame& frame, std::size_t feature, SampleRows* sample);

  const EvaluatorOptions& options_;
  ClassNames classes_;
  std::vector<Dictionary> dictionaries_;  // per feature, of both samples
  std::array<SampleRows, 2> samples_;
};

// work(0) .. work(count - 1), in parallel if there is a pool.
void run_all(ThreadPool* pool, std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace slipway::evaluation
