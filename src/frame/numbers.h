// Columns of any numeric type read as doubles, which is what models and statistics compute on.
//
//   std::vector<double> values(column.length());
//   RETURN_IF_ERROR(read_numbers(column, values));        // null becomes NaN
//
// bool reads as 0 and 1; a decimal as its correctly rounded value; an int64 beyond 2^53 is rounded
// to nearest, as numpy does. A date is days, a timestamp microseconds since 1970-01-01. Text is
// refused: kInvalidArgument "frame.not_a_number". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "frame/column.h"

namespace slipway::frame {

// out: column.length() values.
Result<void> read_numbers(const Column& column, std::span<double> out);

// The same into every `stride`-th element from out[0]: a column of a row-major matrix.
Result<void> read_numbers(const Column& column, double* out, std::size_t stride);

}  // namespace slipway::frame
