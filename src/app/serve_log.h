// The prediction log of `slipway serve`: what of predictions gets into it, and where it lies.
//
//   ASSIGN_OR_RETURN(const auto log, open_log(arguments, catalogue, registry));
//   if (log != nullptr) sinks.push_back(&log->sink());
//   RETURN_IF_ERROR(log->close());
//
// Errors: "app.option", and the log's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/arguments.h"
#include "base/metrics.h"
#include "base/result.h"
#include "data/prediction_log.h"
#include "data/selected_predictions.h"
#include "deploy/core/catalogue.h"
#include "plan/plan.h"

namespace slipway::app {

class ServeLog {
 public:
  ServeLog(std::unique_ptr<data::PredictionLog> log, const data::PredictionSelection& selection);
  frame::PredictionSink& sink();
  Result<void> close() { return log_->close(); }

 private:
  const std::unique_ptr<data::PredictionLog> log_;
  std::optional<data::SelectedPredictions> selected_;  // none: all of them
};

// Null with --log off. `catalogue`: what is served at the start; where models come later, a column that none of these
// has is only warned of.
Result<std::unique_ptr<ServeLog>> open_log(const Arguments& arguments,
                                           const deploy::Catalogue& catalogue,
                                           MetricRegistry& registry);

// A name of --log-redact that is no column of these models is an Error: a slip of the pen would log what must not be.
Result<void> check_redacted(const std::vector<std::string>& redacted,
                            const std::vector<data::ColumnsOfModel>& models);
data::ColumnsOfModel columns_of(const std::string& model, const plan::Plan& plan);

}  // namespace slipway::app
