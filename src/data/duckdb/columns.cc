// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/columns.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "data/duckdb/library.h"
#include "frame/builder.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Type;
using frame::TypeId;

__extension__ using Int128 = __int128;  // what Arrow's decimals are made of

struct Pair {
  duckdb_type duckdb;
  TypeId ours;
  const char* name;
};

// What is the same on both sides.
constexpr Pair kPairs[] = {
    {DUCKDB_TYPE_BOOLEAN, TypeId::kBool, "BOOLEAN"},
    {DUCKDB_TYPE_TINYINT, TypeId::kInt8, "TINYINT"},
    {DUCKDB_TYPE_SMALLINT, TypeId::kInt16, "SMALLINT"},
    {DUCKDB_TYPE_INTEGER, TypeId::kInt32, "INTEGER"},
    {DUCKDB_TYPE_BIGINT, TypeId::kInt64, "BIGINT"},
    {DUCKDB_TYPE_UTINYINT, TypeId::kUInt8, "UTINYINT"},
    {DUCKDB_TYPE_USMALLINT, TypeId::kUInt16, "USMALLINT"},
    {DUCKDB_TYPE_UINTEGER, TypeId::kUInt32, "UINTEGER"},
    {DUCKDB_TYPE_UBIGINT, TypeId::kUInt64, "UBIGINT"},
    {DUCKDB_TYPE_FLOAT, TypeId::kFloat32, "FLOAT"},
    {DUCKDB_TYPE_DOUBLE, TypeId::kFloat64, "DOUBLE"},
    {DUCKDB_TYPE_VARCHAR, TypeId::kString, "VARCHAR"},
    {DUCKDB_TYPE_BLOB, TypeId::kBinary, "BLOB"},
    {DUCKDB_TYPE_DATE, TypeId::kDate, "DATE"},
    {DUCKDB_TYPE_TIMESTAMP, TypeId::kTimestamp, "TIMESTAMP"},
};

