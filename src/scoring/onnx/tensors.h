// Rows of doubles to typed tensors and back.
//
//   if (auto why = to_numbers(rows, 3, ElementType::kInt64, &bytes)) ...    // "column 2 has 1.5, ..."
//   from_numbers(output, columns, to, stride);
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/tensor.h"
#include "scoring/kernel/kernel.h"
#include "scoring/onnx/session.h"

namespace slipway::scoring {

// Bytes of a number, or of a bool.
std::size_t size_of(model::ElementType type);

// All values of `rows` (those of each row up to `columns`) as the type has them. Integers and bools
// take whole numbers in their range only; a row that has another is refused.
std::optional<Refusal> to_numbers(Rows rows, std::size_t columns, model::ElementType type,
                                  std::vector<std::byte>* to);

// Row r, column c of an output of rows * columns numbers goes to to[r * stride + c]. What a double
// does not hold exactly (an integer beyond 2^53) is refused.
std::optional<Refusal> from_numbers(const OnnxOutput& output, std::size_t rows, std::size_t columns,
                                    double* to, std::size_t stride);

}  // namespace slipway::scoring
