// The text form of a cell: what CSV and JSON lines hold.
//
//   const AppendCell append = csv_cell(column.type(), ',');
//   append(column, row, &line);
//
// A date or time beyond the years 0 to 9999 has no ISO form: its number of days or microseconds is
// written. Pure functions; safe from any thread. Binary columns have no text form.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frame/column.h"

namespace slipway::data {

// Appends the cell, which is not missing.
using AppendCell = void (*)(const frame::Column& column, std::int64_t row, std::string* out);

AppendCell csv_cell(const frame::Type& type);
AppendCell tsv_cell(const frame::Type& type);
AppendCell json_cell(const frame::Type& type);

// In quotes where it needs them.
void append_csv_text(std::string_view text, char separator, std::string* out);

}  // namespace slipway::data
