// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "frame/arrow.h"
#include "frame/builder.h"

namespace slipway::frame {
namespace {

// An ArrowArray or ArrowSchema that was moved to us and is released exactly once.
template <typename Struct>
class Owned {
 public:
  explicit Owned(Struct* source) : value_(*source) { source->release = nullptr; }
  ~Owned() {
    if (value_.release != nullptr) value_.release(&value_);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Struct& operator*() { return value_; }
  Struct* operator->() { return &value_; }

 private:
  Struct value_;
};

// How a foreign column becomes one of ours.
enum class Conversion { kNone, kHalf, kLargeText, kTimestamp, kDateMs, kNull, kDictionary };

struct Reading {
  Type type;  // what the column will be
  Conversion conversion = Conversion::kNone;
  std::int64_t unit_ns = 1000;  // kTimestamp: nanoseconds per tick
};

std::optional<Reading> plain_reading(std::string_view format) {
  constexpr std::string_view kLetters = "bcsilCSILfguz";
  constexpr TypeId kIds[] = {TypeId::kBool,   TypeId::kInt8,    TypeId::kInt16,   TypeId::kInt32,
                             TypeId::kInt64,  TypeId::kUInt8,   TypeId::kUInt16,  TypeId::kUInt32,
                             TypeId::kUInt64, TypeId::kFloat32, TypeId::kFloat64, TypeId::kString,
                             TypeId::kBinary};
  if (format.size() == 1) {
    const auto at = kLetters.find(format[0]);
    if (at != kLetters.npos) return Reading{Type::of(kIds[at])};
  }
  if (format == "e") return Reading{Type::of(TypeId::kFloat32), Conversion::kHalf};
  if (format == "n") return Reading{Type::of(TypeId::kFloat64), Conversion::kNull};
  if (format == "U") return Reading{Type::of(TypeId::kString), Conversion::kLargeText};
  if (format == "Z") return Reading{Type::of(TypeId::kBinary), Conversion::kLargeText};
  if (format == "tdD") return Reading{Type::of(TypeId::kDate)};
  if (format == "tdm") return Reading{Type::of(TypeId::kDate), Conversion::kDateMs};
  return std::nullopt;
}

std::optional<Reading> timestamp_reading(std::string_view format) {
  if (format.size() < 4 || !format.starts_with("ts") || format[3] != ':') return std::nullopt;
  Reading reading{Type::of(TypeId::kTimestamp), Conversion::kTimestamp};
  switch (format[2]) {
    case 's':
      reading.unit_ns = 1'000'000'000;
      break;
    case 'm':
      reading.unit_ns = 1'000'000;
      break;
    case 'u':
      reading.conversion = Conversion::kNone;
      break;
    case 'n':
      reading.unit_ns = 1;
      break;
    default:
      return std::nullopt;
  }
  return reading;
}

std::optional<Reading> decimal_reading(std::string_view format) {
  if (!format.starts_with("d:")) return std::nullopt;
  const auto parts = split(format.substr(2), ',');
  if (parts.size() == 3 && parts[2] != "128") return std::nullopt;
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  const auto precision = parse_int64(parts[0]);
  const auto scale = parse_int64(parts[1]);
  if (!precision || !scale || *precision < 1 || *precision > 38 || *scale < -38 || *scale > 38)
    return std::nullopt;
  return Reading{
      Type::decimal(static_cast<std::uint8_t>(*precision), static_cast<std::int8_t>(*scale))};
}

Result<Reading> reading_of(const ArrowSchema& schema) {
  const std::string_view format = schema.format;
  auto reading = plain_reading(format);
  if (!reading) reading = timestamp_reading(format);
  if (!reading) reading = decimal_reading(format);
  if (!reading || (schema.dictionary != nullptr && !is_integer(reading->type.id))) {
    return Error(
        Code::kUnimplemented, "frame.arrow_type",
        fmt::format(
            "column '{}' has Arrow type '{}', which slipway does not read: convert or drop it",
            schema.name != nullptr ? schema.name : "", format));
  }
  if (schema.dictionary == nullptr) return *reading;
  ASSIGN_OR_RETURN(const Reading values, reading_of(*schema.dictionary));
  if (values.type.id == TypeId::kString)
    return Reading{Type::dictionary(reading->type.id), Conversion::kDictionary};
  return Reading{values.type, Conversion::kDictionary};
}

float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  float value = 0;
  if (exponent == 31) {
    value = mantissa != 0 ? std::numeric_limits<float>::quiet_NaN()
                          : std::numeric_limits<float>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

// Imports the columns of one array; every Buffer keeps the whole array alive through `owner`.
class ArrayImporter {
 public:
  explicit ArrayImporter(std::shared_ptr<const void> owner) : owner_(std::move(owner)) {}

  Result<Column> import(const ArrowSchema& schema, const ArrowArray& array) const {
    ASSIGN_OR_RETURN(const Reading reading, reading_of(schema));
    RETURN_IF_ERROR(check_layout(schema, array));
    switch (reading.conversion) {
      case Conversion::kNone:
        return as_is(reading.type, array);
      case Conversion::kHalf:
        return converted<std::uint16_t, float>(array, reading.type, half_to_float);
      case Conversion::kLargeText:
        return large_text(schema, array, reading.type);
      case Conversion::kTimestamp:
        return timestamps(schema, array, reading);
      case Conversion::kDateMs:
        return converted<std::int64_t, std::int32_t>(array, reading.type, [](std::int64_t ms) {
          constexpr std::int64_t kDayMs = 86'400'000;
          return static_cast<std::int32_t>(ms >= 0 ? ms / kDayMs : -((-ms + kDayMs - 1) / kDayMs));
        });
      case Conversion::kNull:
        return nulls(array.length);
      case Conversion::kDictionary:
        return dictionary(schema, array, reading.type);
    }
    return Error(Code::kInternal, "frame.arrow_conversion", "unknown conversion");
  }

 private:
  Buffer buffer(const ArrowArray& array, int index) const {
    return Buffer(owner_, array.buffers[index], 0);
  }
  bool present(const ArrowArray& array, std::int64_t row) const {
    return array.buffers[0] == nullptr ||
           bit_at(static_cast<const std::byte*>(array.buffers[0]), array.offset + row);
  }

  static Result<void> check_layout(const ArrowSchema& schema, const ArrowArray& array) {
    const std::string_view format = schema.format;
    const bool text = format == "u" || format == "z" || format == "U" || format == "Z";
    const std::int64_t expected = format == "n" ? 0 : text ? 3 : 2;
    const bool buffers_there = expected == 0 || array.length == 0 ||
                               (array.n_buffers == expected && array.buffers[1] != nullptr);
    if (array.length >= 0 && array.offset >= 0 && array.n_buffers == expected && buffers_there)
      return {};
    return Error(
        Code::kInvalidArgument, "frame.arrow_layout",
        fmt::format(
            "column '{}' of Arrow type '{}' has {} buffers, {} expected, length {}, offset {}",
            schema.name != nullptr ? schema.name : "", format, array.n_buffers, expected,
            array.length, array.offset));
  }

  Column as_is(Type type, const ArrowArray& array) const {
    Column::Parts parts{.type = type, .length = array.length, .offset = array.offset};
    parts.validity = buffer(array, 0);
    parts.values = buffer(array, 1);
    if (type.id == TypeId::kString || type.id == TypeId::kBinary) {
      if (array.length == 0)
        return StringBuilder().finish(type.id);  // producers may leave the offsets out
      parts.characters = buffer(array, 2);
    }
    return Column(std::move(parts));
  }

  template <typename From, typename To, typename Convert>
  Column converted(const ArrowArray& array, Type type, Convert convert) const {
    FixedBuilder<To> builder;
    const From* values = static_cast<const From*>(array.buffers[1]) + array.offset;
    for (std::int64_t row = 0; row < array.length; ++row) {
      present(array, row) ? builder.append(convert(values[row])) : builder.append_null();
    }
    return builder.finish(type);
  }

  Result<Column> timestamps(const ArrowSchema& schema, const ArrowArray& array,
                            const Reading& reading) const {
    const auto* values = static_cast<const std::int64_t*>(array.buffers[1]) + array.offset;
    const std::int64_t factor = reading.unit_ns / 1000;  // 0 for nanoseconds
    FixedBuilder<std::int64_t> builder;
    for (std::int64_t row = 0; row < array.length; ++row) {
      if (!present(array, row)) {
        builder.append_null();
        continue;
      }
      std::int64_t us = 0;
      const bool exact =
          factor > 0 ? !__builtin_mul_overflow(values[row], factor, &us) : values[row] % 1000 == 0;
      if (factor == 0) us = values[row] / 1000;
      if (!exact) {
        return Error(Code::kOutOfRange, "frame.timestamp_precision",
                     fmt::format("column '{}' row {}: timestamp {} ({} ns a tick) is not a whole "
                                 "number of microseconds in "
                                 "range; round it to microseconds first",
                                 schema.name, row, values[row], reading.unit_ns));
      }
      builder.append(us);
    }
    return builder.finish(reading.type);
  }

  Result<Column> large_text(const ArrowSchema& schema, const ArrowArray& array, Type type) const {
    StringBuilder builder;
    if (array.length == 0) return builder.finish(type.id);
    const auto* ends = static_cast<const std::int64_t*>(array.buffers[1]) + array.offset;
    const auto* characters = static_cast<const char*>(array.buffers[2]);
    if (ends[array.length] - ends[0] > std::numeric_limits<std::int32_t>::max()) {
      return Error(Code::kResourceExhausted, "frame.text_too_large",
                   fmt::format("column '{}' has {} bytes of text in one batch, at most 2 GiB are "
                               "read: use smaller batches",
                               schema.name, ends[array.length] - ends[0]));
    }
    for (std::int64_t row = 0; row < array.length; ++row) {
      if (present(array, row)) {
        builder.append(
            {characters + ends[row], static_cast<std::size_t>(ends[row + 1] - ends[row])});
      } else {
        builder.append_null();
      }
    }
    return builder.finish(type.id);
  }

  static Column nulls(std::int64_t length) {
    FixedBuilder<double> builder;
    for (std::int64_t row = 0; row < length; ++row) builder.append_null();
    return builder.finish(Type::of(TypeId::kFloat64));
  }

  Result<Column> dictionary(const ArrowSchema& schema, const ArrowArray& array, Type type) const {
    ASSIGN_OR_RETURN(Column values, import(*schema.dictionary, *array.dictionary));
    ASSIGN_OR_RETURN(const Reading codes, reading_of_codes(schema));
    Column::Parts parts = as_is(Type::dictionary(codes.type.id), array).parts();
    parts.dictionary = std::make_shared<const Column>(std::move(values));
    Column column(std::move(parts));
    RETURN_IF_ERROR(check_codes(schema, column));
    if (type.id == TypeId::kDictionary) return column;
    return decoded(column);
  }

  static Result<Reading> reading_of_codes(ArrowSchema schema) {
    schema.dictionary = nullptr;
    return reading_of(schema);
  }

  static Result<void> check_codes(const ArrowSchema& schema, const Column& column) {
    for (std::int64_t row = 0; row < column.length(); ++row) {
      if (column.is_null(row)) continue;
      const std::int64_t code = column.code_at(row);
      if (code >= 0 && code < column.dictionary().length()) continue;
      return Error(Code::kOutOfRange, "frame.arrow_code",
                   fmt::format("column '{}' row {}: code {} is outside its dictionary of {} values",
                               schema.name, row, code, column.dictionary().length()));
    }
    return {};
  }

  // A dictionary of numbers: rare, so value by value through a one-row slice, whatever the type.
  static Column decoded(const Column& column) {
    std::vector<Frame> rows;
    const Schema schema({{.name = "", .type = column.dictionary().type()}});
    const auto shared = std::make_shared<const Schema>(schema);
    for (std::int64_t row = 0; row < column.length(); ++row) {
      const Column value = column.is_null(row) ? null_like(column.dictionary())
                                               : column.dictionary().slice(column.code_at(row), 1);
      rows.push_back(Frame::trusted(shared, {value}, 1));
    }
    return rows.empty() ? column.dictionary().slice(0, 0) : concatenate(rows).column(0);
  }

  static Column null_like(const Column& model) {
    Column::Parts parts{.type = model.type(), .length = 1};
    parts.validity = MutableBuffer(1).freeze();
    parts.values = MutableBuffer(16).freeze();
    parts.characters = MutableBuffer(0).freeze();
    return Column(std::move(parts));
  }

  std::shared_ptr<const void> owner_;
};

Result<void> check_struct(const ArrowSchema& schema) {
  if (std::string_view(schema.format) == "+s") return {};
  return Error(
      Code::kInvalidArgument, "frame.arrow_not_a_table",
      fmt::format("Arrow type '{}' is no record batch (a struct of columns, '+s')", schema.format));
}

Result<Schema> schema_of(const ArrowSchema& schema) {
  RETURN_IF_ERROR(check_struct(schema));
  std::vector<Field> fields;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& child = *schema.children[i];
    ASSIGN_OR_RETURN(const Reading reading, reading_of(child));
    fields.push_back({.name = child.name != nullptr ? child.name : "",
                      .type = reading.type,
                      .nullable = (child.flags & ARROW_FLAG_NULLABLE) != 0});
  }
  return Schema(std::move(fields));
}

Result<Frame> frame_of(const ArrowSchema& schema, std::shared_ptr<const Schema> fields,
                       ArrowArray* array) {
  auto owned = std::make_shared<Owned<ArrowArray>>(array);
  const ArrowArray& batch = **owned;
  if (batch.n_children != schema.n_children || (batch.null_count > 0)) {
    return Error(Code::kInvalidArgument, "frame.arrow_layout",
                 fmt::format("record batch has {} columns and {} null rows, {} and 0 expected",
                             batch.n_children, batch.null_count, schema.n_children));
  }
  const ArrayImporter importer(owned);
  std::vector<Column> columns;
  for (std::int64_t i = 0; i < batch.n_children; ++i) {
    ASSIGN_OR_RETURN(Column column, importer.import(*schema.children[i], *batch.children[i]));
    if (column.length() < batch.offset + batch.length) {
      return Error(
          Code::kInvalidArgument, "frame.arrow_layout",
          fmt::format("column '{}' has {} rows, the batch needs {}", schema.children[i]->name,
                      column.length(), batch.offset + batch.length));
    }
    columns.push_back(column.slice(batch.offset, batch.length));
  }
  return Frame::trusted(std::move(fields), std::move(columns), batch.length);
}

class ImportedStream final : public FrameStream {
 public:
  ImportedStream(std::unique_ptr<Owned<ArrowArrayStream>> stream,
                 std::unique_ptr<Owned<ArrowSchema>> schema, Schema fields)
      : stream_(std::move(stream)),
        arrow_(std::move(schema)),
        fields_(std::make_shared<const Schema>(std::move(fields))) {}

