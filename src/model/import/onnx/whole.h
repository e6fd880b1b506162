// A graph that runs whole in ONNX Runtime: one OnnxGraph operator, and what comes out of it named.
//
//   ASSIGN_OR_RETURN(Model model, run_whole(file, bytes));
//
// Two tensors of which the first holds labels whose classes the file lists are a classifier's, one
// float per row is a prediction; anything else keeps its own names and types. Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/import/onnx/proto.h"
#include "model/model.h"

namespace slipway::model {

Result<Model> run_whole(const OnnxFile& file, std::string_view bytes);

}  // namespace slipway::model
