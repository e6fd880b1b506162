// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/infer_codec.h"

#include <gtest/gtest.h>
#include <open_inference_grpc.pb.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace slipway::deploy::realtime::grpc {
namespace {

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

TEST(InferCodec, ReadsWhatProtobufWrites) {
  inference::ModelInferRequest request;
  request.set_model_name("delay");
  request.set_model_version("3");
  request.set_id("mine");
  (*request.mutable_parameters())["priority"].set_uint64_param(7);
  (*request.mutable_parameters())["ratio"].set_double_param(0.1);
  auto* input = request.add_inputs();
  input->set_name("distance");
  input->set_datatype("FP64");
  for (const std::int64_t dim : {2, -1, 300}) input->add_shape(dim);
  (*input->mutable_parameters())["content_type"].set_string_param("np");
  auto* output = request.add_outputs();
  output->set_name("predict");
  (*output->mutable_parameters())["classification"].set_int64_param(-3);
  request.add_raw_input_contents("12345678");
  const std::string bytes = request.SerializeAsString();
  InferMessage message;
  ASSERT_TRUE(message.parse(bytes));
  EXPECT_EQ(message.model_name, "delay");
  EXPECT_EQ(message.model_version, "3");
  EXPECT_EQ(message.id, "mine");
  EXPECT_EQ(*message.find("priority"), Parameter(std::uint64_t{7}));
  EXPECT_EQ(*message.find("ratio"), Parameter(0.1));
  EXPECT_EQ(message.find("other"), nullptr);
  ASSERT_EQ(message.inputs.size(), 1u);
  EXPECT_EQ(message.inputs[0].name, "distance");
  EXPECT_EQ(message.inputs[0].datatype, "FP64");
  ASSERT_EQ(message.inputs[0].rank, 3u);
  EXPECT_EQ(message.inputs[0].shape[1], -1);
  EXPECT_EQ(message.inputs[0].shape[2], 300);
  EXPECT_EQ(*message.find(message.inputs[0], "content_type"), Parameter(std::string_view("np")));
  EXPECT_EQ(*message.find(message.outputs[0], "classification"), Parameter(std::int64_t{-3}));
  EXPECT_EQ(message.raw, std::vector<std::string_view>{"12345678"});
}

TEST(InferCodec, WritesWhatProtobufReads) {
  std::string bytes;
  InferAnswer answer(&bytes);
  answer.begin("delay", "3", "mine");
  answer.add_parameter("triton_final_response", true);
  answer.add_output("predict", "FP64", std::vector<std::int64_t>{300, 2});
  answer.add_output("label", "BYTES", std::vector<std::int64_t>{});
  answer.add_raw(std::string(300, 'x'));
  answer.add_raw("");
  inference::ModelInferResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  EXPECT_EQ(response.id(), "mine");
  EXPECT_TRUE(response.parameters().at("triton_final_response").bool_param());
  EXPECT_EQ(response.outputs(0).name(), "predict");
  EXPECT_EQ(response.outputs(0).shape(0), 300);
  EXPECT_EQ(response.outputs(1).shape_size(), 0);
  EXPECT_EQ(response.raw_output_contents(0).size(), 300u);
  EXPECT_EQ(response.raw_output_contents_size(), 2);
}

std::string contents(std::string_view datatype, const inference::InferTensorContents& given) {
  std::string out;
  const auto done = append_contents("x", datatype, given.SerializeAsString(), &out);
  return done ? out : std::string(done.error().reason());
}

TEST(InferCodec, TypedContentsBecomeRaw) {
  inference::InferTensorContents given;
  for (const bool value : {true, false}) given.add_bool_contents(value);
  EXPECT_EQ(contents("BOOL", given), std::string("\1\0", 2));
  given.Clear();
  for (const int value : {1, -1, 127}) given.add_int_contents(value);
  EXPECT_EQ(contents("INT8", given), raw<std::int8_t>({1, -1, 127}));
  EXPECT_EQ(contents("INT16", given), raw<std::int16_t>({1, -1, 127}));
  EXPECT_EQ(contents("INT32", given), raw<std::int32_t>({1, -1, 127}));
  given.add_int_contents(128);
  EXPECT_EQ(contents("INT8", given), "realtime.value");
  EXPECT_EQ(contents("INT64", given), "realtime.datatype");
  given.Clear();
  given.add_int64_contents(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(contents("INT64", given),
            raw<std::int64_t>({std::numeric_limits<std::int64_t>::min()}));
  given.Clear();
  given.add_uint_contents(255);
  EXPECT_EQ(contents("UINT8", given), "\xFF");
  given.add_uint_contents(65536);
  EXPECT_EQ(contents("UINT16", given), "realtime.value");
  EXPECT_EQ(contents("UINT32", given), raw<std::uint32_t>({255, 65536}));
  given.Clear();
  given.add_uint64_contents(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(contents("UINT64", given), std::string(8, '\xFF'));
  given.Clear();
  for (const float value : {0.1f, -0.0f}) given.add_fp32_contents(value);
  EXPECT_EQ(contents("FP32", given), raw<float>({0.1f, -0.0f}));
  given.Clear();
  given.add_fp64_contents(0.1);
  EXPECT_EQ(contents("FP64", given), raw<double>({0.1}));
  EXPECT_EQ(contents("FP16", given), "realtime.datatype");
  given.Clear();
  given.add_bytes_contents("ab");
  given.add_bytes_contents("");
  EXPECT_EQ(contents("BYTES", given), std::string("\2\0\0\0ab\0\0\0\0", 10));
}

TEST(InferCodec, WhatIsNoMessageIsRefused) {
  InferMessage message;
  for (const std::string bytes : {"\x0A\x05"
                                  "ab",
                                  "\x0B", "\x2A\x02\x0A\x05", "\x0A\x01\xFF", "\xFF"}) {
    const auto parsed = message.parse(bytes);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().reason(), "realtime.grpc_message");
  }
}

}  // namespace
}  // namespace slipway::deploy::realtime::grpc
