// A graph of ONNX operators becoming one of slipway's, value by value.
//
//   Lifter lifter(file, face);
//   ASSIGN_OR_RETURN(const Lifted* x, lifter.numbers(node, 0));
//   lifter.give(node, 0, lifter.with(*x, lifter.arith(*x, Arith::kSub, offsets)));
//
// ONNX computes in float where slipway computes in double: each step rounds to float, which gives
// float's own bits for + - * / and sqrt. What is not `exact` (sums whose order BLAS decides, exp) is
// within a bound, and may not go on into trees, which would make a jump of it. Errors: kUnimplemented
// "model.onnx.lift", whose message says what stands in the way. Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/onnx/proto.h"
#include "model/import/onnx/tensors.h"
#include "model/model.h"

namespace slipway::model {

// What a name of the graph stands for.
struct Lifted {
  enum class Kind : std::uint8_t { kNumbers, kTexts, kConstant };
  Kind kind = Kind::kNumbers;
  std::int64_t type = kOnnxFloat;
  std::uint32_t width = 1;  // columns of a row
  std::uint32_t rank = 2;   // 1: [N]; 2: [N, width]; 3: [N, 1, width]
  ValueId id = 0;           // kNumbers
  bool rounded = true;      // a float that is one already; else as the table has it
  bool exact = true;
  std::vector<std::uint32_t> texts;      // kTexts: per column, the model's input
  std::vector<std::string> classes;      // numbers of these are labels
  const OnnxTensor* constant = nullptr;  // kConstant
};

// The reason why a graph is not lifted.
Error not_lifted(std::string why);

class Lifter {
 public:
  Lifter(const OnnxFile& file, const OnnxInterface& face);

  // ---- what goes in ----
  Result<const Lifted*> value(const OnnxNode& node, std::size_t input) const;
  Result<const Lifted*> find(std::string_view name) const;
  // Numbers that are floats or doubles, floats rounded.
  Result<Lifted> floats(const OnnxNode& node, std::size_t input);
  // Any numbers but labels, floats rounded.
  Result<Lifted> numbers(const OnnxNode& node, std::size_t input);
  // As they come: unrounded, too.
  Result<const Lifted*> raw_numbers(const OnnxNode& node, std::size_t input) const;
  Result<const OnnxTensor*> constant(const OnnxNode& node, std::size_t input) const;
  // A column of texts as the number of each text among `keys`, -1 for others.
  Result<ValueId> codes(std::uint32_t text_input, const std::vector<std::string>& keys);

  // ---- what is made ----
  ValueId add(std::vector<ValueId> inputs, Operator op);
  // x op operand, each element, rounded as the type of x has it.
  ValueId arith(const Lifted& x, Arith kind, std::vector<double> operand);
  ValueId map(const Lifted& x, MapKind kind);
  ValueId round(std::int64_t type, ValueId value);
  ValueId select(ValueId from, std::vector<std::uint32_t> columns);
  void give(const OnnxNode& node, std::size_t output, Lifted made);
  void give_constant(const OnnxNode& node, const OnnxTensor* tensor);

  std::vector<Input>& inputs() { return inputs_; }
  std::vector<Node>& nodes() { return nodes_; }
  std::uint32_t width_of(ValueId value) const;

  // The raw score of the last classifier or regressor, before its link.
  std::optional<ValueId> margin;
  bool exact_margin = true;

 private:
  std::vector<Input> inputs_;
  std::vector<Node> nodes_;
  std::map<std::string_view, Lifted> values_;
};

// The int attribute, or what ONNX takes for it.
std::int64_t integer_or(const OnnxNode& node, std::string_view name, std::int64_t otherwise);
std::string_view text_or(const OnnxNode& node, std::string_view name, std::string_view otherwise);
double real_or(const OnnxNode& node, std::string_view name, double otherwise);
// Empty if there is none.
std::vector<double> reals_of(const OnnxNode& node, std::string_view name);
std::vector<std::int64_t> integers_of(const OnnxNode& node, std::string_view name);
std::vector<std::string> texts_of(const OnnxNode& node, std::string_view name);

}  // namespace slipway::model
