// Makes errors of DuckDB into errors of ours: which file, which line, which column, what was
// expected and what to do, without the advice that is meant for people who write SQL.
//
//   return explain(raw, {.uri = "live.csv"});
//   // data.cell: "live.csv line 119 column 'dep': 'oops' is not a number: correct the cell, or
//   ..."
//
// Pure; safe from any thread. What it does not know keeps DuckDB's first line, reason
// "data.duckdb". The texts are those of the one version we take (library.h); explain_test.cc and
// read_test.cc pin them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::data {

struct ExplainContext {
  std::string uri;     // what the user named
  std::string filter;  // their condition, if there is one
};

Error explain(const Error& raw, const ExplainContext& context);

// A SQL expression that fails for `cell` (a SQL expression of type text), so that explain() gives
// the error "data.cell". `expected`: "a whole number".
std::string raise_bad_cell(std::string_view column, std::string_view cell,
                           std::string_view expected);

}  // namespace slipway::data
