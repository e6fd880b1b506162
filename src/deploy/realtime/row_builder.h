// The rows of one request as a Frame of the model's input columns, filled column by column.
//
//   RowBuilder rows(inputs, count, &slab);
//   read into rows.numbers(i), rows.text(i), rows.bools(i), as the column's wire asks
//   frame::Frame frame = std::move(rows).finish();
//
// All numbers of a request lie in one slab, which the next request reuses unless a sink still holds
// the frame. One per request; not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "deploy/realtime/input_table.h"
#include "frame/builder.h"
#include "frame/frame.h"

namespace slipway::deploy::realtime {

class Slab {
 public:
  // Memory for `count` doubles, shared with whoever holds what was made of it before.
  std::shared_ptr<double[]> take(std::size_t count);

 private:
  std::shared_ptr<double[]> values_;
  std::size_t capacity_ = 0;
};

class RowBuilder {
 public:
  RowBuilder(const InputTable& inputs, std::size_t rows, Slab* slab);

  std::size_t rows() const { return rows_; }
  // Number columns, categories that are numbers: a value for each row, NaN for a missing one.
  std::span<double> numbers(std::size_t column) { return {slab_.get() + column * rows_, rows_}; }
  // All numbers of one row model-wide, if there is only one row: columns lie side by side.
  std::span<double> single_row() { return {slab_.get(), inputs_.size()}; }
  frame::StringBuilder& text(std::size_t column) { return texts_[column]; }
  frame::BoolBuilder& bools(std::size_t column) { return bools_[column]; }

  frame::Frame finish() &&;

 private:
  const InputTable& inputs_;
  std::size_t rows_;
  std::shared_ptr<double[]> slab_;
  std::vector<frame::StringBuilder> texts_;  // per column; empty if every column is a number
  std::vector<frame::BoolBuilder> bools_;
};

}  // namespace slipway::deploy::realtime
