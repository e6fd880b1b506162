// SPDX-License-Identifier: Apache-2.0
#include "data/prediction_record.h"

#include <bit>
#include <cstring>
#include <utility>

#include "base/hash.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Type;
using frame::TypeId;

static_assert(std::endian::native == std::endian::little,
              "numbers are stored as they lie in memory");

constexpr std::uint8_t kSchemaRecord = 1;
constexpr std::uint8_t kRowsRecord = 2;

// The order is the number on disk.
constexpr TypeId kStoredTypes[] = {
    TypeId::kBool,   TypeId::kInt8,    TypeId::kInt16,     TypeId::kInt32,
    TypeId::kInt64,  TypeId::kUInt8,   TypeId::kUInt16,    TypeId::kUInt32,
    TypeId::kUInt64, TypeId::kFloat32, TypeId::kFloat64,   TypeId::kString,
    TypeId::kBinary, TypeId::kDate,    TypeId::kTimestamp, TypeId::kDecimal};

Type stored_type(const Type& type) {
  return type.id == TypeId::kDictionary ? Type::of(TypeId::kString) : type;
}

bool is_stored_as_text(const Type& type) {
  return type.id == TypeId::kString || type.id == TypeId::kBinary;
}

// --- writing

template <typename T>
void put(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put_text(std::string_view text, std::string* out) {
  put(static_cast<std::uint32_t>(text.size()), out);
  out->append(text);
}

void put_fields(const frame::Schema& schema, std::string* out) {
  put(static_cast<std::uint32_t>(schema.size()), out);
  for (const auto& field : schema.fields()) {
    const Type type = stored_type(field.type);
    std::uint8_t number = 0;
    while (kStoredTypes[number] != type.id) ++number;
    put_text(field.name, out);
    put(number, out);
    put(type.precision, out);
    put(type.scale, out);
  }
}

std::size_t bitmap_bytes(std::int64_t rows) { return (static_cast<std::size_t>(rows) + 7) / 8; }

// One bit a row, from a predicate.
template <typename IsSet>
void put_bits(std::int64_t rows, const IsSet& is_set, std::string* out) {
  const std::size_t start = out->size();
  out->append(bitmap_bytes(rows), '\0');
  for (std::int64_t row = 0; row < rows; ++row) {
    if (is_set(row)) {
      (*out)[start + static_cast<std::size_t>(row) / 8] |= static_cast<char>(1 << (row % 8));
    }
  }
}

void put_text_column(const Column& column, std::string* out) {
  const std::size_t start = out->size();
  const auto rows = static_cast<std::size_t>(column.length());
  out->append(rows * sizeof(std::uint32_t), '\0');
  const std::size_t characters = out->size();
  for (std::size_t row = 0; row < rows; ++row) {
    out->append(column.text_at(static_cast<std::int64_t>(row)));
    const auto end = static_cast<std::uint32_t>(out->size() - characters);
    std::memcpy(out->data() + start + row * sizeof(end), &end, sizeof(end));
  }
}

void put_column(const Column& column, std::string* out) {
  const auto& parts = column.parts();
  const bool any_null = column.null_count() > 0;
  out->push_back(any_null ? '\1' : '\0');
  if (any_null) {
    put_bits(
        parts.length, [&](std::int64_t row) { return !column.is_null(row); }, out);
  }
  switch (parts.type.id) {
    case TypeId::kBool:
      put_bits(
          parts.length, [&](std::int64_t row) { return column.bool_at(row); }, out);
      return;
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kDictionary:
      put_text_column(column, out);
      return;
    default: {
      const std::size_t width = frame::width_of(parts.type);
      out->append(reinterpret_cast<const char*>(parts.values.data()) +
                      static_cast<std::size_t>(parts.offset) * width,
                  static_cast<std::size_t>(parts.length) * width);
    }
  }
}

// One row is what a request mostly is, and its caller waits: the same bytes as put_column() makes,
// without asking for room cell by cell.
class RowWriter {
 public:
  RowWriter(std::size_t cells, std::string* out) : out_(out), cells_left_(cells) { reserve(0); }
  ~RowWriter() { out_->resize(used_); }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  void put(const Column& column) {
    const bool missing = column.is_null(0);
    put_byte(missing ? 1 : 0);
    if (missing) put_byte(0);
    const auto& parts = column.parts();
    switch (parts.type.id) {
      case TypeId::kBool:
        put_byte(column.bool_at(0) ? 1 : 0);
        break;
      case TypeId::kInt8:
      case TypeId::kUInt8:
        put_value<1>(parts);
        break;
      case TypeId::kInt16:
      case TypeId::kUInt16:
        put_value<2>(parts);
        break;
      case TypeId::kInt32:
      case TypeId::kUInt32:
      case TypeId::kFloat32:
      case TypeId::kDate:
        put_value<4>(parts);
        break;
      case TypeId::kInt64:
      case TypeId::kUInt64:
      case TypeId::kFloat64:
      case TypeId::kTimestamp:
        put_value<8>(parts);
        break;
      case TypeId::kDecimal:
        put_value<16>(parts);
        break;
      case TypeId::kString:
      case TypeId::kBinary:
      case TypeId::kDictionary:
        put_cell_text(column.text_at(0));
        break;
    }
    --cells_left_;
  }

 private:
  static constexpr std::size_t kCellBytesMax = 18;  // of fixed width: two of validity, a decimal

  void reserve(std::size_t text_bytes) {
    const std::size_t needed = used_ + text_bytes + cells_left_ * kCellBytesMax;
    if (needed > out_->size()) out_->resize(needed);
  }
  void put_byte(char byte) { (*out_)[used_++] = byte; }
  template <std::size_t kWidth>
  void put_value(const Column::Parts& parts) {
    const auto from = static_cast<std::size_t>(parts.offset) * kWidth;
    std::memcpy(out_->data() + used_, parts.values.data() + from, kWidth);
    used_ += kWidth;
  }
  void put_cell_text(std::string_view text) {
    reserve(text.size());
    const auto end = static_cast<std::uint32_t>(text.size());
    std::memcpy(out_->data() + used_, &end, sizeof(end));
    if (!text.empty()) {
      std::memcpy(out_->data() + used_ + sizeof(end), text.data(), text.size());
    }
    used_ += sizeof(end) + text.size();
  }

  std::string* const out_;
  std::size_t used_ = out_->size();
  std::size_t cells_left_;
};

void put_columns(const frame::Frame& frame, std::string* out) {
  if (frame.rows() != 1) {
    for (const auto& column : frame.columns()) put_column(column, out);
    return;
  }
  RowWriter row(frame.columns().size(), out);
  for (const auto& column : frame.columns()) row.put(column);
}

// --- reading

template <typename T>
bool take(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  std::memcpy(value, bytes->data(), sizeof(T));
  bytes->remove_prefix(sizeof(T));
  return true;
}

bool take_bytes(std::string_view* bytes, std::size_t count, std::string_view* taken) {
  if (bytes->size() < count) return false;
  *taken = bytes->substr(0, count);
  bytes->remove_prefix(count);
  return true;
}

bool take_text(std::string_view* bytes, std::string_view* text) {
  std::uint32_t length = 0;
  return take(bytes, &length) && take_bytes(bytes, length, text);
}

bool take_fields(std::string_view* bytes, frame::Schema* schema) {
  std::uint32_t count = 0;
  if (!take(bytes, &count)) return false;
  std::vector<frame::Field> fields;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view name;
    std::uint8_t number = 0;
    Type type;
    if (!take_text(bytes, &name) || !take(bytes, &number) || !take(bytes, &type.precision) ||
        !take(bytes, &type.scale) || number >= std::size(kStoredTypes)) {
      return false;
    }
    type.id = kStoredTypes[number];
    fields.push_back({.name = std::string(name), .type = type});
  }
  *schema = frame::Schema(std::move(fields));
  return true;
}

