// SPDX-License-Identifier: Apache-2.0
#include "frame/column.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace slipway::frame {
namespace {

std::int64_t count_nulls(const Column::Parts& parts) {
  if (parts.validity.empty()) return 0;
  std::int64_t present = 0;
  std::int64_t at = parts.offset;
  const std::int64_t end = parts.offset + parts.length;
  const std::byte* bits = parts.validity.data();
  for (; at < end && (at & 7) != 0; ++at) present += bit_at(bits, at) ? 1 : 0;
  for (; at + 8 <= end; at += 8)
    present += std::popcount(static_cast<unsigned char>(bits[at >> 3]));
  for (; at < end; ++at) present += bit_at(bits, at) ? 1 : 0;
  return parts.length - present;
}

template <typename Float>
bool same_float(const Column& a, const Column& b, std::int64_t row) {
  const auto i = static_cast<std::size_t>(row);
  const Float x = a.values<Float>()[i];
  const Float y = b.values<Float>()[i];
  return std::memcmp(&x, &y, sizeof(Float)) == 0 || (std::isnan(x) && std::isnan(y));
}

bool same_value(const Column& a, const Column& b, std::int64_t row) {
  const Type& type = a.type();
  if (is_text(type.id)) return a.text_at(row) == b.text_at(row);
  if (type.id == TypeId::kBool) return a.bool_at(row) == b.bool_at(row);
  if (type.id == TypeId::kFloat32) return same_float<float>(a, b, row);
  if (type.id == TypeId::kFloat64) return same_float<double>(a, b, row);
  const std::size_t width = width_of(type);
  const auto value = [&](const Column& column) {
    return column.parts().values.data() +
           static_cast<std::size_t>(column.parts().offset + row) * width;
  };
  return std::memcmp(value(a), value(b), width) == 0;
}

}  // namespace

Column::Column(Parts parts) : parts_(std::move(parts)), null_count_(count_nulls(parts_)) {}

std::int64_t Column::code_at(std::int64_t row) const {
  const auto i = static_cast<std::size_t>(row);
  switch (parts_.type.index) {
    case TypeId::kInt8:
      return values<std::int8_t>()[i];
    case TypeId::kInt16:
      return values<std::int16_t>()[i];
    case TypeId::kInt32:
      return values<std::int32_t>()[i];
    case TypeId::kInt64:
      return values<std::int64_t>()[i];
    case TypeId::kUInt8:
      return values<std::uint8_t>()[i];
    case TypeId::kUInt16:
      return values<std::uint16_t>()[i];
    case TypeId::kUInt32:
      return values<std::uint32_t>()[i];
    default:
      return static_cast<std::int64_t>(values<std::uint64_t>()[i]);
  }
}

Column Column::slice(std::int64_t offset, std::int64_t length) const {
  CHECK(offset >= 0 && length >= 0 && offset + length <= parts_.length);
  Parts parts = parts_;
  parts.offset += offset;
  parts.length = length;
  return Column(std::move(parts));
}

bool equal(const Column& a, const Column& b) {
  if (a.type() != b.type() || a.length() != b.length() || a.null_count() != b.null_count())
    return false;
  for (std::int64_t row = 0; row < a.length(); ++row) {
    if (a.is_null(row) != b.is_null(row)) return false;
    if (!a.is_null(row) && !same_value(a, b, row)) return false;
  }
  return true;
}

}  // namespace slipway::frame
