// ONNX files to a Model: what slipway has operators of its own for becomes those (lift.h), anything
// else runs whole in ONNX Runtime (whole.h). Which of both it was, and why, stands in the model's
// steps and notes.
//
//   if (is_onnx(bytes)) return read_onnx(bytes);
//
// Refused by name: tensors kept outside the file, operators of domains that are not ONNX's own or
// ONNX Runtime's, tensors of types or shapes that no table holds. Errors: kInvalidArgument
// "model.onnx.*" and kUnimplemented "model.onnx.unsupported". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/import/onnx/proto.h"
#include "model/model.h"

namespace slipway::model {

// Told by the outermost fields, each of which must be one of ModelProto's.
bool is_onnx(std::string_view bytes);

Result<Model> read_onnx(std::string_view bytes);

// Its parts, once it is sure that they reach for nothing outside the file.
Result<OnnxFile> open_onnx(std::string_view bytes);

}  // namespace slipway::model
