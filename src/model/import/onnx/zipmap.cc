// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/zipmap.h"

#include <cstdint>
#include <optional>
#include <set>

#include "model/import/onnx/wire.h"

namespace slipway::model {
namespace {

bool is_zipmap(const OnnxNode& node) {
  return node.domain == "ai.onnx.ml" && node.type == "ZipMap" && node.inputs.size() == 1 &&
         node.outputs.size() == 1;
}

void put_varint(std::uint64_t value, std::string* to) {
  for (; value >= 0x80; value >>= 7) to->push_back(static_cast<char>((value & 0x7F) | 0x80));
  to->push_back(static_cast<char>(value));
}

void put_bytes(std::uint32_t field, std::string_view bytes, std::string* to) {
  put_varint((std::uint64_t{field} << 3) | 2, to);
  put_varint(bytes.size(), to);
  *to += bytes;
}

// NodeProto: input 1, output 2, op_type 4.
std::string identity(const OnnxNode& zipmap) {
  std::string node;
  put_bytes(1, zipmap.inputs[0], &node);
  put_bytes(2, zipmap.outputs[0], &node);
  put_bytes(4, "Identity", &node);
  return node;
}

// ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its elem_type 1.
std::string floats(std::string_view name) {
  std::string element, type, value;
  put_varint(1 << 3, &element);
  put_varint(kOnnxFloat, &element);
  put_bytes(1, element, &type);
  put_bytes(1, name, &value);
  put_bytes(2, type, &value);
  return value;
}

constexpr std::uint32_t kGraph = 7;  // of ModelProto
constexpr std::uint32_t kNode = 1;   // of GraphProto
constexpr std::uint32_t kOutput = 12;

Result<std::string> graph_without(const OnnxGraphParts& graph, const WireField& message) {
  std::set<std::string_view> maps;
  for (const OnnxNode& node : graph.nodes) {
    if (is_zipmap(node)) maps.insert(node.outputs[0]);
  }
  std::string out;
  std::size_t node = 0, output = 0;
  WireReader reader(message.bytes, message.inside);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<WireField> field, reader.next());
    if (!field) return out;
    if (field->number == kNode && is_zipmap(graph.nodes[node++])) {
      put_bytes(kNode, identity(graph.nodes[node - 1]), &out);
    } else if (field->number == kOutput && maps.count(graph.outputs[output++].name) != 0) {
      put_bytes(kOutput, floats(graph.outputs[output - 1].name), &out);
    } else {
      out += message.bytes.substr(field->at - message.inside, field->size);
    }
  }
}

}  // namespace

bool has_zipmap(const OnnxGraphParts& graph) {
  for (const OnnxNode& node : graph.nodes) {
    if (is_zipmap(node)) return true;
  }
  return false;
}

Result<std::string> without_zipmaps(const OnnxFile& file, std::string_view bytes) {
  std::string out;
  WireReader reader(bytes);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<WireField> field, reader.next());
    if (!field) return out;
    if (field->number == kGraph) {
      ASSIGN_OR_RETURN(const std::string graph, graph_without(file.graph, *field));
      put_bytes(kGraph, graph, &out);
    } else {
      out += bytes.substr(field->at, field->size);
    }
  }
}

}  // namespace slipway::model
