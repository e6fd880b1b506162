// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/thread_pool.h"
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

std::unique_ptr<const OnnxSession> golden(const std::string& name) {
  const std::string bytes = posix_env().read_file("tests/golden/onnx/" + name).value();
  return OnnxSession::open({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})
      .value();
}

template <typename T>
OnnxInput tensor(const char* name, ElementType type, std::vector<std::int64_t> shape,
                 const std::vector<T>& numbers) {
  OnnxInput input{.name = name, .type = type, .shape = std::move(shape)};
  input.data.resize(numbers.size() * sizeof(T));
  std::memcpy(input.data.data(), numbers.data(), input.data.size());
  return input;
}

template <typename T>
std::vector<T> numbers_of(const OnnxOutput& output) {
  std::vector<T> numbers(output.count());
  std::memcpy(numbers.data(), output.data, numbers.size() * sizeof(T));
  return numbers;
}

const std::vector<std::string> kOnlyY{"y"};

// One row of as many tokens.
Result<OnnxOutputs> ask_tokens(const OnnxSession& session, const std::vector<std::int64_t>& ids) {
  const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(ids.size())};
  const std::array<OnnxInput, 2> inputs{
      tensor("ids", ElementType::kInt64, shape, ids),
      tensor("mask", ElementType::kInt64, shape, std::vector<std::int64_t>(ids.size(), 1))};
  return session.run(inputs, kOnlyY);
}

std::vector<float> doubled(const std::vector<std::int64_t>& ids) {
  std::vector<float> out;
  for (const std::int64_t id : ids)
    out.insert(out.end(), {static_cast<float>(id), static_cast<float>(2 * id)});
  return out;
}

TEST(OnnxSession, BoundMemoryIsUsedAgainForEachShape) {
  const auto session = golden("tokens.onnx");
  std::set<const void*> places;
  for (std::int64_t i = 0; i < 60; ++i) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(1 + i % 3), 100 + i);
    const auto outputs = ask_tokens(*session, ids);
    ASSERT_TRUE(outputs) << outputs.error().message();
    EXPECT_EQ(numbers_of<float>((*outputs.value())[0]), doubled(ids)) << i;
    if (i >= 9) places.insert((*outputs.value())[0].data);
  }
  EXPECT_EQ(places.size(), 3U) << "one place for each shape, once they came";
}

TEST(OnnxSession, OutputsStayWhileAnotherRuns) {
  const auto session = golden("tokens.onnx");
  std::vector<OnnxOutputs> kept;
  for (std::int64_t i = 0; i < 20; ++i) kept.push_back(ask_tokens(*session, {i, 7}).value());
  for (std::int64_t i = 0; i < 20; ++i)
    EXPECT_EQ(numbers_of<float>((*kept[static_cast<std::size_t>(i)])[0]), doubled({i, 7}));
}

TEST(OnnxSession, WhatIsKeptForLaterRunsHasItsLimits) {
  const auto session = golden("tokens.onnx");
  const auto bytes_of = [](std::size_t tokens) { return tokens * (2 * 8 + 2 * 4); };
  EXPECT_EQ(session->kept_bytes(), 0U);
  std::vector<OnnxOutputs> used;  // 20 at once
  for (std::int64_t i = 0; i < 20; ++i) used.push_back(ask_tokens(*session, {i, 7}).value());
  used.clear();
  EXPECT_EQ(session->kept_bytes(), 8 * bytes_of(2));
  const std::size_t much = 100'000;
  for (const std::size_t more : {much, much + 1, much + 2, much})
    ASSERT_TRUE(ask_tokens(*session, std::vector<std::int64_t>(more, 1)));
  EXPECT_EQ(session->kept_bytes(), bytes_of(much)) << "one of them fills the 4 MiB";
  ASSERT_TRUE(ask_tokens(*session, std::vector<std::int64_t>(2 * much, 1)));
  EXPECT_EQ(session->kept_bytes(), bytes_of(much)) << "what is larger than that is not kept";
}

TEST(OnnxSession, OutputsOutliveTheirSession) {
  auto session = golden("tokens.onnx");
  OnnxOutputs last;
  for (std::int64_t i = 0; i < 3; ++i) last = ask_tokens(*session, {i}).value();
  session.reset();
  EXPECT_EQ(numbers_of<float>((*last)[0]), doubled({2}));
}

TEST(OnnxSession, ThreadsDoNotShareBoundMemory) {
  const auto session = golden("tokens.onnx");
  ThreadPool pool("test", 3);
  std::atomic<int> wrong = 0;
  pool.run(400, [&](std::size_t i) {
    const std::vector<std::int64_t> ids(1 + i % 12, static_cast<std::int64_t>(i));
    const auto outputs = ask_tokens(*session, ids);
    if (!outputs || numbers_of<float>((*outputs.value())[0]) != doubled(ids)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(OnnxSession, AnInputThatIsHandedOnComesOutAnewEachTime) {
  const auto session = golden("handed_on.onnx");
  const std::vector<std::string> both{"x", "y"};
  for (const float x : {1.0F, 2.0F, 3.0F, 4.0F}) {
    const std::array<OnnxInput, 1> inputs{
        tensor("x", ElementType::kFloat32, {1, 2}, std::vector<float>{x, -x})};
    const auto outputs = session->run(inputs, both);
    ASSERT_TRUE(outputs) << outputs.error().message();
    EXPECT_EQ(numbers_of<float>((*outputs.value())[0]), (std::vector<float>{x, -x}));
    EXPECT_EQ(numbers_of<float>((*outputs.value())[1]), (std::vector<float>{2 * x, -2 * x}));
  }
}

TEST(OnnxSession, AShapeThatDependsOnTheRowsIsNotHeldTo) {
  const auto session = golden("as_many.onnx");
  for (const auto& x : std::vector<std::vector<float>>{{1, 1}, {1, 1}, {0, 1}, {1, 1}, {0, 0}}) {
    const std::array<OnnxInput, 1> inputs{tensor("x", ElementType::kFloat32, {1, 2}, x)};
    const auto outputs = session->run(inputs, kOnlyY);
    ASSERT_TRUE(outputs) << outputs.error().message();
    const auto others = static_cast<std::size_t>(x[0] != 0) + static_cast<std::size_t>(x[1] != 0);
    EXPECT_EQ((*outputs.value())[0].shape,
              (std::vector<std::int64_t>{2, static_cast<std::int64_t>(others)}));
  }
}

TEST(OnnxSession, ARunThatIsRefusedSaysWhyAndTheNextOneGoesOn) {
  const auto session = golden("tokens.onnx");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(ask_tokens(*session, {1, 2}));
    std::array<OnnxInput, 1> one{
        tensor("ids", ElementType::kInt64, {1, 1}, std::vector<std::int64_t>{1})};
    const auto refused = session->run(one, std::vector<std::string>{"nothing"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "scoring.onnx_run");
    EXPECT_NE(refused.error().message().find("nothing"), std::string::npos)
        << refused.error().message();
  }
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
