// A tensor of an infer request, and its values as a column's.
//
//   ASSIGN_OR_RETURN(Tensor tensor, parse_tensor(item, &binary));
//   RETURN_IF_ERROR(check_size(tensor));                     // before memory is taken for it
//   RETURN_IF_ERROR(read_numbers(tensor, out, &scratch));
//
// `data` may be flat or nested as its shape says. An integer must fit its datatype; FP32, FP16 and BF16 are
// rounded to float once; null, and NaN as Python writes it, are missing values. Or its values are bytes
// (tensor_bytes.h): those behind the JSON of which its binary_data_size says that they are its. A `Tensor`
// looks into its document. Errors: kInvalidArgument "realtime.tensor", "realtime.datatype", "realtime.shape",
// "realtime.value". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "frame/builder.h"

namespace slipway::deploy::realtime {

enum class DataType : std::uint8_t {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

std::string_view name_of(DataType type);
std::optional<DataType> datatype_named(std::string_view name);

struct Tensor {
  std::string_view name;
  DataType type = DataType::kFp64;
  std::size_t rank = 0;  // 1 to 8
  std::size_t rows = 0;
  std::size_t width = 1;  // columns of a row, over all further dims: 1 if the rank is 1
  JsonView data;
  bool is_binary = false;  // the values are `bytes`, and `data` is not there
  bool is_base64 = false;  // its texts are base64 (MLServer's content type)
  std::string_view bytes;
  const double* values = nullptr;  // or they are here, rounded to its type (plain_infer.h)

  std::string shape_text() const;  // "[3, 20]"
};

// Takes what binary_data_size says off the front of `binary`.
Result<Tensor> parse_tensor(JsonView item, std::string_view* binary);
// That `data`, or `bytes`, has as many values as the shape says, nested or flat.
Result<void> check_size(const Tensor& tensor);

// All values, row-major: rows * width of them. Not for BYTES.
Result<void> read_numbers(const Tensor& tensor, std::span<double> out);
// The value of column c of each row goes to out[c]. Precondition: out.size() == width, and
// check_size() passed.
Result<void> read_text(const Tensor& tensor, std::span<frame::StringBuilder> out);
// One value a row. Precondition: width 1, and check_size() passed.
Result<void> read_bools(const Tensor& tensor, frame::BoolBuilder* out);

}  // namespace slipway::deploy::realtime
