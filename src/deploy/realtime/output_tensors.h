// What comes out of a model whose file names its tensors (ONNX): these, under their own names, in
// their own types and shapes, instead of `predict` and `predict_proba`.
//
//   const auto tensors = output_tensors(plan);          // empty: the file names none
//   write_tensor(tensors[0], scores, &body);            // {"name":...,"datatype":...,...}
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::deploy::realtime {

struct OutputTensor {
  std::string name;
  model::ElementType type = model::ElementType::kFloat32;
  std::vector<std::uint32_t> dims;  // of a row
  std::size_t first = 0;            // of the columns of scores
  std::size_t count = 1;
};

std::vector<OutputTensor> output_tensors(const plan::Plan& plan);

// "FP32", "INT64", "BYTES", ...
std::string_view datatype_of(model::ElementType type);

void write_tensor(const OutputTensor& tensor, const frame::Frame& scores, std::string* out);
// Its values of one row, as V1 has them: a value, or a flat array.
void write_row(const OutputTensor& tensor, const frame::Frame& scores, std::int64_t row,
               JsonWriter* json);

}  // namespace slipway::deploy::realtime
