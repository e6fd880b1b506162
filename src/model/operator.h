// Every operator that a model's graph may hold, and the check that makes one safe to run. Adding
// one: its struct in model/operators/, its name in Operator here, its width rule in operator.cc,
// its kernel in scoring/kernel/.
//
//   ASSIGN_OR_RETURN(const std::uint32_t columns, width_of(node.op, widths_of_inputs));
//
// Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/link.h"
#include "model/operators/category_statistics.h"
#include "model/operators/columns.h"
#include "model/operators/hash_columns.h"
#include "model/operators/linear.h"
#include "model/operators/neighbors.h"
#include "model/operators/numbers.h"
#include "model/operators/onnx.h"
#include "model/operators/splines.h"
#include "model/operators/text.h"
#include "model/operators/tokenize.h"
#include "model/tree_ensemble.h"

namespace slipway::model {

using Operator = std::variant<TreeEnsemble, Link, Select, Concat, Constant, Lookup, Indicator,
                              Replace, IsMissing, Require, Arithmetic, Map, Combine, Reduce, Bin,
                              Interpolate, Products, WeightedMedian, MatMul, Distances, Neighbors,
                              Pairs, CategoryStatistics, NearestMean, NeighborFill, TextCounts,
                              TextWeights, Splines, OnnxGraph, Tokenize, HashColumns>;

std::string_view name_of(const Operator& op);

// Columns that come out, for inputs of these widths. kInvalidArgument "model.graph.*" or
// "model.tree.*" if the operator is not sound or cannot take them.
Result<std::uint32_t> width_of(const Operator& op, std::span<const std::uint32_t> inputs);

}  // namespace slipway::model
