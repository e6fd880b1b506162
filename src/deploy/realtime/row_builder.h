// The rows of one request as a Frame of the model's input columns, filled column by column.
//
//   RowStore store;                                    // kept from request to request
//   RowBuilder rows(inputs, count, &store);
//   read into rows.numbers(i), rows.text(i), rows.bools(i), as the column's wire asks
//   const frame::Frame& frame = rows.finish();         // valid until the store's next RowBuilder
//
// All numbers of a request lie in one slab. If nobody has kept any of the last frame, and the next
// one has the same shape and only numbers, as most have, it is the same frame with other numbers:
// to make 20 columns anew costs as much as to parse them. Whoever keeps a frame (a sink) keeps its
// numbers. Not thread-safe.
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

class RowStore {
 private:
  friend class RowBuilder;
  bool can_refill(const InputTable& inputs, std::size_t rows) const;
  void make_slab(std::size_t values);

  std::shared_ptr<double[]> slab_;
  std::size_t capacity_ = 0;
  frame::Frame frame_;
};

class RowBuilder {
 public:
  // The store's last frame ends here.
  RowBuilder(const InputTable& inputs, std::size_t rows, RowStore* store);

  std::size_t rows() const { return rows_; }
  // Number columns, categories that are numbers: a value for each row, NaN for a missing one.
  std::span<double> numbers(std::size_t column) {
    return {store_.slab_.get() + column * rows_, rows_};
  }
  // All numbers of a single row: its columns lie side by side.
  std::span<double> single_row() { return {store_.slab_.get(), inputs_.size()}; }
  frame::StringBuilder& text(std::size_t column) { return texts_[column]; }
  frame::BoolBuilder& bools(std::size_t column) { return bools_[column]; }

  const frame::Frame& finish();

 private:
  const InputTable& inputs_;
  const std::size_t rows_;
  RowStore& store_;
  const bool refill_;
  std::vector<frame::StringBuilder> texts_;  // per column; empty if every column is a number
  std::vector<frame::BoolBuilder> bools_;
};

}  // namespace slipway::deploy::realtime
