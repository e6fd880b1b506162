// The body of `POST /v1/models/{model}:predict`: `{"instances": [...]}`, each instance an object of
// columns, or an array of numbers by position.
//
//   ASSIGN_OR_RETURN(const frame::Frame* rows, decode_instances(root, inputs, &scratch));
//
// Errors: kInvalidArgument "realtime.request", "realtime.instance", "realtime.missing_column",
// "realtime.value". Not thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/input_table.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

// The frame lies in the scratch, until its next request.
Result<const frame::Frame*> decode_instances(JsonView root, const InputTable& inputs,
                                             DecodeScratch* scratch);

// An array of such instances.
Result<const frame::Frame*> decode_rows(JsonView instances, const InputTable& inputs,
                                        DecodeScratch* scratch);

}  // namespace slipway::deploy::realtime
