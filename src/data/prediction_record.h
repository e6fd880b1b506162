// The records of the prediction log: what a row of it looks like on disk.
//
//   std::string schema;  const std::uint64_t id = encode_schema(batch, &schema);    // once
//   std::string rows;    encode_rows(id, batch, &rows);                             // per batch
//   ASSIGN_OR_RETURN(const PredictionRecord record, decode_record(payload));
//
//   schema record: u8 1, u64 id (XXH3 of the rest), text model, text version, fields of the inputs,
//                  fields of the outputs (u32 count, then text name, u8 type, u8 precision, i8 scale)
//   rows record:   u8 2, u64 id of the schema, i64 time, i64 first row, u8 single, u32 rows,
//                  text request id, then each column of the inputs and of the outputs:
//                  u8 1 and a validity bitmap if a value is missing, else u8 0; then the values:
//                  bits for bool, u32 ends and characters for text, else as wide as the type
//
// A record has at most 512 rows; a request id is cut after 1024 bytes. Little-endian; a text is u32 length and bytes; a category is stored as text. The numbers of the
// types are those below, never reused. Pure functions; safe from any thread. Decoding takes any
// bytes: kDataLoss "data.prediction_record" where they are no record.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "frame/frame.h"
#include "frame/prediction.h"

namespace slipway::data {

inline constexpr std::int64_t kRecordRowsMax = 512;
inline constexpr std::size_t kRequestIdBytesMax = 1024;

struct PredictionSchema {
  std::uint64_t id = 0;
  std::string model;
  std::string version;
  frame::Schema inputs;
  frame::Schema outputs;
};

// Appends the record to `out`. Returns the schema's id.
std::uint64_t encode_schema(const frame::PredictionBatch& batch, std::string* out);
// Precondition: at most kRecordRowsMax rows.
void encode_rows(std::uint64_t schema_id, const frame::PredictionBatch& batch, std::string* out);

struct PredictionRows {
  std::uint64_t schema_id = 0;
  std::int64_t time_us = 0;
  std::int64_t first_row = 0;
  bool single = false;
  std::int64_t rows = 0;
  std::string_view request_id;
  std::string_view columns;  // for read_cells()
};

using PredictionRecord = std::variant<PredictionSchema, PredictionRows>;
Result<PredictionRecord> decode_record(std::string_view payload);

// The values of one column within a record; points into the record's bytes.
struct StoredCells {
  frame::Type type;
  std::int64_t rows = 0;
  std::string_view validity;    // empty: nothing is missing
  std::string_view values;      // of fixed width, or bits
  std::string_view ends;        // text: u32 each
  std::string_view characters;  // text

  bool is_null(std::int64_t row) const;
  bool bool_at(std::int64_t row) const;
  std::string_view text_at(std::int64_t row) const;
};

// Takes one column off the front of `columns`. None if it is cut off or contradicts itself.
std::optional<StoredCells> read_cells(std::string_view* columns, const frame::Type& type,
                                      std::int64_t rows);

}  // namespace slipway::data
