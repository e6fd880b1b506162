// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/fill.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <cstring>

#include "base/utf8.h"
#include "data/duckdb/library.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::TypeId;

__extension__ using Int128 = __int128;

void fill_validity(const Column& column, duckdb_vector vector) {
  if (column.null_count() == 0) return;
  DUCKDB(vector_ensure_validity_writable)(vector);
  std::uint64_t* mask = DUCKDB(vector_get_validity)(vector);
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row)) mask[row / 64] &= ~(std::uint64_t{1} << (row % 64));
  }
}

Result<void> fill_text(const Column& column, const std::string& name, duckdb_vector vector) {
  const bool binary = column.type().id == TypeId::kBinary;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row)) continue;
    const std::string_view text = column.text_at(row);
    if (!binary && valid_utf8_prefix(text) != text.size()) {
      return Error(Code::kInvalidArgument, "data.not_utf8",
                   fmt::format("column '{}' holds text that is not UTF-8, which Parquet cannot "
                               "keep: correct it where it comes from",
                               name));
    }
    DUCKDB(unsafe_vector_assign_string_element_len)
    (vector, static_cast<idx_t>(row), text.data(), text.size());
  }
  return {};
}

template <typename To>
void fill_narrow(const Column& column, void* data) {
  const auto values = column.values<Int128>();
  for (std::size_t row = 0; row < values.size(); ++row) {
    static_cast<To*>(data)[row] = static_cast<To>(values[row]);
  }
}

// DuckDB's decimals are as wide as their precision needs.
void fill_decimal(const Column& column, void* data) {
  const int precision = column.type().precision;
  if (precision <= 4) return fill_narrow<std::int16_t>(column, data);
  if (precision <= 9) return fill_narrow<std::int32_t>(column, data);
  if (precision <= 18) return fill_narrow<std::int64_t>(column, data);
  fill_narrow<Int128>(column, data);
}

void fill_plain(const Column& column, void* data) {
  const auto& parts = column.parts();
  const std::size_t width = frame::width_of(parts.type);
  std::memcpy(data, parts.values.data() + static_cast<std::size_t>(parts.offset) * width,
              static_cast<std::size_t>(parts.length) * width);
}

}  // namespace

Result<void> fill_vector(const Column& column, const std::string& name, duckdb_vector vector) {
  fill_validity(column, vector);
  void* data = DUCKDB(vector_get_data)(vector);
  switch (column.type().id) {
    case TypeId::kBool:
      for (std::int64_t row = 0; row < column.length(); ++row) {
        static_cast<bool*>(data)[row] = column.bool_at(row);
      }
      return {};
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kDictionary:
      return fill_text(column, name, vector);
    case TypeId::kDecimal:
      fill_decimal(column, data);
      return {};
    default:
      if (column.length() > 0) fill_plain(column, data);
      return {};
  }
}

}  // namespace slipway::data
