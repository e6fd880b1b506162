// A model compiled for use: what every deployment method executes, on a table or on one request's
// rows. The only composer of encoding and scoring, so that all methods give the same bits.
//
//   const auto plan = Plan::compile(model, digest);
//   ASSIGN_OR_RETURN(const Binding binding, plan->bind(stream->schema()));
//   ASSIGN_OR_RETURN(Frame scores, plan->run(frame, binding, {.raw = true}));
//
// Immutable; safe to share between threads. A row's outputs depend on that row alone: batching and
// threads change nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "frame/frame.h"
#include "model/model.h"
#include "plan/encoder.h"
#include "scoring/scorer.h"

namespace slipway::plan {

using EngineOptions = scoring::ScoringOptions;
// From the words of --isa and --engine, empty for the best. kInvalidArgument "scoring.isa",
// "plan.engine".
Result<EngineOptions> engine_options(const std::string& isa, const std::string& engine);

struct RunOptions {
  bool raw = false;  // margins too
  // If given, the CPU time that the model's graph takes this thread is added to it.
  std::int64_t* scoring_ns = nullptr;
};

class Plan {
 public:
  // Precondition: check(model) passed. `digest` names the bytes that the model came from:
  // "sha256:...".
  static std::shared_ptr<const Plan> compile(model::Model model, std::string digest,
                                             const EngineOptions& options = {});

  const model::Model& model() const { return model_; }
  const std::string& digest() const { return digest_; }

  // What callers send: a column per input of the model.
  const frame::Schema& input_schema() const { return encoder_.schema(); }
  // What comes out: docs/reference/outputs.md.
  const frame::Schema& output_schema(RunOptions options = {}) const {
    return options.raw ? *raw_schema_ : *schema_;
  }

  // Makes the engines for many rows now, not when they are first needed.
  void prepare() const { scorer_.prepare(); }

  // For rows that are encoded already.
  const scoring::Scorer& scorer() const { return scorer_; }

  // Why no row can be scored on this machine, if so: a library that is not there, or does not take
  // the model's graph.
  Result<void> ready() const { return scorer_.ready(); }

  Result<Binding> bind(const frame::Schema& rows) const { return encoder_.bind(rows); }
  // The rows as the model's graph reads them: a double per row and input, row-major; and their
  // texts (Encoder::texts), views into the frame.
  Result<std::vector<double>> encode(const frame::Frame& rows, const Binding& binding) const;
  std::vector<std::vector<std::string_view>> texts(const frame::Frame& rows,
                                                   const Binding& binding) const {
    return encoder_.texts(rows, binding);
  }

  Result<frame::Frame> run(const frame::Frame& rows, const Binding& binding,
                           RunOptions options = {}) const;

  // Margins and predictions as the model's graph gives them, row-major, without making columns of
  // them. Errors: kInvalidArgument "scoring.row" for a row that the training library refuses.
  struct Values {
    std::vector<double> margins;
    std::vector<double> predictions;
    std::vector<double> labels;  // class numbers; empty where predictions tell them
    scoring::TextColumns texts;  // of columns that are text; else empty
  };
  Result<Values> values(const frame::Frame& rows, const Binding& binding,
                        std::int64_t* scoring_ns = nullptr) const;

 private:
  Plan(model::Model model, std::string digest, const EngineOptions& options);
  Result<void> score(const frame::Frame& rows, const Binding& binding, scoring::Scores out,
                     std::int64_t* scoring_ns) const;

  const model::Model model_;
  const std::string digest_;
  const Encoder encoder_;
  const scoring::Scorer scorer_;
  std::shared_ptr<const frame::Schema> schema_;
  std::shared_ptr<const frame::Schema> raw_schema_;
  bool gives_texts_ = false;  // among what comes out
};

}  // namespace slipway::plan
