// Columns of a frame to the rows of doubles that a model computes on.
//
//   const Encoder encoder(model.inputs);
//   ASSIGN_OR_RETURN(const Binding binding, encoder.bind(frame.schema()));    // once per stream
//   RETURN_IF_ERROR(encoder.encode(frame, binding, rows));
//
// Numbers become doubles (null: NaN), categories the index of their value among the model's
// categories (null: NaN; unknown: NaN, or -1 where the model tells these apart), hashed categories
// their category_hash. What is accepted for what: docs/reference/outputs.md, "Rows in". Immutable;
// safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "frame/frame.h"
#include "model/model.h"

namespace slipway::plan {

// For each input of the model, its column in a schema.
struct Binding {
  std::vector<std::size_t> columns;
};

class Encoder {
 public:
  explicit Encoder(std::vector<model::Input> inputs);

  const std::vector<model::Input>& inputs() const { return inputs_; }
  // The columns a caller sends: float64 for numbers, and for categories the type of these.
  const frame::Schema& schema() const { return schema_; }

  // Errors: kInvalidArgument "plan.missing_column" (with the nearest name there is),
  // "plan.column_type".
  Result<Binding> bind(const frame::Schema& schema) const;

  // out: frame.rows() * inputs().size() doubles, row-major. Error: kInvalidArgument
  // "plan.null_category", where a category that is hashed is null.
  Result<void> encode(const frame::Frame& frame, const Binding& binding,
                      std::span<double> out) const;
  // The texts of inputs that are text, a list per input (empty for the others; no list at all if
  // none is text); a text without data is missing. Views into the frame.
  std::vector<std::vector<std::string_view>> texts(const frame::Frame& frame,
                                                   const Binding& binding) const;

 private:
  using Codes = std::unordered_map<std::string, double>;
  bool copy_row(const frame::Frame& row, const Binding& binding, std::span<double> out) const;
  Result<void> encode_category(const frame::Column& column, std::size_t input, double* out) const;
  Result<void> encode_hash(const frame::Column& column, std::size_t input, double* out) const;

  std::vector<model::Input> inputs_;
  frame::Schema schema_;
  std::vector<Codes> codes_;  // per input; empty for numbers
  bool has_texts_ = false, all_numbers_ = true;
};

}  // namespace slipway::plan
