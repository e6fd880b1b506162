// The body of `POST /v2/models/{model}/infer`: rows and what is asked about them.
//
//   ASSIGN_OR_RETURN(InferRequest request, decode_infer(root, inputs, &scratch));
//   endpoint.score(request.rows, {.raw = request.wants_margin()});
//
// Inputs are one tensor per column, by name, or one tensor [rows, columns] by position, or the
// tensors that the model's file names, in their shapes: see docs/reference/outputs.md. Columns that the model does not know are ignored, as everywhere.
// Errors: those of tensor.h, "realtime.request", "realtime.missing_column", "realtime.column_type",
// "realtime.output". Not thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "deploy/realtime/input_table.h"
#include "deploy/realtime/row_builder.h"
#include "deploy/realtime/tensor.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

inline constexpr std::string_view kPredict = "predict";
inline constexpr std::string_view kPredictProba = "predict_proba";
inline constexpr std::string_view kMargin = "margin";

struct InferRequest {
  std::string_view id;                    // empty if there is none
  const frame::Frame& rows;               // in the scratch, until its next request
  std::vector<std::string_view> outputs;  // names asked for, in order; empty: the usual ones

  bool wants_margin() const;
};

// Memory that decoding one request after another reuses.
struct DecodeScratch {
  RowStore rows;
  std::vector<Tensor> tensors;
  std::vector<std::size_t> columns;  // per tensor: the first column that it holds, or npos
  std::vector<double> values;
  std::vector<std::uint64_t> seen;  // per column: the last row (or tensor) that had it, plus one
};

// `names`: the outputs that may be asked for.
Result<InferRequest> decode_infer(JsonView root, const InputTable& inputs,
                                  const std::vector<std::string>& names, DecodeScratch* scratch);

// "column 'distance' is missing" with the nearest of `names`, the ones that came.
Error missing_column(const InputColumn& column, const std::vector<std::string>& names);

}  // namespace slipway::deploy::realtime
