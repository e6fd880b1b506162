// numpy's dtypes and arrays out of what their reducers wrote.
//
//   ASSIGN_OR_RETURN(Dtype dtype, read_dtype(*value, offset));     // numpy.dtype('f8', False, True) and its state
//   ASSIGN_OR_RETURN(Shape shape, read_shape(*tuple, offset));
//   ASSIGN_OR_RETURN(const auto size, bytes_of(dtype, shape, offset));
//   RETURN_IF_ERROR(make_array(arena, node, std::move(dtype), std::move(shape), fortran, bytes));
//
// Errors: kUnimplemented "model.pickle.dtype" for dtypes that are not read (numpy's variable-width
// strings, user-defined ones); kDataLoss "model.pickle.dtype", "model.pickle.array" for what numpy
// cannot have written. Sources: numpy's arraydescr_reduce and array_reduce; NEP 1 for the kinds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/arena.h"

namespace slipway::model::pickle {

struct Dtype {
  char kind = 0;  // as NdArray::kind
  std::uint32_t item_size = 0;
  bool big_endian = false;
  bool has_objects = false;  // itself, or a field of it
  std::string unit;
  std::vector<Field> fields;
};

using Shape = std::vector<std::uint64_t>;

Result<Dtype> read_dtype(const Value& value, std::size_t offset);
Result<Shape> read_shape(const Value& value, std::size_t offset);

// Of the whole array; checked for overflow.
Result<std::uint64_t> bytes_of(const Dtype& dtype, const Shape& shape, std::size_t offset);

// Turns `node` into an array over `bytes`, whose size must be right.
Result<void> make_array(Arena& arena, Node* node, Dtype dtype, Shape shape, bool fortran,
                        std::string_view bytes);
// The same for objects, which numpy always lists in C order.
Result<void> make_object_array(Arena& arena, Node* node, Shape shape,
                               const std::vector<const Value*>& objects);

}  // namespace slipway::model::pickle
