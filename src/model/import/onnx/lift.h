// Graphs of ONNX's classical operators (ai.onnx.ml, and what converters put around them) to slipway's
// own. All of a graph is lifted, or none of it.
//
//   auto model = lift(file);
//   if (!model) ...                      // error().message() says what stands in the way
//
// What is lifted and where bits or a bound are promised: docs/decisions/onnx-lifted-or-run.md.
// Errors: kUnimplemented "model.onnx.lift", and those of the file. Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/result.h"
#include "model/import/onnx/lifter.h"
#include "model/import/onnx/proto.h"
#include "model/model.h"

namespace slipway::model {

Result<Model> lift(const OnnxFile& file);

// One kind of operator.
struct LiftRule {
  std::string_view domain;
  std::string_view type;
  Result<void> (*lift)(const OnnxNode& node, Lifter& lifter);
};
std::span<const LiftRule> column_rules();   // lift_columns.cc
std::span<const LiftRule> encoder_rules();  // lift_encoders.cc
std::span<const LiftRule> number_rules();   // lift_numbers.cc
std::span<const LiftRule> linear_rules();   // lift_linear.cc
std::span<const LiftRule> tree_rules();     // lift_trees.cc

}  // namespace slipway::model
