// A tensor that a model takes or gives, as its file names it: what the Open Inference Protocol
// shows, where columns alone would not say which belong together.
//
//   Tensor image{.name = "image", .type = ElementType::kFloat32, .dims = {1, 28, 28}};
//   columns_of(image) == 784                            // image_0 ... image_783
//
// Plain data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::model {

// Append only: the numbers stand in files.
enum class ElementType : std::uint8_t {
  kFloat32,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kBool,
  kText
};
constexpr std::array<std::string_view, 12> words(ElementType) {
  return {"float32", "float64", "int8",   "int16",  "int32", "int64",
          "uint8",   "uint16",  "uint32", "uint64", "bool",  "text"};
}
constexpr bool is_float(ElementType type) {
  return type == ElementType::kFloat32 || type == ElementType::kFloat64;
}

struct Tensor {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::uint32_t> dims;  // of one row; none: one number

  friend bool operator==(const Tensor&, const Tensor&) = default;
};

// Columns of a row; saturates where that is beyond all reason.
constexpr std::uint64_t columns_of(const std::uint32_t* dims, std::size_t count) {
  constexpr std::uint64_t kMany = std::uint64_t{1} << 32;
  std::uint64_t columns = 1;
  for (std::size_t i = 0; i < count; ++i) {
    columns *= dims[i];
    if (columns > kMany) columns = kMany;
  }
  return columns;
}
inline std::uint64_t columns_of(const Tensor& tensor) {
  return columns_of(tensor.dims.data(), tensor.dims.size());
}

// The tensor's own name if it is one column, else name_0, name_1, ...
std::vector<std::string> column_names_of(const Tensor& tensor);

}  // namespace slipway::model
