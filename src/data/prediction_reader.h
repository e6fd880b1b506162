// Reads a prediction log: which models it holds, and the predictions of one of them as frames.
//
//   ASSIGN_OR_RETURN(const auto models, list_predictions(".slipway/log"));
//   ASSIGN_OR_RETURN(auto rows, read_predictions(".slipway/log", {.model = "delay"}));
//   while (true) {
//     ASSIGN_OR_RETURN(const auto frame, rows->next());
//     if (!frame) break;
//   }
//   for (const auto& text : rows->damage()) warn(text);
//
// Columns: prediction_id, time, model, version, then the inputs, then the outputs. Where versions
// differ, a column that only some have is missing in the others' rows; numbers of several types
// become float64, other mixtures text. A name that is taken gets "input." or "output." in front.
// Rows come in the order in which they were logged. Memory is bounded. May run beside the writer.
// Streams belong to one thread at a time.
// Errors: kNotFound "data.no_prediction_log", "data.model_not_logged"; those of the disk. Damaged
// records are left out and reported by damage().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "frame/frame.h"

namespace slipway::data {

struct LoggedModel {
  std::string model;
  std::string version;
  std::int64_t rows = 0;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
};

// By model, then by version.
Result<std::vector<LoggedModel>> list_predictions(const std::string& folder);

struct PredictionQuery {
  std::string model;
  std::optional<std::string> version;  // default: all
  std::int64_t from_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();  // exclusive
  std::int64_t batch_rows = 16384;
};

class PredictionStream : public frame::FrameStream {
 public:
  virtual const std::vector<std::string>& damage() const = 0;
};

Result<std::unique_ptr<PredictionStream>> read_predictions(const std::string& folder,
                                                           const PredictionQuery& query);

}  // namespace slipway::data
