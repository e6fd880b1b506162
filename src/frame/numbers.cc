// SPDX-License-Identifier: Apache-2.0
#include "frame/numbers.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/check.h"

namespace slipway::frame {
namespace {

__extension__ using Int128 = __int128;  // Arrow's decimal128: little-endian two's complement
__extension__ using UInt128 = unsigned __int128;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

template <typename T>
void read_fixed(const Column& column, double* out, std::size_t stride) {
  const auto values = column.values<T>();
  for (std::size_t row = 0; row < values.size(); ++row)
    out[row * stride] = static_cast<double>(values[row]);
}

void read_bools(const Column& column, double* out, std::size_t stride) {
  for (std::int64_t row = 0; row < column.length(); ++row) {
    out[static_cast<std::size_t>(row) * stride] = column.bool_at(row) ? 1 : 0;
  }
}

// Through text, so that the decimal is rounded once: dividing a rounded integer by a power of ten
// would round twice.
double decimal_value(Int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  UInt128 rest = negative ? -static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  std::string digits = fmt::format("e{}", -scale);
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  const double value = std::strtod(digits.c_str(), nullptr);
  return negative ? -value : value;
}

void read_decimals(const Column& column, double* out, std::size_t stride) {
  const auto values = column.values<Int128>();
  for (std::size_t row = 0; row < values.size(); ++row) {
    out[row * stride] = decimal_value(values[row], column.type().scale);
  }
}

Result<void> read_present(const Column& column, double* out, std::size_t stride) {
  switch (column.type().id) {
    case TypeId::kBool:
      return read_bools(column, out, stride), Result<void>();
    case TypeId::kInt8:
      return read_fixed<std::int8_t>(column, out, stride), Result<void>();
    case TypeId::kInt16:
      return read_fixed<std::int16_t>(column, out, stride), Result<void>();
    case TypeId::kDate:
    case TypeId::kInt32:
      return read_fixed<std::int32_t>(column, out, stride), Result<void>();
    case TypeId::kTimestamp:
    case TypeId::kInt64:
      return read_fixed<std::int64_t>(column, out, stride), Result<void>();
    case TypeId::kUInt8:
      return read_fixed<std::uint8_t>(column, out, stride), Result<void>();
    case TypeId::kUInt16:
      return read_fixed<std::uint16_t>(column, out, stride), Result<void>();
    case TypeId::kUInt32:
      return read_fixed<std::uint32_t>(column, out, stride), Result<void>();
    case TypeId::kUInt64:
      return read_fixed<std::uint64_t>(column, out, stride), Result<void>();
    case TypeId::kFloat32:
      return read_fixed<float>(column, out, stride), Result<void>();
    case TypeId::kFloat64:
      return read_fixed<double>(column, out, stride), Result<void>();
    case TypeId::kDecimal:
      return read_decimals(column, out, stride), Result<void>();
    default:
      break;
  }
  return Error(Code::kInvalidArgument, "frame.not_a_number",
               fmt::format("the column is {}, which is no number", name_of(column.type())));
}

}  // namespace

Result<void> read_numbers(const Column& column, double* out, std::size_t stride) {
  RETURN_IF_ERROR(read_present(column, out, stride));
  if (column.null_count() == 0) return {};
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row)) out[static_cast<std::size_t>(row) * stride] = kMissing;
  }
  return {};
}

Result<void> read_numbers(const Column& column, std::span<double> out) {
  CHECK(out.size() == static_cast<std::size_t>(column.length()));
  return read_numbers(column, out.data(), 1);
}

}  // namespace slipway::frame