  const Schema& schema() const override { return *fields_; }

  Result<std::optional<Frame>> next() override {
    if (ended_) return std::optional<Frame>();
    ArrowArrayStream& stream = **stream_;
    ArrowArray array{};
    if (stream.get_next(&stream, &array) != 0) {
      ended_ = true;
      const char* why = stream.get_last_error(&stream);
      return Error(Code::kUnavailable, "frame.arrow_stream",
                   why != nullptr ? why : "the Arrow stream failed without saying why");
    }
    ended_ = array.release == nullptr;
    if (ended_) return std::optional<Frame>();
    ASSIGN_OR_RETURN(Frame frame, frame_of(**arrow_, fields_, &array));
    return std::optional<Frame>(std::move(frame));
  }

 private:
  std::unique_ptr<Owned<ArrowArrayStream>> stream_;
  std::unique_ptr<Owned<ArrowSchema>> arrow_;
  std::shared_ptr<const Schema> fields_;
  bool ended_ = false;
};

}  // namespace

Result<Schema> import_schema(ArrowSchema* schema) {
  Owned<ArrowSchema> owned(schema);
  return schema_of(*owned);
}

Result<Frame> import_frame(ArrowSchema* schema, ArrowArray* array) {
  Owned<ArrowSchema> owned(schema);
  auto fields = schema_of(*owned);
  if (!fields) {
    Owned<ArrowArray> released(array);
    return std::move(fields).error();
  }
  return frame_of(*owned, std::make_shared<const Schema>(std::move(fields).value()), array);
}

Result<std::unique_ptr<FrameStream>> import_stream(ArrowArrayStream* stream) {
  auto owned = std::make_unique<Owned<ArrowArrayStream>>(stream);
  ArrowSchema schema{};
  if ((*owned)->get_schema(&**owned, &schema) != 0) {
    const char* why = (*owned)->get_last_error(&**owned);
    return Error(Code::kUnavailable, "frame.arrow_stream",
                 why != nullptr ? why : "the Arrow stream gave no schema");
  }
  auto arrow = std::make_unique<Owned<ArrowSchema>>(&schema);
  ASSIGN_OR_RETURN(Schema fields, schema_of(**arrow));
  return std::unique_ptr<FrameStream>(
      std::make_unique<ImportedStream>(std::move(owned), std::move(arrow), std::move(fields)));
}

}  // namespace slipway::frame
