// What a deployment hands over after scoring: the inputs and outputs of some rows, who scored them,
// and when.
//
//   for (PredictionSink* sink : sinks) sink->accept(batch);
//
// A prediction's id is the request's id, with "/<row>" where a request has several rows: callers
// join labels by it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frame/frame.h"

namespace slipway::frame {

struct PredictionBatch {
  std::string_view model;       // the name it is served under
  std::string_view version;     // digest of the package or of the model file
  std::string_view request_id;  // not empty
  std::int64_t first_row = 0;   // index of this batch's first row within the request
  bool single = false;          // the request has exactly one row: its id is request_id itself
  std::int64_t time_us = 0;     // when it was scored, UTC
  const Frame& inputs;   // the model's input columns, as received, and any that the run keeps
  const Frame& outputs;  // as docs/reference/outputs.md says; same number of rows
};

inline std::string prediction_id(const PredictionBatch& batch, std::int64_t row) {
  std::string id(batch.request_id);
  if (!batch.single) id += "/" + std::to_string(batch.first_row + row);
  return id;
}

// Receives every prediction. Implementations never block the caller and never fail towards it: what
// they cannot take they drop and count. Called from any thread.
class PredictionSink {
 public:
  virtual ~PredictionSink() = default;
  virtual void accept(const PredictionBatch& batch) noexcept = 0;
};

}  // namespace slipway::frame
