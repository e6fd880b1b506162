// The body of `POST /v2/models/{model}/infer`: rows and what is asked about them.
//
//   ASSIGN_OR_RETURN(InferRequest request, decode_infer({root, binary}, target, &scratch));
//   endpoint.score(request.rows, {.raw = request.wants_margin()});
//
// Inputs are one tensor per column, by name, or one tensor [rows, columns] by position, or the
// tensors that the model's file names, in their shapes: see docs/reference/outputs.md. Columns that the model
// does not know are ignored, as everywhere. Tensors that a sequence model's configuration calls its controls
// are filled here, of the request's sequence parameters. Another protocol fills scratch->tensors itself and
// calls rows_of_tensors().
// Errors: those of tensor.h, "realtime.request", "realtime.missing_column", "realtime.column_type",
// "realtime.output", "realtime.batch_size". Not thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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

inline constexpr std::size_t kIdBytesMax = 256;
inline constexpr std::string_view kPredict = "predict";
inline constexpr std::string_view kPredictProba = "predict_proba";
inline constexpr std::string_view kMargin = "margin";

// What a request says of an output.
struct RequestedOutput {
  std::string_view name;
  bool is_binary = false;
  std::uint32_t classes = 0;  // so many of the highest, as "value:index:label"; 0: the values
};

// What a sequence model's controls are filled with.
struct SequenceParameters {
  double id = 0;
  bool start = false;
  bool end = false;
};

// "parameters" of a request.
inline constexpr std::string_view kTimeout = "timeout", kPriority = "priority";
Error wrong_timeout(std::string_view found);
Error wrong_priority(std::string_view found);

struct InferRequest {
  std::string_view id;                   // empty if there is none
  const frame::Frame& rows;              // in the scratch, until its next request
  std::vector<RequestedOutput> outputs;  // asked for, in order; empty: the usual ones
  bool is_binary = false;                // of these, where none is asked for by name
  std::int64_t timeout_us = 0;           // of no use after so long; 0: for ever
  std::uint64_t priority = 0;            // 1 goes first; 0: the model's usual one

  bool wants_margin() const;
};

// Memory that decoding one request after another reuses.
struct DecodeScratch {
  RowStore rows;
  std::vector<Tensor> tensors;
  std::vector<std::size_t> columns;  // per tensor: the first column that it holds, or npos
  std::vector<double> values, plain_values;
  std::vector<std::uint64_t> seen;  // per column: the last row (or tensor) that had it, plus one
};

struct InferBody {
  JsonView root;
  std::string_view binary;  // what follows the JSON
};

// Of the model that is asked.
struct InferTarget {
  const InputTable& inputs;
  const std::vector<std::string>& outputs;  // that may be asked for
  std::int64_t rows_max = 0;                // 0: any number
};

Result<InferRequest> decode_infer(const InferBody& body, const InferTarget& target,
                                  DecodeScratch* scratch);
// `bytes` are all of the only input's values (a raw binary request): of one row.
Result<InferRequest> decode_raw(std::string_view bytes, const InferTarget& target,
                                DecodeScratch* scratch);
// scratch->tensors are the request's.
Result<const frame::Frame*> rows_of_tensors(const InferTarget& target,
                                            const SequenceParameters& sequence,
                                            DecodeScratch* scratch);
// That an output of that name may be asked for, and is not asked for twice.
Result<void> check_output(std::string_view name, const InferTarget& target,
                          const std::vector<RequestedOutput>& before);

// "column 'distance' is missing" with the nearest of `names`, the ones that came.
Error missing_column(const InputColumn& column, const std::vector<std::string>& names);

}  // namespace slipway::deploy::realtime
