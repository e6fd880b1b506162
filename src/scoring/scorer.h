// A whole model, ready to score: its graph with a kernel for each operator.
//
//   const Scorer scorer(model);
//   RETURN_IF_ERROR(scorer.score({values, rows, scorer.inputs()}, {margins, predictions}));
//
// Values are encoded inputs: numbers as doubles, categories as their codes, NaN for missing
// (plan/encoder.h makes them). A row's result depends on nothing but that row. Immutable; score()
// is safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"
#include "scoring/engine/engine.h"
#include "scoring/kernel/kernel.h"

namespace slipway::scoring {

// Where results go, row-major; null for what is not wanted.
struct Scores {
  double* margins = nullptr;      // rows * margin_columns()
  double* predictions = nullptr;  // rows * prediction_columns()
  double* labels = nullptr;       // rows, if has_labels()
  TextColumns* texts = nullptr;   // of the predictions' columns, where texts come out
};

class Scorer {
 public:
  // Precondition: check(model) passed. Copies what it needs (arrays are shared, not copied).
  explicit Scorer(const model::Model& model, const ScoringOptions& options = {});

  std::size_t inputs() const { return columns_[0]; }
  std::size_t margin_columns() const { return columns_[margin_]; }
  std::size_t prediction_columns() const { return columns_[prediction_]; }
  bool has_labels() const { return label_.has_value(); }
  // Makes now what the first call with many rows would make: for who must not wait then.
  void prepare() const;
  // From so many rows on a call is cheaper than as many calls, as far as the engines' table knows; 0: never.
  std::size_t rows_together() const;
  // Of the engines, all of which this makes: what scoring takes besides the model's own arrays.
  std::size_t memory_bytes() const;

  // Why no row can be scored here, if so: kFailedPrecondition, kInvalidArgument "scoring.onnx_*".
  Result<void> ready() const;

  // A row that the training library would have refused is an error: kInvalidArgument
  // "scoring.row", with the row's number in `in`.
  // texts: per input, a text per row where the input is text (model::InputKind::kText); else none.
  //
  // Of several blocks of rows the first is timed; if the others will take longer than it costs to
  // wake a thread, the pool of the options helps. The results, and the row of an error, are those of
  // one thread.
  Result<void> score(Rows in, Scores out, Texts texts = {}) const;

 private:
  struct Step {
    std::vector<model::ValueId> inputs;
    std::unique_ptr<Kernel> kernel;  // none where nothing that comes out needs it
    bool for_margin = false;         // the margin depends on it
  };
  struct Block;
  struct Call;
  Block block_of(const Call& call, std::size_t number) const;
  Result<void> score_together(const Call& call) const;
  static Step fused_step(const model::Model& model, std::size_t node,
                         const ScoringOptions& options);
  std::vector<bool> needed_for(std::vector<model::ValueId> wanted) const;
  std::size_t scratch_bytes() const;
  void find_margin_kernel();
  Result<void> score_block(Block block) const;
  double* place_of(model::ValueId value, const Block& block, double** next) const;

  std::vector<Step> steps_;
  std::optional<Error> not_ready_;
  std::vector<std::size_t> columns_;  // per value
  std::size_t inputs_max_ = 1;        // of a step
  std::size_t block_rows_;
  model::ValueId margin_;
  model::ValueId prediction_;
  std::optional<model::ValueId> label_;
  ThreadPool* pool_;
  std::size_t scratch_bytes_;
  // Makes the margins of a block out of the inputs by itself; null if it takes several steps.
  const Kernel* margin_kernel_ = nullptr;
};

}  // namespace slipway::scoring
