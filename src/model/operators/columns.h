// Operators that choose, join, look up and spread columns: what scikit-learn's encoders, imputers
// and column transformers become. A value is a matrix of doubles; NaN is missing. Text has become
// codes before (plan/encoder.h): the number of its category, -1 for one that the model never saw.
// Plain data; model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// Columns of the input, in this order; one may come twice.
struct Select {
  static constexpr std::string_view kName = "select";
  Array<std::uint32_t> columns;
  static constexpr auto fields() { return std::tuple{field("columns", &Select::columns)}; }
};

// All inputs side by side.
struct Concat {
  static constexpr std::string_view kName = "concat";
  static constexpr auto fields() { return std::tuple{}; }
};

// The same row for every row of the input.
struct Constant {
  static constexpr std::string_view kName = "constant";
  Array<double> values;
  static constexpr auto fields() { return std::tuple{field("values", &Constant::values)}; }
};

// Each column has a table of keys and what they become. Column c owns keys [begin[c], begin[c+1]).
struct Lookup {
  static constexpr std::string_view kName = "lookup";
  Array<std::uint32_t> begin;
  Array<double> keys;
  Array<double> values;
  Array<double> missing;           // per column: what NaN becomes
  Array<double> otherwise;         // per column: what a key that is not listed becomes
  Array<std::uint8_t> refuse;      // per column: bit 0: such keys are an error; bit 1: so is NaN
  std::vector<std::string> names;  // per column, for that error; empty if nothing is refused
  static constexpr auto fields() {
    return std::tuple{field("begin", &Lookup::begin),         field("keys", &Lookup::keys),
                      field("values", &Lookup::values),       field("missing", &Lookup::missing),
                      field("otherwise", &Lookup::otherwise), field("refuse", &Lookup::refuse),
                      field("names", &Lookup::names)};
  }
};

// One-hot: column c becomes widths[c] columns, of which number x is 1 and the others are 0; all are
// 0 if x is none of 0 .. widths[c] - 1.
struct Indicator {
  static constexpr std::string_view kName = "indicator";
  Array<std::uint32_t> widths;
  static constexpr auto fields() { return std::tuple{field("widths", &Indicator::widths)}; }
};

// Per column: from[c] (NaN means NaN) becomes to[c].
struct Replace {
  static constexpr std::string_view kName = "replace";
  Array<double> from;
  Array<double> to;
  static constexpr auto fields() {
    return std::tuple{field("from", &Replace::from), field("to", &Replace::to)};
  }
};

// Per column: 1 where the value is from[c] (NaN means NaN), else 0.
struct IsMissing {
  static constexpr std::string_view kName = "is_missing";
  Array<double> from;
  static constexpr auto fields() { return std::tuple{field("from", &IsMissing::from)}; }
};

// Passes rows on as they are, and refuses those that the training library would refuse.
enum class Requirement : std::uint8_t {
  kFinite,
  kNoInfinity,
  kFloat32OrMissing,
  kFiniteFloat32,
  kInteger  // a whole number that a double holds exactly
};
constexpr std::array<std::string_view, 5> words(Requirement) {
  return {"finite", "no_infinity", "float32_or_missing", "finite_float32", "integer"};
}
struct Require {
  static constexpr std::string_view kName = "require";
  Requirement what = Requirement::kFinite;
  std::vector<std::string> names;  // per column
  std::vector<std::string> who;    // one text: "LogisticRegression"
  static constexpr auto fields() {
    return std::tuple{field("what", &Require::what), field("names", &Require::names),
                      field("who", &Require::who)};
  }
};

}  // namespace slipway::model
