// ModelInfer's messages read and written by hand, for they are the hot ones: views into the request's bytes,
// nothing allocated once warm. proto/open_inference_grpc.proto says what they are; infer_codec_fuzz.cc compares
// with protobuf's own reading.
//
//   InferMessage message;                              // kept from request to request
//   RETURN_IF_ERROR(message.parse(bytes));
//   for (const auto& input : message.inputs) ...       // valid while `bytes` is
//
//   InferAnswer answer(&out);                          // appends a ModelInferResponse
//   answer.begin("delay", "1", id);  answer.add_output("predict", "FP64", shape);  answer.add_raw(bytes);
//
// As protobuf reads: fields in any order, the last of a singular one counts, packed or not, unknown ones are
// skipped; but `contents` given twice for an input, and groups (which proto3 does not have) are refused.
// Errors: kInvalidArgument "realtime.grpc_message". Not thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace slipway::deploy::realtime::grpc {

// InferParameter; monostate if none of its kinds is set.
using Parameter =
    std::variant<std::monostate, bool, std::int64_t, std::string_view, double, std::uint64_t>;
struct NamedParameter {
  std::string_view name;
  Parameter value;
};

struct InferMessage {
  static constexpr std::size_t kRankMax = 8;

  struct Input {
    std::string_view name, datatype;
    std::array<std::int64_t, kRankMax> shape{};
    std::size_t rank = 0;                      // more dims than kRankMax are counted and not kept
    std::optional<std::string_view> contents;  // an InferTensorContents
    std::size_t first_parameter = 0, parameter_count = 0;
  };
  struct Output {
    std::string_view name;
    std::size_t first_parameter = 0, parameter_count = 0;
  };

  Result<void> parse(std::string_view bytes);

  // Of the request, an input or an output; null if there is none of that name.
  const Parameter* find(std::string_view name) const { return find(own_parameters, name); }
  const Parameter* find(const Input& input, std::string_view name) const {
    return find(parameters_of(input.first_parameter, input.parameter_count), name);
  }
  const Parameter* find(const Output& output, std::string_view name) const {
    return find(parameters_of(output.first_parameter, output.parameter_count), name);
  }

  std::string_view model_name, model_version, id;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<std::string_view> raw;
  std::vector<NamedParameter> own_parameters;
  std::vector<NamedParameter> tensor_parameters;

 private:
  std::span<const NamedParameter> parameters_of(std::size_t first, std::size_t count) const {
    return std::span(tensor_parameters).subspan(first, count);
  }
  // The last one counts, as in a map.
  static const Parameter* find(std::span<const NamedParameter> among, std::string_view name);
};

// The values of an InferTensorContents for a datatype, as raw contents would be: little-endian, BYTES with
// their lengths. Appends. Errors: "realtime.datatype" if they are another type's, "realtime.value" if one does
// not fit it.
Result<void> append_contents(std::string_view input, std::string_view datatype,
                             std::string_view contents, std::string* out);

class InferAnswer {
 public:
  explicit InferAnswer(std::string* out) : out_(out) {}
  void begin(std::string_view model_name, std::string_view model_version, std::string_view id);
  // All outputs, then the raw contents of all.
  void add_output(std::string_view name, std::string_view datatype,
                  std::span<const std::int64_t> shape);
  void add_raw(std::string_view bytes);
  void add_parameter(std::string_view name, bool value);

 private:
  std::string* out_;
};

}  // namespace slipway::deploy::realtime::grpc
