// The JSON of an infer request as most clients write it, read in one pass without a document of it.
//
//   if (const auto plain = read_plain_infer(body.json, &scratch)) ...   // scratch->tensors are its tensors
//   else                                                                // parse_json, decode_infer
//
// Plain: an object of "inputs" and perhaps "id"; each input of a name, a shape of one or two dimensions, FP32 or FP64, and flat
// data of as many numbers (or null); each key once, in any order; names in ASCII without escapes. Of it the
// tensors are those that tensor.h's parse_tensor gives of the same text, values and all (plain_infer_test.cc, infer_fuzz.cc). Whatever
// else may be meant, or wrong, is the document's to say. Not thread-safe: one scratch per thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "deploy/realtime/infer_request.h"

namespace slipway::deploy::realtime {

struct PlainInfer {
  std::string_view id;  // in the text
};

std::optional<PlainInfer> read_plain_infer(std::string_view json, DecodeScratch* scratch);

}  // namespace slipway::deploy::realtime
