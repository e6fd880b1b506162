// The tensors that a graph takes and gives, as columns.
//
//   ASSIGN_OR_RETURN(const OnnxInterface face, interface_of(file));
//   face.inputs[0].tensor.dims == {4}                           // "X", rows of 4
//
// The first dim of each tensor is the batch; the others must be known. Errors: kUnimplemented
// "model.onnx.tensor_type", "model.onnx.shape". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/import/onnx/proto.h"
#include "model/model.h"

namespace slipway::model {

// ElementType of an OnnxType; none for what no column holds.
std::optional<ElementType> element_type_of(std::int64_t type);

struct OnnxInterface {
  std::vector<Tensor> inputs;  // without those that initializers fill
  std::uint32_t batch = 0;     // rows of one run, where the file fixes it
};

Result<OnnxInterface> interface_of(const OnnxFile& file);

// A tensor that comes out; `columns`: how many its rows have, where the file does not say.
Result<Tensor> output_of(const OnnxValue& value, std::uint32_t batch,
                         std::optional<std::uint32_t> columns);

// The inputs that a model has for these tensors: a number or text per column.
std::vector<Input> inputs_of(const std::vector<Tensor>& tensors);

}  // namespace slipway::model
