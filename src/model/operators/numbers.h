// Element-wise and row-wise arithmetic: what scalers, discretizers, links and combinations of
// estimators become. Each operator is one rounding step per element, in double, so that a chain of
// them gives the bits of the library that computes in the same steps. Plain data; model/operator.h
// checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

enum class Arith : std::uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPow, kRsub, kRdiv, kRpow };
constexpr std::array<std::string_view, 10> words(Arith) {
  return {"add", "sub", "mul", "div", "min", "max", "pow", "rsub", "rdiv", "rpow"};
}

// x op operand[c]; kRsub, kRdiv and kRpow: operand[c] op x. kMin and kMax keep NaN, as numpy's do.
struct Arithmetic {
  static constexpr std::string_view kName = "arithmetic";
  Arith kind = Arith::kAdd;
  Array<double> operand;  // one per column, or one for all
  static constexpr auto fields() {
    return std::tuple{field("kind", &Arithmetic::kind), field("operand", &Arithmetic::operand)};
  }
};

enum class MapKind : std::uint8_t {
  kNegate,
  kAbs,
  kSqrt,
  kSquare,
  kReciprocal,
  kSign,
  kFloor,
  kCeil,
  kRint,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kTanh,
  kLogistic,
  kRelu,
  kToFloat32,
  kIsPositive,
  kLog2,
  kLog10,
  kCbrt,
  kTruncate,
  kErf,
  kNormalQuantile
};
constexpr std::array<std::string_view, 24> words(MapKind) {
  return {"negate", "abs",   "sqrt",     "square",   "reciprocal", "sign",
          "floor",  "ceil",  "rint",     "exp",      "expm1",      "log",
          "log1p",  "tanh",  "logistic", "relu",     "to_float32", "is_positive",
          "log2",   "log10", "cbrt",     "truncate", "erf",        "normal_quantile"};
}

// f(x), each element. kNormalQuantile is the inverse of the normal distribution. kLogistic is 1 / (1 + exp(-x)) without overflow; kIsPositive is x > 0.
struct Map {
  static constexpr std::string_view kName = "map";
  MapKind kind = MapKind::kAbs;
  static constexpr auto fields() { return std::tuple{field("kind", &Map::kind)}; }
};

// a op b of two inputs of equal width; either may have one column, which then meets all of the
// other.
struct Combine {
  static constexpr std::string_view kName = "combine";
  Arith kind = Arith::kAdd;
  static constexpr auto fields() { return std::tuple{field("kind", &Combine::kind)}; }
};

enum class ReduceKind : std::uint8_t {
  kSum,
  kMean,
  kMin,
  kMax,
  kArgMin,
  kArgMax,
  kSumAbs,
  kSumSquares,
  kLogSumExp,
  kCountPositive
};
constexpr std::array<std::string_view, 10> words(ReduceKind) {
  return {"sum",     "mean",    "min",         "max",         "arg_min",
          "arg_max", "sum_abs", "sum_squares", "log_sum_exp", "count_positive"};
}

// One column out of a row: from the first column to the last, NaN included; of equals the first
// wins.
struct Reduce {
  static constexpr std::string_view kName = "reduce";
  ReduceKind kind = ReduceKind::kSum;
  static constexpr auto fields() { return std::tuple{field("kind", &Reduce::kind)}; }
};

// Per column: how many edges are <= x (or < x, if `below`). Column c owns edges [begin[c],
// begin[c+1]), rising. NaN gives NaN.
struct Bin {
  static constexpr std::string_view kName = "bin";
  Array<std::uint32_t> begin;
  Array<double> edges;
  bool below = false;
  static constexpr auto fields() {
    return std::tuple{field("begin", &Bin::begin), field("edges", &Bin::edges),
                      field("below", &Bin::below)};
  }
};

// Per column: straight lines through (x, y), x rising; beyond the ends the end's y. As numpy.interp.
struct Interpolate {
  static constexpr std::string_view kName = "interpolate";
  Array<std::uint32_t> begin;
  Array<double> x;
  Array<double> y;
  static constexpr auto fields() {
    return std::tuple{field("begin", &Interpolate::begin), field("x", &Interpolate::x),
                      field("y", &Interpolate::y)};
  }
};

// Output j is the product of columns [begin[j], begin[j+1]) of `factors`, from the first to the
// last; 1 if there are none.
struct Products {
  static constexpr std::string_view kName = "products";
  Array<std::uint32_t> begin;
  Array<std::uint32_t> factors;
  static constexpr auto fields() {
    return std::tuple{field("begin", &Products::begin), field("factors", &Products::factors)};
  }
};

// One column: the smallest value of the row at which the weights of the columns, added up by rising
// value, reach half of their sum.
struct WeightedMedian {
  static constexpr std::string_view kName = "weighted_median";
  Array<double> weights;  // per column
  static constexpr auto fields() { return std::tuple{field("weights", &WeightedMedian::weights)}; }
};

}  // namespace slipway::model