// What we read as something else, or not at all.
constexpr std::pair<duckdb_type, const char*> kOtherNames[] = {
    {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
    {DUCKDB_TYPE_ENUM, "ENUM"},
    {DUCKDB_TYPE_SQLNULL, "NULL"},
    {DUCKDB_TYPE_TIME, "TIME"},
    {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
    {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
    {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
    {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
    {DUCKDB_TYPE_LIST, "LIST"},
    {DUCKDB_TYPE_ARRAY, "ARRAY"},
    {DUCKDB_TYPE_STRUCT, "STRUCT"},
    {DUCKDB_TYPE_MAP, "MAP"},
    {DUCKDB_TYPE_UNION, "UNION"},
    {DUCKDB_TYPE_UUID, "UUID"},
    {DUCKDB_TYPE_BIT, "BIT"},
    {DUCKDB_TYPE_BIGNUM, "BIGNUM"},
};

bool is_present(const std::uint64_t* mask, std::size_t row) {
  return mask == nullptr || ((mask[row / 64] >> (row % 64)) & 1U) != 0;
}

void append_validity(frame::ValidityBuilder* validity, const std::uint64_t* mask,
                     std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) validity->append(is_present(mask, row));
}

// Values whose bytes are the same on both sides.
class PlainReader final : public ColumnReader {
 public:
  explicit PlainReader(Type type) : type_(type), width_(frame::width_of(type)) {}

  Result<void> append(duckdb_vector vector, std::size_t rows) override {
    values_.append(DUCKDB(vector_get_data)(vector), rows * width_);
    append_validity(&validity_, DUCKDB(vector_get_validity)(vector), rows);
    return {};
  }

  Column finish() override {
    const std::int64_t length = validity_.length();
    return Column({.type = type_,
                   .length = length,
                   .validity = validity_.finish(),
                   .values = std::move(values_).freeze()});
  }

 private:
  const Type type_;
  const std::size_t width_;
  frame::MutableBuffer values_;
  frame::ValidityBuilder validity_;
};

// DuckDB has a byte where Arrow has a bit.
class BoolReader final : public ColumnReader {
 public:
  Result<void> append(duckdb_vector vector, std::size_t rows) override {
    const auto* values = static_cast<const bool*>(DUCKDB(vector_get_data)(vector));
    const auto* mask = DUCKDB(vector_get_validity)(vector);
    for (std::size_t row = 0; row < rows; ++row) {
      is_present(mask, row) ? builder_.append(values[row]) : builder_.append_null();
    }
    return {};
  }
  Column finish() override { return builder_.finish(); }

 private:
  frame::BoolBuilder builder_;
};

// Narrow integers made wide: decimals, whose width follows their precision, and codes of an enum.
template <typename From, typename To>
class WideningReader final : public ColumnReader {
 public:
  explicit WideningReader(Type type, std::shared_ptr<const Column> dictionary = nullptr)
      : type_(type), dictionary_(std::move(dictionary)) {}

  Result<void> append(duckdb_vector vector, std::size_t rows) override {
    const auto* values = static_cast<const From*>(DUCKDB(vector_get_data)(vector));
    const auto* mask = DUCKDB(vector_get_validity)(vector);
    for (std::size_t row = 0; row < rows; ++row) {
      is_present(mask, row) ? builder_.append(static_cast<To>(values[row]))
                            : builder_.append_null();
    }
    return {};
  }

  Column finish() override {
    if (dictionary_ == nullptr) return builder_.finish(type_);
    Column::Parts parts = builder_.finish(Type::of(TypeId::kInt32)).parts();
    parts.type = type_;
    parts.dictionary = dictionary_;
    return Column(std::move(parts));
  }

 private:
  const Type type_;
  const std::shared_ptr<const Column> dictionary_;  // shared by the columns of every frame
  frame::FixedBuilder<To> builder_;
};

class TimestampReader final : public ColumnReader {
 public:
  TimestampReader(std::string name, std::int64_t ticks_per_second)
      : name_(std::move(name)), ticks_per_second_(ticks_per_second) {}

  Result<void> append(duckdb_vector vector, std::size_t rows) override {
    const auto* values = static_cast<const std::int64_t*>(DUCKDB(vector_get_data)(vector));
    const auto* mask = DUCKDB(vector_get_validity)(vector);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!is_present(mask, row)) {
        builder_.append_null();
        continue;
      }
      const auto us = to_us(values[row]);
      if (!us) {
        return Error(Code::kOutOfRange, "data.timestamp_precision",
                     fmt::format("column '{}' has the timestamp {} in 1/{} s, which is not a whole "
                                 "number of microseconds in range: round it to microseconds first",
                                 name_, values[row], ticks_per_second_));
      }
      builder_.append(*us);
    }
    return {};
  }
  Column finish() override { return builder_.finish(Type::of(TypeId::kTimestamp)); }

 private:
  std::optional<std::int64_t> to_us(std::int64_t ticks) const {
    constexpr std::int64_t kUs = 1'000'000;
    if (ticks_per_second_ > kUs) {
      const std::int64_t divisor = ticks_per_second_ / kUs;
      if (ticks % divisor != 0) return std::nullopt;
      return ticks / divisor;
    }
    std::int64_t us = 0;
    if (__builtin_mul_overflow(ticks, kUs / ticks_per_second_, &us)) return std::nullopt;
    return us;
  }

  const std::string name_;
  const std::int64_t ticks_per_second_;
  frame::FixedBuilder<std::int64_t> builder_;
};

std::string_view text_of(const duckdb_string_t& text) {
  constexpr std::uint32_t kInlined = 12;
  const std::uint32_t length = text.value.inlined.length;
  return {length <= kInlined ? text.value.inlined.inlined : text.value.pointer.ptr, length};
}

class TextReader final : public ColumnReader {
 public:
  TextReader(std::string name, TypeId id) : name_(std::move(name)), id_(id) {}

  Result<void> append(duckdb_vector vector, std::size_t rows) override {
    const auto* values = static_cast<const duckdb_string_t*>(DUCKDB(vector_get_data)(vector));
    const auto* mask = DUCKDB(vector_get_validity)(vector);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!is_present(mask, row)) {
        builder_.append_null();
        continue;
      }
      const std::string_view text = text_of(values[row]);
      bytes_ += text.size();
      if (bytes_ > kBytesMax) {
        return Error(Code::kResourceExhausted, "data.text_too_large",
                     fmt::format("column '{}' holds more than 2 GiB of text in {} rows: leave it "
                                 "out, or shorten it",
                                 name_, rows));
      }
      builder_.append(text);
    }
    return {};
  }
  Column finish() override {
    bytes_ = 0;
    return builder_.finish(id_);
  }
  std::size_t text_bytes() const override { return bytes_; }

 private:
  static constexpr std::size_t kBytesMax = std::numeric_limits<std::int32_t>::max();
  const std::string name_;
  const TypeId id_;
  frame::StringBuilder builder_;
  std::size_t bytes_ = 0;
};

// An all-NULL column says nothing of its type: numbers, as frame/arrow.h has it.
class NullReader final : public ColumnReader {
 public:
  Result<void> append(duckdb_vector /*vector*/, std::size_t rows) override {
    for (std::size_t row = 0; row < rows; ++row) builder_.append_null();
    return {};
  }
  Column finish() override { return builder_.finish(Type::of(TypeId::kFloat64)); }

 private:
  frame::FixedBuilder<double> builder_;
};