std::optional<PredictionSchema> read_schema(std::string_view bytes) {
  PredictionSchema schema;
  std::string_view model, version;
  if (!take(&bytes, &schema.id) || schema.id != xxh3_64(bytes)) return std::nullopt;
  if (!take_text(&bytes, &model) || !take_text(&bytes, &version) ||
      !take_fields(&bytes, &schema.inputs) || !take_fields(&bytes, &schema.outputs) ||
      !bytes.empty()) {
    return std::nullopt;
  }
  schema.model = model;
  schema.version = version;
  return schema;
}

std::optional<PredictionRows> read_rows(std::string_view bytes) {
  PredictionRows rows;
  std::uint8_t single = 0;
  std::uint32_t count = 0;
  if (!take(&bytes, &rows.schema_id) || !take(&bytes, &rows.time_us) ||
      !take(&bytes, &rows.first_row) || !take(&bytes, &single) || !take(&bytes, &count) ||
      !take_text(&bytes, &rows.request_id) || count > kRecordRowsMax ||
      rows.request_id.size() > kRequestIdBytesMax) {
    return std::nullopt;
  }
  rows.single = single != 0;
  rows.rows = count;
  rows.columns = bytes;
  return rows;
}

bool ends_are_in_order(const StoredCells& cells) {
  std::uint32_t previous = 0;
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    std::uint32_t end = 0;
    std::memcpy(&end, cells.ends.data() + static_cast<std::size_t>(row) * sizeof(end), sizeof(end));
    if (end < previous) return false;
    previous = end;
  }
  return true;
}

