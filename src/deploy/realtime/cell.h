// One value into its place among a request's rows, as its column's wire asks.
//
//   if (!put_json(value, inputs, column, row, &rows)) ...     // not of the column's kind
//   if (!put_csv(text, inputs, column, row, &rows)) ...
//
// Text columns take a string, or {"b64": "..."} of one; null, and what pandas reads as missing in a CSV file, is
// missing. Values of a text or bool column must come row by row. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "deploy/realtime/input_table.h"
#include "deploy/realtime/row_builder.h"

namespace slipway::deploy::realtime {

// False if the value is not of the column's kind.
bool put_json(JsonView value, const InputTable& inputs, std::size_t column, std::size_t row,
              RowBuilder* rows);
bool put_csv(std::string_view text, const InputTable& inputs, std::size_t column, std::size_t row,
             RowBuilder* rows);

// "instance 3, column 'b': a number expected, found a string"; `what` is what rows are called there.
Error bad_cell(std::string_view what, std::size_t row, const InputColumn& column,
               std::string_view found);

}  // namespace slipway::deploy::realtime
