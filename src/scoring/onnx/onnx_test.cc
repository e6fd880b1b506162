// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "model/operator.h"
#include "scoring/kernel/kernel.h"
#include "scoring/onnx/library.h"
#include "scoring/onnx/session.h"
#include "scoring/onnx/tensors.h"

namespace slipway::scoring {
namespace {

using model::ElementType;

TEST(OnnxLibrary, AMissingOneSaysHowToGetIt) {
  const std::array<std::string, 1> nowhere{"/nowhere/libonnxruntime.so"};
  const auto api = open_onnxruntime(nowhere);
  ASSERT_FALSE(api);
  EXPECT_EQ(api.error().reason(), "scoring.onnx_missing");
  EXPECT_NE(api.error().message().find("tools/setup"), std::string::npos);
  EXPECT_NE(api.error().message().find("/nowhere/"), std::string::npos);
}

TEST(OnnxLibrary, AnotherLibraryIsNotTaken) {
  const std::array<std::string, 1> other{"libz.so.1"};
  const auto api = open_onnxruntime(other);
  ASSERT_FALSE(api);
  EXPECT_EQ(api.error().reason(), "scoring.onnx_version");
}

TEST(OnnxSession, WhatIsNoGraphIsRefusedInOnnxRuntimesWords) {
  const std::vector<std::uint8_t> bytes(40, 7);
  const auto session = OnnxSession::open(bytes);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().reason(), "scoring.onnx_graph");
  EXPECT_NE(session.error().message().find("does not take this graph"), std::string::npos);
}

// Ids and a mask, four tokens at most; each token becomes its id and the double of it.
model::OnnxGraph tokens(model::Pooling pooling) {
  const std::string bytes = posix_env().read_file("tests/golden/onnx/tokens.onnx").value();
  model::OnnxGraph graph;
  graph.bytes = std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  graph.inputs = {"ids", "mask"};
  graph.input_type = std::vector<ElementType>{ElementType::kInt64, ElementType::kInt64};
  graph.input_begin = std::vector<std::uint32_t>{0, 1, 2};
  graph.input_dims = std::vector<std::uint32_t>{4, 4};
  graph.text_input = std::vector<std::uint32_t>{0, 0};
  graph.mask = 2;
  graph.outputs = {"y"};
  graph.output_type = std::vector<ElementType>{ElementType::kFloat32};
  graph.output_begin = std::vector<std::uint32_t>{0, 1};
  graph.output_dims = std::vector<std::uint32_t>{2};
  graph.pooling = std::vector<model::Pooling>{pooling};
  return graph;
}

TEST(OnnxKernel, RowsOfTokensAreCutAfterTheLastOneAndPooled) {
  const std::vector<double> ids{3, 5, 0, 0, 7, 8, 9, 10};
  const std::vector<double> mask{1, 1, 0, 0, 1, 1, 1, 1};
  const std::array<Rows, 2> inputs{Rows{ids.data(), 2, 4}, Rows{mask.data(), 2, 4}};
  const std::array<std::uint32_t, 2> widths{4, 4};
  for (const auto& [pooling, expected] :
       {std::pair{model::Pooling::kMean, std::vector<double>{4, 8, 8.5, 17}},
        std::pair{model::Pooling::kFirst, std::vector<double>{3, 6, 7, 14}}}) {
    const model::Operator op = tokens(pooling);
    ASSERT_TRUE(model::width_of(op, widths)) << model::width_of(op, widths).error().message();
    EXPECT_EQ(model::width_of(op, widths).value(), 2U);
    const auto kernel = make_kernel(op);
    ASSERT_TRUE(kernel->ready()) << kernel->ready().error().message();
    std::vector<double> out(4);
    const auto refusal = kernel->run(inputs, out.data());
    ASSERT_FALSE(refusal) << refusal->why;
    EXPECT_EQ(out, expected);
  }
}

TEST(OnnxTensors, IntegersTakeWholeNumbersInTheirRangeOnly) {
  std::vector<std::byte> bytes;
  const std::vector<double> good{-128, 0, 127};
  EXPECT_FALSE(to_numbers({good.data(), 3, 1}, 1, ElementType::kInt8, &bytes));
  EXPECT_EQ(bytes.size(), 3U);
  for (const double bad : {128.0, 0.5, std::nan(""), -129.0}) {
    const std::vector<double> rows{0, bad};
    const auto refusal = to_numbers({rows.data(), 2, 1}, 1, ElementType::kInt8, &bytes);
    ASSERT_TRUE(refusal) << bad;
    EXPECT_EQ(refusal->row, 1U);
    EXPECT_NE(refusal->why.find("int8"), std::string::npos) << refusal->why;
  }
}

TEST(OnnxTensors, IntegersBeyondWhatADoubleHoldsAreRefusedOnTheWayOut) {
  const std::vector<std::int64_t> numbers{5, (std::int64_t{1} << 53) + 2};
  OnnxOutput output{.type = ElementType::kInt64, .shape = {2}, .data = numbers.data()};
  std::vector<double> out(2);
  const auto refusal = from_numbers(output, 2, 1, out.data(), 1);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->row, 1U);
  EXPECT_EQ(out[0], 5);
}

}  // namespace
}  // namespace slipway::scoring
