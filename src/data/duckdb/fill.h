// A column's values copied into a vector of DuckDB, whose type is logical_type_of(column.type()).
//
//   RETURN_IF_ERROR(fill_vector(column, "dest", vector));     // at most duckdb_vector_size() rows
//
// Safe from any thread. Errors: kInvalidArgument "data.not_utf8".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "frame/column.h"

extern "C" {
struct _duckdb_vector;
}

namespace slipway::data {

Result<void> fill_vector(const frame::Column& column, const std::string& name,
                         _duckdb_vector* vector);

}  // namespace slipway::data
