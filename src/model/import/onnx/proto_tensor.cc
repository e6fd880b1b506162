// What a TensorProto holds.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

#include "model/import/onnx/proto.h"

namespace slipway::model {
namespace {

Error bad(std::string what) {
  return Error(Code::kInvalidArgument, "model.onnx.tensor", std::move(what));
}

template <typename T>
std::vector<double> raw_numbers(std::string_view raw) {
  std::vector<double> out(raw.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof value);
    out[i] = static_cast<double>(value);
  }
  return out;
}

std::size_t width_of_type(std::int64_t type) {
  switch (type) {
    case kOnnxUInt8:
    case kOnnxInt8:
    case kOnnxBool:
      return 1;
    case kOnnxUInt16:
    case kOnnxInt16:
      return 2;
    case kOnnxFloat:
    case kOnnxInt32:
    case kOnnxUInt32:
      return 4;
    case kOnnxDouble:
    case kOnnxInt64:
    case kOnnxUInt64:
      return 8;
    default:
      return 0;
  }
}

std::vector<double> raw_of_type(std::int64_t type, std::string_view raw) {
  switch (type) {
    case kOnnxFloat:
      return raw_numbers<float>(raw);
    case kOnnxDouble:
      return raw_numbers<double>(raw);
    case kOnnxInt8:
      return raw_numbers<std::int8_t>(raw);
    case kOnnxInt16:
      return raw_numbers<std::int16_t>(raw);
    case kOnnxUInt16:
      return raw_numbers<std::uint16_t>(raw);
    case kOnnxInt32:
      return raw_numbers<std::int32_t>(raw);
    case kOnnxUInt32:
      return raw_numbers<std::uint32_t>(raw);
    case kOnnxInt64:
      return raw_numbers<std::int64_t>(raw);
    case kOnnxUInt64:
      return raw_numbers<std::uint64_t>(raw);
    default:
      return raw_numbers<std::uint8_t>(raw);
  }
}

}  // namespace

std::string onnx_type_name(std::int64_t type) {
  constexpr std::array<std::string_view, 14> kNames{
      "nothing", "float",  "uint8", "int8",    "uint16", "int16",  "int32",
      "int64",   "string", "bool",  "float16", "double", "uint32", "uint64"};
  if (type >= 0 && type < static_cast<std::int64_t>(kNames.size()))
    return std::string(kNames[static_cast<std::size_t>(type)]);
  return fmt::format("type {}", type);
}

Result<std::size_t> OnnxTensor::count() const {
  std::uint64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || (dim > 0 && count > (std::uint64_t{1} << 40) / static_cast<std::uint64_t>(dim)))
      return bad(fmt::format("tensor '{}' has a dim of {}", name, dim));
    count *= static_cast<std::uint64_t>(dim);
  }
  return static_cast<std::size_t>(count);
}

Result<std::vector<double>> OnnxTensor::numbers() const {
  ASSIGN_OR_RETURN(const std::size_t expected, count());
  std::vector<double> out;
  const std::size_t width = width_of_type(type);
  if (width == 0 || external)
    return bad(fmt::format("tensor '{}' is of {}, numbers expected", name, onnx_type_name(type)));
  if (!raw.empty()) {
    out = raw_of_type(type, raw.substr(0, raw.size() / width * width));
  } else if (type == kOnnxFloat) {
    out.assign(floats.begin(), floats.end());
  } else if (type == kOnnxDouble) {
    out = doubles;
  } else {
    for (const std::int64_t each : integers)
      out.push_back(type == kOnnxUInt64 ? static_cast<double>(static_cast<std::uint64_t>(each))
                                        : static_cast<double>(each));
  }
  if (out.size() == expected) return out;
  return bad(
      fmt::format("tensor '{}' has {} numbers, its dims say {}", name, out.size(), expected));
}

}  // namespace slipway::model
