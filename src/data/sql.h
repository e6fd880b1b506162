// Runs a script of DuckDB's SQL: how the examples prepare their data.
//
//   RETURN_IF_ERROR(run_script(text, {{"data", ".cache/nycflights13"}, {"out", "flights"}}));
//
// ${name} stands for a variable's value, as the inside of a '...' literal. The script may read and
// write any file that the process may: it is the user's own. Statements run one by one in a
// database of their own; what was written before one fails stays. Safe from any thread.
// Errors: kInvalidArgument "data.variable", "data.script" (with DuckDB's words).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "data/duckdb/session.h"

namespace slipway::data {

Result<void> run_script(const std::string& script,
                        const std::map<std::string, std::string>& variables = {},
                        const SessionOptions& options = {});

}  // namespace slipway::data
