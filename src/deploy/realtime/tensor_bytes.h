// A tensor's values as bytes, as the binary tensor extension and gRPC's raw contents have them: little-endian,
// row by row, unpadded; BOOL is a byte, BYTES a 4-byte length and that many bytes, for each element.
//
//   RETURN_IF_ERROR(check_bytes(tensor));                 // before memory is taken for it
//   RETURN_IF_ERROR(numbers_of_bytes(tensor, out));
//
// tensor.h's functions call these for a tensor that is_binary. Texts must be UTF-8. Errors: kInvalidArgument
// "realtime.shape", "realtime.value". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "deploy/realtime/tensor.h"
#include "frame/builder.h"

namespace slipway::deploy::realtime {

// Bytes of an element; 0 for BYTES.
std::size_t size_of(DataType type);
// A half's, a bfloat16's value. Exact.
float float_of_half(std::uint16_t bits);
float float_of_bfloat16(std::uint16_t bits);

// That the bytes are as many as the shape and datatype say.
Result<void> check_bytes(const Tensor& tensor);

// Precondition of all: check_bytes() passed; and as their kin in tensor.h.
Result<void> numbers_of_bytes(const Tensor& tensor, std::span<double> out);
Result<void> texts_of_bytes(const Tensor& tensor, std::span<frame::StringBuilder> out);
Result<void> bools_of_bytes(const Tensor& tensor, frame::BoolBuilder* out);

// A text of any form, decoded if the tensor is base64.
Result<void> append_text(const Tensor& tensor, std::size_t index, std::string_view text,
                         frame::StringBuilder* to);

}  // namespace slipway::deploy::realtime
