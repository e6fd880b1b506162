// The hand-written codec against protobuf's: what protobuf reads, it reads alike; what protobuf refuses, it
// refuses. Groups, and contents given twice for an input, are the two things that only protobuf takes.
// SPDX-License-Identifier: Apache-2.0
#include <open_inference_grpc.pb.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "deploy/realtime/grpc/infer_codec.h"
#include "deploy/realtime/grpc/wire.h"

namespace slipway::deploy::realtime::grpc {
namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void compare(const Parameter* found, const inference::InferParameter& expected) {
  expect(found != nullptr);
  switch (expected.parameter_choice_case()) {
    case inference::InferParameter::kBoolParam:
      return expect(*found == Parameter(expected.bool_param()));
    case inference::InferParameter::kInt64Param:
      return expect(*found == Parameter(std::int64_t{expected.int64_param()}));
    case inference::InferParameter::kStringParam:
      return expect(*found == Parameter(std::string_view(expected.string_param())));
    case inference::InferParameter::kDoubleParam: {
      const double* const value = std::get_if<double>(found);
      const double wanted = expected.double_param();
      return expect(value != nullptr && std::memcmp(value, &wanted, sizeof(wanted)) == 0);
    }
    case inference::InferParameter::kUint64Param:
      return expect(*found == Parameter(std::uint64_t{expected.uint64_param()}));
    case inference::InferParameter::PARAMETER_CHOICE_NOT_SET:
      return expect(found->index() == 0);
  }
}

// What raw contents of that datatype would be, by protobuf's reading.
template <typename Field>
std::string raw(const Field& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(*values.data())};
}

void compare_contents(std::string_view given, const inference::InferTensorContents& expected) {
  const bool is_alone = expected.fp64_contents_size() > 0 && expected.bool_contents_size() == 0 &&
                        expected.int_contents_size() == 0 && expected.int64_contents_size() == 0 &&
                        expected.uint_contents_size() == 0 &&
                        expected.uint64_contents_size() == 0 &&
                        expected.fp32_contents_size() == 0 && expected.bytes_contents_size() == 0;
  std::string found;
  if (append_contents("x", "FP64", given, &found) && is_alone)
    expect(found == raw(expected.fp64_contents()));
  found.clear();
  if (append_contents("x", "FP32", given, &found)) expect(found == raw(expected.fp32_contents()));
  found.clear();
  if (append_contents("x", "INT32", given, &found)) expect(found == raw(expected.int_contents()));
  found.clear();
  if (append_contents("x", "UINT64", given, &found))
    expect(found == raw(expected.uint64_contents()));
  found.clear();
  if (append_contents("x", "INT64", given, &found)) expect(found == raw(expected.int64_contents()));
  found.clear();
  (void)append_contents("x", "BYTES", given, &found).has_value();
  (void)append_contents("x", "UINT8", given, &found).has_value();
}

void compare(const InferMessage& found, const inference::ModelInferRequest& expected) {
  expect(found.model_name == expected.model_name());
  expect(found.model_version == expected.model_version());
  expect(found.id == expected.id());
  for (const auto& [name, value] : expected.parameters()) compare(found.find(name), value);
  expect(static_cast<int>(found.inputs.size()) == expected.inputs_size());
  for (int i = 0; i < expected.inputs_size(); ++i) {
    const auto& input = found.inputs[static_cast<std::size_t>(i)];
    const auto& wanted = expected.inputs(i);
    expect(input.name == wanted.name() && input.datatype == wanted.datatype());
    expect(static_cast<int>(input.rank) == wanted.shape_size());
    for (int d = 0; d < wanted.shape_size() && d < static_cast<int>(InferMessage::kRankMax); ++d)
      expect(input.shape[static_cast<std::size_t>(d)] == wanted.shape(d));
    for (const auto& [name, value] : wanted.parameters()) compare(found.find(input, name), value);
    expect(input.contents.has_value() == wanted.has_contents());
    if (input.contents) compare_contents(*input.contents, wanted.contents());
  }
  expect(static_cast<int>(found.outputs.size()) == expected.outputs_size());
  for (int i = 0; i < expected.outputs_size(); ++i) {
    const auto& output = found.outputs[static_cast<std::size_t>(i)];
    expect(output.name == expected.outputs(i).name());
    for (const auto& [name, value] : expected.outputs(i).parameters())
      compare(found.find(output, name), value);
  }
  expect(static_cast<int>(found.raw.size()) == expected.raw_input_contents_size());
  for (int i = 0; i < expected.raw_input_contents_size(); ++i)
    expect(found.raw[static_cast<std::size_t>(i)] == expected.raw_input_contents(i));
}

}  // namespace
}  // namespace slipway::deploy::realtime::grpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::deploy::realtime::grpc;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  InferMessage message;
  const auto parsed = message.parse(bytes);
  inference::ModelInferRequest expected;
  const bool readable = expected.ParseFromArray(data, static_cast<int>(size));
  if (!parsed) return parsed.error().message().empty() ? std::abort(), 0 : 0;
  // Contents are looked at when they are used.
  bool contents_fine = true;
  std::string out;
  for (const auto& input : message.inputs) {
    inference::InferTensorContents contents;
    if (input.contents)
      contents_fine =
          contents_fine &&
          contents.ParseFromArray(input.contents->data(), static_cast<int>(input.contents->size()));
  }
  if (!readable) return contents_fine ? std::abort(), 0 : 0;
  compare(message, expected);
  return 0;
}
