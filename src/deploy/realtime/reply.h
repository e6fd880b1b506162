// Answers as JSON: docs/reference/outputs.md says what they hold. Numbers print the shortest
// decimal that reads back to the same bits; NaN and infinities print as NaN, Infinity, -Infinity,
// as Triton and Python do (JSON has no form for them).
//
//   write_infer_reply(endpoint, {.id = id, .outputs = request.outputs}, scores, &response.body);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/infer_request.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

struct InferReply {
  std::string_view id;
  std::span<const RequestedOutput> outputs;  // empty: predict, and predict_proba if there is one
  bool is_binary = false;                    // of these, if none is asked for
};

// `scores` is what the endpoint's Plan gave; with margins if these are asked for. How long the JSON is, if
// bytes of tensors follow it; else 0. kInvalidArgument "realtime.output" for classes of what has none.
Result<std::size_t> write_infer_reply(const Endpoint& endpoint, const InferReply& reply,
                                      const frame::Frame& scores, std::string* out);

// `{"predictions": [...]}`, by whatever key: what the library's predict returns.
void write_predictions(const Endpoint& endpoint, const frame::Frame& scores, std::string_view key,
                       std::string* out);

// Name, versions (its own, or all that are served), platform, inputs, outputs.
void write_metadata(const Endpoint& endpoint, std::string* out);
void write_metadata(const Endpoint& endpoint, const std::vector<std::string>& versions,
                    std::string* out);

}  // namespace slipway::deploy::realtime
