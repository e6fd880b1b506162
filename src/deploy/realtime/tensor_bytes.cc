// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/tensor_bytes.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <string>

#include "base/utf8.h"
#include "deploy/core/inline_files.h"

namespace slipway::deploy::realtime {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire is, and values are copied");

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

template <typename T>
T value_at(const char* bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void copy_numbers(const Tensor& tensor, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<double>(value_at<T>(tensor.bytes.data(), i));
}

// Calls take(text, index) for each element; false if a length does not fit.
template <typename Take>
bool for_each_text(std::string_view bytes, Take take) {
  for (std::size_t index = 0; !bytes.empty(); ++index) {
    if (bytes.size() < 4) return false;
    const auto size = value_at<std::uint32_t>(bytes.data(), 0);
    bytes.remove_prefix(4);
    if (size > bytes.size()) return false;
    if (!take(bytes.substr(0, size), index)) return true;
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::kBool:
    case DataType::kInt8:
    case DataType::kUint8:
      return 1;
    case DataType::kInt16:
    case DataType::kUint16:
    case DataType::kFp16:
    case DataType::kBf16:
      return 2;
    case DataType::kInt32:
    case DataType::kUint32:
    case DataType::kFp32:
      return 4;
    case DataType::kInt64:
    case DataType::kUint64:
    case DataType::kFp64:
      return 8;
    case DataType::kBytes:
      return 0;
  }
  return 0;
}

float float_of_half(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31;
  const std::uint32_t exponent = (bits >> 10) & 0x1F;
  const std::uint32_t fraction = bits & 0x3FF;
  if (exponent == 0) {  // zero, or subnormal: fraction * 2^-24
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -size : size;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float float_of_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

Result<void> check_bytes(const Tensor& tensor) {
  const std::size_t count = tensor.rows * tensor.width;
  if (tensor.type != DataType::kBytes) {
    // A product of a shape, which is bounded, and at most 8: it fits.
    if (tensor.bytes.size() == count * size_of(tensor.type)) return {};
    return invalid("realtime.shape",
                   "input byte size mismatch for input '{}': shape {} of {} wants {} bytes, got {}",
                   tensor.name, tensor.shape_text(), name_of(tensor.type),
                   count * size_of(tensor.type), tensor.bytes.size());
  }
  std::size_t found = 0;
  const bool whole =
      for_each_text(tensor.bytes, [&](std::string_view, std::size_t) { return ++found <= count; });
  if (whole && found == count) return {};
  return invalid("realtime.shape",
                 "input '{}': shape {} wants {} elements, each a 4-byte length and so many bytes; "
                 "the {} bytes "
                 "{}",
                 tensor.name, tensor.shape_text(), count, tensor.bytes.size(),
                 !whole          ? fmt::format("end within element {}", found)
                 : found > count ? "hold more"
                                 : fmt::format("hold {}", found));
}

Result<void> numbers_of_bytes(const Tensor& tensor, std::span<double> out) {
  switch (tensor.type) {
    case DataType::kInt8:
      copy_numbers<std::int8_t>(tensor, out);
      break;
    case DataType::kInt16:
      copy_numbers<std::int16_t>(tensor, out);
      break;
    case DataType::kInt32:
      copy_numbers<std::int32_t>(tensor, out);
      break;
    case DataType::kInt64:
      copy_numbers<std::int64_t>(tensor, out);
      break;
    case DataType::kUint8:
      copy_numbers<std::uint8_t>(tensor, out);
      break;
    case DataType::kUint16:
      copy_numbers<std::uint16_t>(tensor, out);
      break;
    case DataType::kUint32:
      copy_numbers<std::uint32_t>(tensor, out);
      break;
    case DataType::kUint64:
      copy_numbers<std::uint64_t>(tensor, out);
      break;
    case DataType::kFp32:
      copy_numbers<float>(tensor, out);
      break;
    case DataType::kFp64:
      copy_numbers<double>(tensor, out);
      break;
    case DataType::kFp16:
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = float_of_half(value_at<std::uint16_t>(tensor.bytes.data(), i));
      break;
    case DataType::kBf16:
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = float_of_bfloat16(value_at<std::uint16_t>(tensor.bytes.data(), i));
      break;
    case DataType::kBool:
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = tensor.bytes[i] != 0;
      break;
    case DataType::kBytes:
      return invalid("realtime.datatype", "input '{}': numbers expected, found BYTES", tensor.name);
  }
  return {};
}

Result<void> append_text(const Tensor& tensor, std::size_t index, std::string_view text,
                         frame::StringBuilder* to) {
  std::string decoded;
  if (tensor.is_base64) {
    auto bytes = decode_base64(text);
    if (!bytes) {
      return invalid("realtime.value", "input '{}', value {}: {}", tensor.name, index,
                     bytes.error().message());
    }
    decoded = std::move(bytes).value();
    text = decoded;
  }
  if ((tensor.is_base64 || tensor.is_binary) && valid_utf8_prefix(text) != text.size()) {
    return invalid("realtime.value", "input '{}', value {}: text in UTF-8 expected", tensor.name,
                   index);
  }
  to->append(text);
  return {};
}

Result<void> texts_of_bytes(const Tensor& tensor, std::span<frame::StringBuilder> out) {
  Result<void> done;
  for_each_text(tensor.bytes, [&](std::string_view text, std::size_t index) {
    done = append_text(tensor, index, text, &out[index % out.size()]);
    return done.has_value();
  });
  return done;
}

Result<void> bools_of_bytes(const Tensor& tensor, frame::BoolBuilder* out) {
  for (const char byte : tensor.bytes) out->append(byte != 0);
  return {};
}

}  // namespace slipway::deploy::realtime
