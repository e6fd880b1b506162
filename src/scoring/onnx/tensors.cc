// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/tensors.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/text.h"

namespace slipway::scoring {
namespace {

using model::ElementType;

// Calls function with a value of the C++ type that an element type is in memory.
template <typename Function>
auto with_type(ElementType type, Function function) {
  switch (type) {
    case ElementType::kFloat32:
      return function(float{});
    case ElementType::kInt8:
      return function(std::int8_t{});
    case ElementType::kInt16:
      return function(std::int16_t{});
    case ElementType::kInt32:
      return function(std::int32_t{});
    case ElementType::kInt64:
      return function(std::int64_t{});
    case ElementType::kUInt8:
      return function(std::uint8_t{});
    case ElementType::kUInt16:
      return function(std::uint16_t{});
    case ElementType::kUInt32:
      return function(std::uint32_t{});
    case ElementType::kUInt64:
      return function(std::uint64_t{});
    case ElementType::kBool:
      return function(bool{});
    default:
      return function(double{});
  }
}

// Up to here each integer is a double of its own.
constexpr double kExact = 9007199254740992.0;

template <typename T>
bool holds(double x) {
  if constexpr (std::is_floating_point_v<T>) return true;
  if constexpr (std::is_same_v<T, bool>) return x == 0 || x == 1;
  return x == std::trunc(x) && std::abs(x) <= kExact &&
         x >= static_cast<double>(std::numeric_limits<T>::min()) &&
         x <= static_cast<double>(std::numeric_limits<T>::max());
}

template <typename T>
std::optional<Refusal> convert(Rows rows, std::size_t columns, std::string_view type,
                               std::byte* to) {
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const double* from = rows.values + row * rows.width;
    for (std::size_t c = 0; c < columns; ++c) {
      if (!holds<T>(from[c]))
        return Refusal{row,
                       fmt::format("column {} of the tensor has {}, which is no {}", c,
                                   std::isnan(from[c]) ? "no value" : number_text(from[c]), type)};
      const T value = static_cast<T>(from[c]);
      std::memcpy(to, &value, sizeof value);
      to += sizeof value;
    }
  }
  return std::nullopt;
}

}  // namespace

std::size_t size_of(ElementType type) {
  return with_type(type, [](auto kind) { return sizeof kind; });
}

std::optional<Refusal> to_numbers(Rows rows, std::size_t columns, ElementType type,
                                  std::vector<std::byte>* to) {
  return with_type(type, [&](auto kind) {
    using T = decltype(kind);
    to->resize(rows.rows * columns * sizeof(T));
    return convert<T>(rows, columns, words(type)[static_cast<std::size_t>(type)], to->data());
  });
}

std::optional<Refusal> from_numbers(const OnnxOutput& output, std::size_t rows, std::size_t columns,
                                    double* to, std::size_t stride) {
  return with_type(output.type, [&](auto kind) -> std::optional<Refusal> {
    using T = decltype(kind);
    const auto* from = static_cast<const T*>(output.data);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t c = 0; c < columns; ++c) {
        const auto value = static_cast<double>(*from++);
        if (std::is_integral_v<T> && std::abs(value) > kExact)
          return Refusal{row, fmt::format("the graph gives {}, beyond 2^53", number_text(value))};
        to[row * stride + c] = value;
      }
    }
    return std::nullopt;
  });
}

}  // namespace slipway::scoring
