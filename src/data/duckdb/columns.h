// DuckDB's vectors as columns: types both ways, and the copying of values in.
//
//   auto reader = ColumnReader::make(type, "dest");      // of a column that frame_type_of() knows
//   RETURN_IF_ERROR(reader->append(vector, rows));        // chunk after chunk
//   frame::Column column = reader->finish();
//
// Values arrive as they are: bool, integers, floats, text, blobs, dates, decimals; an enum becomes
// a dictionary, a timestamp of any unit microseconds in UTC. Not thread-safe.
// Errors: kOutOfRange "data.timestamp_precision", kResourceExhausted "data.text_too_large".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "frame/column.h"

extern "C" {
struct _duckdb_logical_type;
struct _duckdb_vector;
}

namespace slipway::data {

// None for what a frame does not hold: 128-bit integers, times of day, lists, structs, ...
std::optional<frame::Type> frame_type_of(_duckdb_logical_type* type);
// "BIGINT", "DECIMAL(12,2)", "STRUCT": for messages.
std::string sql_name_of(_duckdb_logical_type* type);
// The type to cast to: "BIGINT", "DECIMAL(12,2)"; text for a dictionary.
std::string sql_name_of(const frame::Type& type);
// The caller destroys it.
_duckdb_logical_type* logical_type_of(const frame::Type& type);

class ColumnReader {
 public:
  // Precondition: frame_type_of(type).
  static std::unique_ptr<ColumnReader> make(_duckdb_logical_type* type, std::string name);
  virtual ~ColumnReader() = default;

  virtual Result<void> append(_duckdb_vector* vector, std::size_t rows) = 0;
  // What append() got since the last finish().
  virtual frame::Column finish() = 0;
  // Bytes of text held; so that a batch of long texts is cut early.
  virtual std::size_t text_bytes() const { return 0; }
};

}  // namespace slipway::data
