// SPDX-License-Identifier: Apache-2.0
#include "data/cell_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Type;
using frame::TypeId;

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

template <typename T>
void append_integer(const Column& column, std::int64_t row, std::string* out) {
  fmt::format_to(std::back_inserter(*out), FMT_COMPILE("{}"),
                 column.values<T>()[static_cast<std::size_t>(row)]);
}

template <typename T>
void append_float(const Column& column, std::int64_t row, std::string* out) {
  append_number(*out, column.values<T>()[static_cast<std::size_t>(row)]);
}

template <typename T>
void append_json_float(const Column& column, std::int64_t row, std::string* out) {
  JsonWriter(out).value(column.values<T>()[static_cast<std::size_t>(row)]);  // NaN is null
}

void append_bool(const Column& column, std::int64_t row, std::string* out) {
  *out += column.bool_at(row) ? "true" : "false";
}

// The days of the years 0 to 9999, which ISO 8601 writes with four digits.
constexpr std::int32_t kFirstDay = -719528;
constexpr std::int32_t kLastDay = 2932896;
constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

void append_date(const Column& column, std::int64_t row, std::string* out) {
  const std::int32_t number = column.values<std::int32_t>()[static_cast<std::size_t>(row)];
  if (number < kFirstDay || number > kLastDay) {
    return append_integer<std::int32_t>(column, row, out);
  }
  const std::chrono::sys_days day{std::chrono::days(number)};
  const std::chrono::year_month_day date{day};
  fmt::format_to(std::back_inserter(*out), FMT_COMPILE("{:04}-{:02}-{:02}"),
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()));
}

void append_timestamp(const Column& column, std::int64_t row, std::string* out) {
  const std::int64_t us = column.values<std::int64_t>()[static_cast<std::size_t>(row)];
  if (us < kFirstDay * kDayUs || us >= (kLastDay + 1) * kDayUs) {
    return append_integer<std::int64_t>(column, row, out);
  }
  *out += format_utc(us);
}

void append_decimal(const Column& column, std::int64_t row, std::string* out) {
  const Int128 value = column.values<Int128>()[static_cast<std::size_t>(row)];
  UInt128 rest = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  std::string digits;
  for (; rest > 0; rest /= 10) digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  const int scale = column.type().scale;
  if (scale < 0) digits.insert(0, static_cast<std::size_t>(-scale), '0');
  const auto fraction = static_cast<std::size_t>(std::max(scale, 0));
  while (digits.size() <= fraction) digits += '0';
  if (fraction > 0) digits.insert(fraction, 1, '.');
  if (value < 0) digits += '-';
  out->append(digits.rbegin(), digits.rend());
}

template <char kSeparator>
void append_quoted_if_needed(const Column& column, std::int64_t row, std::string* out) {
  append_csv_text(column.text_at(row), kSeparator, out);
}

void append_json_text(const Column& column, std::int64_t row, std::string* out) {
  append_json_string(column.text_at(row), out);
}

template <AppendCell kAppend>
void append_in_quotes(const Column& column, std::int64_t row, std::string* out) {
  *out += '"';
  kAppend(column, row, out);
  *out += '"';
}

// What is the same in every text format; null for the rest.
AppendCell plain_cell(const Type& type) {
  switch (type.id) {
    case TypeId::kBool:
      return append_bool;
    case TypeId::kInt8:
      return append_integer<std::int8_t>;
    case TypeId::kInt16:
      return append_integer<std::int16_t>;
    case TypeId::kInt32:
      return append_integer<std::int32_t>;
    case TypeId::kInt64:
      return append_integer<std::int64_t>;
    case TypeId::kUInt8:
      return append_integer<std::uint8_t>;
    case TypeId::kUInt16:
      return append_integer<std::uint16_t>;
    case TypeId::kUInt32:
      return append_integer<std::uint32_t>;
    case TypeId::kUInt64:
      return append_integer<std::uint64_t>;
    case TypeId::kDecimal:
      return append_decimal;
    default:
      return nullptr;
  }
}

template <char kSeparator>
AppendCell separated_cell(const Type& type) {
  if (const AppendCell plain = plain_cell(type)) return plain;
  switch (type.id) {
    case TypeId::kFloat32:
      return append_float<float>;
    case TypeId::kFloat64:
      return append_float<double>;
    case TypeId::kDate:
      return append_date;
    case TypeId::kTimestamp:
      return append_timestamp;
    default:
      return append_quoted_if_needed<kSeparator>;
  }
}

}  // namespace

void append_csv_text(std::string_view text, char separator, std::string* out) {
  const auto special = [separator](char c) {
    return c == separator || c == '"' || c == '\n' || c == '\r';
  };
  if (!text.empty() && std::none_of(text.begin(), text.end(), special)) {
    out->append(text);
    return;
  }
  *out += '"';
  for (const char c : text) out->append(c == '"' ? 2 : 1, c);
  *out += '"';
}

AppendCell csv_cell(const Type& type) { return separated_cell<','>(type); }
AppendCell tsv_cell(const Type& type) { return separated_cell<'\t'>(type); }

AppendCell json_cell(const Type& type) {
  if (const AppendCell plain = plain_cell(type)) return plain;
  switch (type.id) {
    case TypeId::kFloat32:
      return append_json_float<float>;
    case TypeId::kFloat64:
      return append_json_float<double>;
    case TypeId::kDate:
      return append_in_quotes<append_date>;
    case TypeId::kTimestamp:
      return append_in_quotes<append_timestamp>;
    default:
      return append_json_text;
  }
}

}  // namespace slipway::data
