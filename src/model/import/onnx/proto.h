// An ONNX file as its parts: ModelProto, by the published field numbers (onnx.proto of ONNX 1.x).
//
//   ASSIGN_OR_RETURN(const OnnxFile file, read_onnx_file(bytes));
//   for (const OnnxNode& node : file.graph.nodes) ...
//
// Texts are views into the bytes; numbers of tensors are decoded when asked for. What only trains or
// documents is passed over. Graphs inside nodes are looked through for what would reach outside the
// file, and else left alone. Errors: kInvalidArgument "model.onnx.wire", "model.onnx.tensor",
// "model.onnx.nesting". Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace slipway::model {

// TensorProto.DataType.
enum OnnxType : std::int64_t {
  kOnnxFloat = 1,
  kOnnxUInt8 = 2,
  kOnnxInt8 = 3,
  kOnnxUInt16 = 4,
  kOnnxInt16 = 5,
  kOnnxInt32 = 6,
  kOnnxInt64 = 7,
  kOnnxString = 8,
  kOnnxBool = 9,
  kOnnxDouble = 11,
  kOnnxUInt32 = 12,
  kOnnxUInt64 = 13,
};
// "float", "int64", ...; "type 16" for one that slipway has no word for.
std::string onnx_type_name(std::int64_t type);

struct OnnxTensor {
  std::string_view name;
  std::int64_t type = 0;
  std::vector<std::int64_t> dims;
  std::string_view raw;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<std::int64_t> integers;  // int32_data, int64_data, uint64_data
  std::vector<std::string_view> texts;
  bool external = false;

  // Elements by its dims.
  Result<std::size_t> count() const;
  // All elements as doubles; not of texts.
  Result<std::vector<double>> numbers() const;
};

struct OnnxAttribute {
  std::string_view name;
  std::optional<float> real;
  std::optional<std::int64_t> integer;
  std::optional<std::string_view> text;
  std::optional<OnnxTensor> tensor;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> texts;
  bool other = false;  // graphs, types, sparse tensors, references
};

struct OnnxNode {
  std::string_view name;
  std::string_view domain;  // "" for ai.onnx
  std::string_view type;
  std::vector<std::string_view> inputs;  // "" where one is left out
  std::vector<std::string_view> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string_view bytes;  // the NodeProto

  const OnnxAttribute* find(std::string_view attribute) const;
};

// A tensor, or a sequence of maps, that goes in or comes out.
struct OnnxValue {
  std::string_view name;
  bool is_tensor = false;
  bool is_sequence_of_maps = false;
  std::int64_t type = 0;  // of a tensor's elements
  bool has_shape = false;
  // A dim is a number, or -1 with the name of what is free ("" if it has none).
  std::vector<std::pair<std::int64_t, std::string_view>> dims;
  std::string_view bytes;  // the ValueInfoProto
};

struct OnnxGraphParts {
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValue> inputs;
  std::vector<OnnxValue> outputs;
  bool sparse = false;
};

struct OnnxFile {
  std::int64_t ir_version = 0;
  std::string_view producer;
  std::string_view producer_version;
  std::map<std::string_view, std::int64_t> opsets;  // "" for ai.onnx
  OnnxGraphParts graph;
  std::vector<std::string_view> function_domains;
  // Anywhere in the file: an operator's domain with its type, and the name of a tensor kept outside.
  std::map<std::string_view, std::string_view> domains;
  std::optional<std::string_view> external;
};

Result<OnnxFile> read_onnx_file(std::string_view bytes);

}  // namespace slipway::model
