// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

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