bool take_text_cells(std::string_view* columns, StoredCells* cells) {
  const auto rows = static_cast<std::size_t>(cells->rows);
  if (!take_bytes(columns, rows * sizeof(std::uint32_t), &cells->ends)) return false;
  std::uint32_t characters = 0;
  if (rows > 0) std::memcpy(&characters, cells->ends.data() + (rows - 1) * 4, sizeof(characters));
  return take_bytes(columns, characters, &cells->characters) && ends_are_in_order(*cells);
}

bool bit(std::string_view bits, std::int64_t at) {
  return ((static_cast<unsigned char>(bits[static_cast<std::size_t>(at) / 8]) >> (at % 8)) & 1) !=
         0;
}

}  // namespace

std::uint64_t encode_schema(const frame::PredictionBatch& batch, std::string* out) {
  std::string body;
  put_text(batch.model, &body);
  put_text(batch.version, &body);
  put_fields(batch.inputs.schema(), &body);
  put_fields(batch.outputs.schema(), &body);
  const std::uint64_t id = xxh3_64(body);
  put(kSchemaRecord, out);
  put(id, out);
  *out += body;
  return id;
}

void encode_rows(std::uint64_t schema_id, const frame::PredictionBatch& batch, std::string* out) {
  put(kRowsRecord, out);
  put(schema_id, out);
  put(batch.time_us, out);
  put(batch.first_row, out);
  put(static_cast<std::uint8_t>(batch.single), out);
  put(static_cast<std::uint32_t>(batch.inputs.rows()), out);
  put_text(batch.request_id.substr(0, kRequestIdBytesMax), out);
  put_columns(batch.inputs, out);
  put_columns(batch.outputs, out);
}

Result<PredictionRecord> decode_record(std::string_view payload) {
  std::uint8_t kind = 0;
  std::string_view rest = payload;
  if (take(&rest, &kind)) {
    if (kind == kSchemaRecord) {
      if (auto schema = read_schema(rest)) return PredictionRecord(*std::move(schema));
    } else if (kind == kRowsRecord) {
      if (auto rows = read_rows(rest)) return PredictionRecord(*rows);
    }
  }
  return Error(Code::kDataLoss, "data.prediction_record",
               "this is no record of a prediction log: was it written by a newer slipway?");
}

bool StoredCells::is_null(std::int64_t row) const {
  return !validity.empty() && !bit(validity, row);
}

bool StoredCells::bool_at(std::int64_t row) const { return bit(values, row); }

std::string_view StoredCells::text_at(std::int64_t row) const {
  std::uint32_t bounds[2] = {0, 0};
  const auto at = static_cast<std::size_t>(row) * sizeof(std::uint32_t);
  std::memcpy(&bounds[1], ends.data() + at, sizeof(std::uint32_t));
  if (row > 0) std::memcpy(&bounds[0], ends.data() + at - 4, sizeof(std::uint32_t));
  return characters.substr(bounds[0], bounds[1] - bounds[0]);
}

std::optional<StoredCells> read_cells(std::string_view* columns, const frame::Type& type,
                                      std::int64_t rows) {
  StoredCells cells{.type = type, .rows = rows};
  std::uint8_t any_null = 0;
  if (!take(columns, &any_null) || any_null > 1) return std::nullopt;
  if (any_null == 1 && !take_bytes(columns, bitmap_bytes(rows), &cells.validity)) {
    return std::nullopt;
  }
  bool whole = false;
  if (is_stored_as_text(type)) {
    whole = take_text_cells(columns, &cells);
  } else if (type.id == TypeId::kBool) {
    whole = take_bytes(columns, bitmap_bytes(rows), &cells.values);
  } else {
    whole =
        take_bytes(columns, static_cast<std::size_t>(rows) * frame::width_of(type), &cells.values);
  }
  if (!whole) return std::nullopt;
  return cells;
}

}  // namespace slipway::data