std::unique_ptr<ColumnReader> make_decimal_reader(duckdb_logical_type type, Type ours) {
  switch (DUCKDB(decimal_internal_type)(type)) {
    case DUCKDB_TYPE_SMALLINT:
      return std::make_unique<WideningReader<std::int16_t, Int128>>(ours);
    case DUCKDB_TYPE_INTEGER:
      return std::make_unique<WideningReader<std::int32_t, Int128>>(ours);
    case DUCKDB_TYPE_BIGINT:
      return std::make_unique<WideningReader<std::int64_t, Int128>>(ours);
    default:
      return std::make_unique<PlainReader>(ours);
  }
}

std::unique_ptr<ColumnReader> make_enum_reader(duckdb_logical_type type) {
  frame::StringBuilder values;
  for (idx_t i = 0; i < DUCKDB(enum_dictionary_size)(type); ++i) {
    char* value = DUCKDB(enum_dictionary_value)(type, i);
    values.append(value);
    DUCKDB(free)(value);
  }
  auto dictionary = std::make_shared<const Column>(values.finish());
  const Type ours = Type::dictionary(TypeId::kInt32);
  switch (DUCKDB(enum_internal_type)(type)) {
    case DUCKDB_TYPE_UTINYINT:
      return std::make_unique<WideningReader<std::uint8_t, std::int32_t>>(ours, dictionary);
    case DUCKDB_TYPE_USMALLINT:
      return std::make_unique<WideningReader<std::uint16_t, std::int32_t>>(ours, dictionary);
    default:
      return std::make_unique<WideningReader<std::uint32_t, std::int32_t>>(ours, dictionary);
  }
}

}  // namespace

std::optional<Type> frame_type_of(duckdb_logical_type type) {
  const duckdb_type id = DUCKDB(get_type_id)(type);
  for (const Pair& pair : kPairs) {
    if (pair.duckdb == id) return Type::of(pair.ours);
  }
  switch (id) {
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Type::of(TypeId::kTimestamp);
    case DUCKDB_TYPE_DECIMAL:
      return Type::decimal(DUCKDB(decimal_width)(type),
                           static_cast<std::int8_t>(DUCKDB(decimal_scale)(type)));
    case DUCKDB_TYPE_ENUM:
      return Type::dictionary(TypeId::kInt32);
    case DUCKDB_TYPE_SQLNULL:
      return Type::of(TypeId::kFloat64);
    default:
      return std::nullopt;
  }
}

std::string sql_name_of(duckdb_logical_type type) {
  const duckdb_type id = DUCKDB(get_type_id)(type);
  for (const Pair& pair : kPairs) {
    if (pair.duckdb == id) return pair.name;
  }
  for (const auto& [other, name] : kOtherNames) {
    if (other == id) return name;
  }
  if (id == DUCKDB_TYPE_DECIMAL) return sql_name_of(*frame_type_of(type));
  return fmt::format("DuckDB's type {}", static_cast<int>(id));
}

std::string sql_name_of(const Type& type) {
  if (type.id == TypeId::kDecimal) return fmt::format("DECIMAL({},{})", type.precision, type.scale);
  for (const Pair& pair : kPairs) {
    if (pair.ours == type.id) return pair.name;
  }
  return "VARCHAR";  // a dictionary
}

duckdb_logical_type logical_type_of(const Type& type) {
  if (type.id == TypeId::kDecimal) {
    return DUCKDB(create_decimal_type)(type.precision, static_cast<std::uint8_t>(type.scale));
  }
  for (const Pair& pair : kPairs) {
    if (pair.ours == type.id) return DUCKDB(create_logical_type)(pair.duckdb);
  }
  return DUCKDB(create_logical_type)(DUCKDB_TYPE_VARCHAR);
}

std::unique_ptr<ColumnReader> ColumnReader::make(duckdb_logical_type type, std::string name) {
  const duckdb_type id = DUCKDB(get_type_id)(type);
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
      return std::make_unique<BoolReader>();
    case DUCKDB_TYPE_VARCHAR:
      return std::make_unique<TextReader>(std::move(name), TypeId::kString);
    case DUCKDB_TYPE_BLOB:
      return std::make_unique<TextReader>(std::move(name), TypeId::kBinary);
    case DUCKDB_TYPE_TIMESTAMP_S:
      return std::make_unique<TimestampReader>(std::move(name), 1);
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return std::make_unique<TimestampReader>(std::move(name), 1'000);
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return std::make_unique<TimestampReader>(std::move(name), 1'000'000'000);
    case DUCKDB_TYPE_DECIMAL:
      return make_decimal_reader(type, *frame_type_of(type));
    case DUCKDB_TYPE_ENUM:
      return make_enum_reader(type);
    case DUCKDB_TYPE_SQLNULL:
      return std::make_unique<NullReader>();
    default:
      return std::make_unique<PlainReader>(*frame_type_of(type));
  }
}

}  // namespace slipway::data
