// Builds the columns that prediction_reader.h gives back, from cells as the log stores them.
//
//   auto column = StoredColumn::make(Type::of(TypeId::kFloat64));
//   column->append(cells);            // of the same type, or of one that it takes
//   column->append_nulls(10);
//   frame::Column done = column->finish();
//
// Takes: its own type; float64 any number; string anything. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "data/prediction_record.h"
#include "frame/column.h"

namespace slipway::data {

// The type that holds values of both.
frame::Type common_type(const frame::Type& a, const frame::Type& b);

class StoredColumn {
 public:
  static std::unique_ptr<StoredColumn> make(const frame::Type& type);
  virtual ~StoredColumn() = default;

  virtual void append(const StoredCells& cells) = 0;
  virtual void append_nulls(std::int64_t rows) = 0;
  virtual frame::Column finish() = 0;
};

}  // namespace slipway::data
