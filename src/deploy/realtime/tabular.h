// Rows as tables are written: MLflow's JSON forms, columns of values, CSV.
//
//   ASSIGN_OR_RETURN(const frame::Frame* rows, decode_table(root, inputs, &scratch));     // /invocations
//   ASSIGN_OR_RETURN(const frame::Frame* rows, decode_columns(object, inputs, &scratch)); // {"a": [1, 2], ...}
//   ASSIGN_OR_RETURN(const frame::Frame* rows, decode_csv(text, inputs, &scratch));       // a header line first
//
// decode_table() takes exactly one of dataframe_split, dataframe_records, instances, inputs. Columns that the model
// does not know are ignored. Errors: kInvalidArgument "realtime.request", "realtime.instance",
// "realtime.missing_column", "realtime.value". Frames lie in the scratch until its next request. Not
// thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/input_table.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

Result<const frame::Frame*> decode_table(JsonView root, const InputTable& inputs,
                                         DecodeScratch* scratch);
// An object of columns, or what decode_rows() takes.
Result<const frame::Frame*> decode_columns(JsonView columns, const InputTable& inputs,
                                           DecodeScratch* scratch);
// RFC 4180: commas, quotes doubled inside quotes, lines ended by LF or CRLF.
Result<const frame::Frame*> decode_csv(std::string_view text, const InputTable& inputs,
                                       DecodeScratch* scratch);

}  // namespace slipway::deploy::realtime
