// A whole model, ready to score: its graph with an engine for each ensemble.
//
//   const Scorer scorer(model);
//   scorer.score({values, rows, scorer.inputs()}, margins, predictions);
//
// Values are encoded inputs: numbers as doubles, categories as their codes, NaN for missing
// (plan/encoder.h makes them). A row's result depends on nothing but that row. Immutable; score()
// is safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "model/model.h"
#include "scoring/engine/engine.h"

namespace slipway::scoring {

class Scorer {
 public:
  // Precondition: check(model) passed. Copies what it needs (arrays are shared, not copied).
  explicit Scorer(const model::Model& model);

  std::size_t inputs() const { return inputs_; }
  std::size_t margin_columns() const { return columns_[margin_]; }
  std::size_t prediction_columns() const { return columns_[prediction_]; }

  // margins: rows * margin_columns(), or null if not wanted; predictions: rows *
  // prediction_columns(). Row-major.
  void score(Rows in, double* margins, double* predictions) const;

 private:
  struct Step {
    model::ValueId input;
    std::unique_ptr<Engine> engine;  // null for a link
    model::Link link;
  };
  void score_block(Rows in, double* margins, double* predictions) const;

  std::size_t inputs_;
  std::vector<Step> steps_;
  std::vector<std::size_t> columns_;  // per value
  model::ValueId margin_;
  model::ValueId prediction_;
};

}  // namespace slipway::scoring
