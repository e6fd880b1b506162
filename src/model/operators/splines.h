// B-splines: what scikit-learn's SplineTransformer does. Plain data; model/operator.h checks it.
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

// Beyond the knots: refused; the value at the edge; a line from there; the polynomial goes on; the
// knots begin again.
enum class Beyond : std::uint8_t { kRefuse, kConstant, kLinear, kContinue, kPeriodic };
constexpr std::array<std::string_view, 5> words(Beyond) {
  return {"refuse", "constant", "linear", "continue", "periodic"};
}

// Each column becomes the values there of its basis splines: as many as knots less degree less one;
// if periodic, less degree again, for the last ones are the first ones. NaN becomes zeros. Column c
// owns knots [begin[c], begin[c+1]), rising.
struct Splines {
  static constexpr std::string_view kName = "splines";
  std::uint32_t degree = 3;
  Beyond beyond = Beyond::kConstant;
  Array<std::uint32_t> begin;
  Array<double> knots;
  // kConstant, kLinear, per column: values count as beyond before knot number `edge` and after the
  // one as far from the end; there the outermost `reach` splines go on.
  Array<std::uint32_t> edge;
  Array<std::uint32_t> reach;
  std::vector<std::string> names;  // per column, for refusals
  static constexpr auto fields() {
    return std::tuple{field("degree", &Splines::degree), field("beyond", &Splines::beyond),
                      field("begin", &Splines::begin),   field("knots", &Splines::knots),
                      field("edge", &Splines::edge),     field("reach", &Splines::reach),
                      field("names", &Splines::names)};
  }
};

// How many splines a column with this many knots becomes; 0 if they are too few.
constexpr std::uint64_t splines_of(std::uint64_t knots, std::uint64_t degree, Beyond beyond) {
  const std::uint64_t lost = (beyond == Beyond::kPeriodic ? 2 * degree : degree) + 1;
  return knots >= 2 * degree + 2 && knots > lost ? knots - lost : 0;
}

}  // namespace slipway::model
