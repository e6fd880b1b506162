// Parity vectors: rows, and what the training library itself answered for them. They prove an
// import, travel inside the package and are checked again at every load.
//
//   ASSIGN_OR_RETURN(const ParityVectors vectors, ParityVectors::make(*plan, rows, expected));
//   const ParityReport report = check_parity(*plan, vectors);
//   if (!report.passed()) ...                      // report.first says which row, column and
//   values
//
// Immutable; safe to share between threads.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "frame/frame.h"
#include "plan/plan.h"

namespace slipway::plan {

class ParityVectors {
 public:
  // rows: any table that the plan can bind. expected: as many rows, in the same order, with output
  // columns of the plan by name (docs/reference/outputs.md; margins too), of which there must be at
  // least one. A single number column of another name is taken as the library's `predict`. Columns
  // that both tables have (an id) must agree, and are then ignored. Errors: kInvalidArgument
  // "plan.parity.*".
  static Result<ParityVectors> make(const Plan& plan, const frame::Frame& rows,
                                    const frame::Frame& expected);

  // As bytes (a container of kind slipway.parity, docs/reference/model-slip.md) and back.
  std::string to_bytes() const;
  static Result<ParityVectors> from_bytes(std::string_view bytes);

  const frame::Frame& rows() const { return rows_; }
  const frame::Frame& expected() const { return expected_; }

 private:
  ParityVectors(frame::Frame rows, frame::Frame expected)
      : rows_(std::move(rows)), expected_(std::move(expected)) {}
  frame::Frame rows_;      // the model's inputs only: float64, string or bool
  frame::Frame expected_;  // output columns only: float64 or string
};

struct ParityMismatch {
  std::int64_t row = 0;
  std::string column;
  std::string found;
  std::string expected;
  std::uint64_t ulp = 0;
};

struct ParityReport {
  std::int64_t rows = 0;
  std::int64_t rows_equal = 0;   // every compared column has the library's bits
  std::int64_t rows_within = 0;  // every compared column is within the promised bound
  std::uint64_t worst_ulp = 0;
  std::optional<ParityMismatch> first;  // the first beyond the bound

  bool passed() const { return rows_within == rows; }
  // "exact: bits on 1000 of 1000 supplied rows", or how close; what `inspect` ends with.
  std::string sentence() const;
};

Result<ParityReport> check_parity(const Plan& plan, const ParityVectors& vectors);

// The sentence for a model without vectors.
inline constexpr std::string_view kUnproven = "exact: unproven (no --expect rows)";

}  // namespace slipway::plan
