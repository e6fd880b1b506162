// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/infer_codec.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

#include "base/utf8.h"
#include "deploy/realtime/grpc/wire.h"

namespace slipway::deploy::realtime::grpc {
namespace {

Error malformed(std::string_view what) {
  return Error(Code::kInvalidArgument, "realtime.grpc_message",
               fmt::format("the message is no ModelInferRequest: {} cannot be read", what));
}

// proto3's strings are UTF-8; most are ASCII, which is seen at a glance.
bool is_text(std::string_view bytes) {
  for (const char c : bytes) {
    if (static_cast<signed char>(c) < 0) return valid_utf8_prefix(bytes) == bytes.size();
  }
  return true;
}

bool read_text(const WireReader& reader, std::string_view* out) {
  if (!is_text(reader.bytes())) return false;
  *out = reader.bytes();
  return true;
}

bool parse_value(std::string_view bytes, Parameter* value) {
  WireReader reader(bytes);
  while (reader.next()) {
    if (reader.field() == 1 && reader.is_varint()) *value = reader.number() != 0;
    if (reader.field() == 2 && reader.is_varint())
      *value = static_cast<std::int64_t>(reader.number());
    if (reader.field() == 3 && reader.is_bytes()) {
      if (!is_text(reader.bytes())) return false;
      *value = reader.bytes();
    }
    if (reader.field() == 4 && reader.is_fixed64()) *value = std::bit_cast<double>(reader.number());
    if (reader.field() == 5 && reader.is_varint()) *value = reader.number();
  }
  return reader.ok();
}

// An entry of a map<string, InferParameter>.
bool parse_parameter(std::string_view bytes, std::vector<NamedParameter>* out) {
  NamedParameter parameter;
  WireReader reader(bytes);
  while (reader.next()) {
    if (reader.field() == 1 && reader.is_bytes() && !read_text(reader, &parameter.name))
      return false;
    if (reader.field() == 2 && reader.is_bytes() && !parse_value(reader.bytes(), &parameter.value))
      return false;
  }
  out->push_back(parameter);
  return reader.ok();
}

void add_dim(std::uint64_t value, InferMessage::Input* input) {
  if (input->rank < InferMessage::kRankMax)
    input->shape[input->rank] = static_cast<std::int64_t>(value);
  ++input->rank;
}

bool parse_shape(const WireReader& reader, InferMessage::Input* input) {
  if (reader.is_varint()) return add_dim(reader.number(), input), true;
  if (!reader.is_bytes()) return true;
  const char* at = reader.bytes().data();
  const char* const end = at + reader.bytes().size();
  while (at < end) {
    std::uint64_t value = 0;
    if (!WireReader::take_varint(&at, end, &value)) return false;
    add_dim(value, input);
  }
  return true;
}

bool parse_input(std::string_view bytes, InferMessage::Input* input,
                 std::vector<NamedParameter>* parameters) {
  input->first_parameter = parameters->size();
  WireReader reader(bytes);
  while (reader.next()) {
    bool fine = true;
    if (reader.field() == 3) fine = parse_shape(reader, input);
    if (!reader.is_bytes()) {
      if (!fine) return false;
      continue;
    }
    if (reader.field() == 1) fine = read_text(reader, &input->name);
    if (reader.field() == 2) fine = read_text(reader, &input->datatype);
    if (reader.field() == 4) fine = parse_parameter(reader.bytes(), parameters);
    if (reader.field() == 5) {
      fine = !input->contents;
      input->contents = reader.bytes();
    }
    if (!fine) return false;
  }
  input->parameter_count = parameters->size() - input->first_parameter;
  return reader.ok();
}

bool parse_output(std::string_view bytes, InferMessage::Output* output,
                  std::vector<NamedParameter>* parameters) {
  output->first_parameter = parameters->size();
  WireReader reader(bytes);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    if (reader.field() == 1 && !read_text(reader, &output->name)) return false;
    if (reader.field() == 2 && !parse_parameter(reader.bytes(), parameters)) return false;
  }
  output->parameter_count = parameters->size() - output->first_parameter;
  return reader.ok();
}

}  // namespace

const Parameter* InferMessage::find(std::span<const NamedParameter> among, std::string_view name) {
  for (std::size_t i = among.size(); i > 0; --i) {
    if (among[i - 1].name == name) return &among[i - 1].value;
  }
  return nullptr;
}

Result<void> InferMessage::parse(std::string_view bytes) {
  model_name = model_version = id = {};
  inputs.clear();
  outputs.clear();
  raw.clear();
  own_parameters.clear();
  tensor_parameters.clear();
  WireReader reader(bytes);
  while (reader.next()) {
    if (!reader.is_bytes()) continue;
    switch (reader.field()) {
      case 1:
        if (!read_text(reader, &model_name)) return malformed("model_name");
        break;
      case 2:
        if (!read_text(reader, &model_version)) return malformed("model_version");
        break;
      case 3:
        if (!read_text(reader, &id)) return malformed("id");
        break;
      case 4:
        if (!parse_parameter(reader.bytes(), &own_parameters)) return malformed("parameters");
        break;
      case 5:
        if (!parse_input(reader.bytes(), &inputs.emplace_back(), &tensor_parameters))
          return malformed(fmt::format("inputs {}", inputs.size() - 1));
        break;
      case 6:
        if (!parse_output(reader.bytes(), &outputs.emplace_back(), &tensor_parameters))
          return malformed(fmt::format("outputs {}", outputs.size() - 1));
        break;
      case 7:
        raw.push_back(reader.bytes());
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return malformed("a field");
  return {};
}

// ---- typed contents

namespace {

struct Kind {
  std::string_view datatype;
  std::uint32_t field;  // of InferTensorContents
  std::uint32_t bytes;  // of a raw element
  std::int64_t low = 0;
  std::uint64_t high = 0;  // what fits; both 0: whatever the field holds
};
constexpr std::array<Kind, 12> kKinds{{
    {"BOOL", 1, 1},
    {"INT8", 2, 1, -128, 127},
    {"INT16", 2, 2, -32768, 32767},
    {"INT32", 2, 4},
    {"INT64", 3, 8},
    {"UINT8", 4, 1, 0, 255},
    {"UINT16", 4, 2, 0, 65535},
    {"UINT32", 4, 4},
    {"UINT64", 5, 8},
    {"FP32", 6, 4},
    {"FP64", 7, 8},
    {"BYTES", 8, 0},
}};
constexpr std::array<std::string_view, 9> kFieldNames{"",
                                                      "bool_contents",
                                                      "int_contents",
                                                      "int64_contents",
                                                      "uint_contents",
                                                      "uint64_contents",
                                                      "fp32_contents",
                                                      "fp64_contents",
                                                      "bytes_contents"};

Error wrong_field(std::string_view input, std::string_view datatype, std::string_view wanted,
                  std::uint32_t found) {
  return Error(Code::kInvalidArgument, "realtime.datatype",
               fmt::format("input '{}': values of datatype {} are sent in {}, found {}", input,
                           datatype, wanted, kFieldNames[found]));
}

bool is_float(const Kind& kind) { return kind.field == 6 || kind.field == 7; }

// As the field's own type would hold it.
std::uint64_t narrowed(std::uint64_t value, std::uint32_t field) {
  if (field == 1) return value != 0 ? 1 : 0;
  if (field == 2)
    return static_cast<std::uint64_t>(
        static_cast<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(value))));
  if (field == 4) return static_cast<std::uint32_t>(value);
  return value;
}

bool append_number(std::uint64_t value, const Kind& kind, std::string* out) {
  value = narrowed(value, kind.field);
  if (kind.low < 0 && (static_cast<std::int64_t>(value) < kind.low ||
                       static_cast<std::int64_t>(value) > static_cast<std::int64_t>(kind.high)))
    return false;
  if (kind.low == 0 && kind.high > 0 && value > kind.high) return false;
  char bytes[8];
  std::memcpy(bytes, &value, sizeof(bytes));  // little-endian, as everywhere that we run
  out->append(bytes, kind.bytes);
  return true;
}

// 1: done; 0: a value does not fit; -1: the bytes are no numbers.
int append_packed(std::string_view bytes, const Kind& kind, std::string* out) {
  if (is_float(kind)) {
    if (bytes.size() % kind.bytes != 0) return -1;
    out->append(bytes);
    return 1;
  }
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) {
    std::uint64_t value = 0;
    if (!WireReader::take_varint(&at, end, &value)) return -1;
    if (!append_number(value, kind, out)) return 0;
  }
  return 1;
}

int append_field(const WireReader& reader, const Kind& kind, std::string* out) {
  if (kind.field == 8) {
    if (!reader.is_bytes()) return 1;
    if (reader.bytes().size() > std::numeric_limits<std::uint32_t>::max()) return 0;
    const auto size = static_cast<std::uint32_t>(reader.bytes().size());
    out->append(reinterpret_cast<const char*>(&size), sizeof(size)).append(reader.bytes());
    return 1;
  }
  if (reader.is_bytes()) return append_packed(reader.bytes(), kind, out);
  const bool is_own = (kind.field == 6 && reader.is_fixed32()) ||
                      (kind.field == 7 && reader.is_fixed64()) ||
                      (!is_float(kind) && reader.is_varint());
  if (!is_own) return 1;  // an unknown field, to protobuf
  return append_number(reader.number(), kind, out) ? 1 : 0;
}

}  // namespace

Result<void> append_contents(std::string_view input, std::string_view datatype,
                             std::string_view contents, std::string* out) {
  const Kind* kind = nullptr;
  for (const Kind& each : kKinds) {
    if (each.datatype == datatype) kind = &each;
  }
  if (kind == nullptr) {
    return Error(Code::kInvalidArgument, "realtime.datatype",
                 fmt::format("input '{}': datatype '{}' has no typed contents: send its values in "
                             "raw_input_contents",
                             input, datatype));
  }
  WireReader reader(contents);
  while (reader.next()) {
    if (reader.field() == 0 || reader.field() > 8) continue;
    if (reader.field() != kind->field) {
      if (reader.is_bytes() && reader.bytes().empty() && reader.field() != 8) continue;
      return wrong_field(input, datatype, kFieldNames[kind->field], reader.field());
    }
    const int done = append_field(reader, *kind, out);
    if (done < 0) return malformed(fmt::format("the contents of input '{}'", input));
    if (done == 0) {
      return Error(Code::kInvalidArgument, "realtime.value",
                   fmt::format("input '{}': a value does not fit datatype {}", input, datatype));
    }
  }
  if (!reader.ok()) return malformed(fmt::format("the contents of input '{}'", input));
  return {};
}

// ---- answers

void InferAnswer::begin(std::string_view model_name, std::string_view model_version,
                        std::string_view id) {
  append_bytes_field(1, model_name, out_);
  append_bytes_field(2, model_version, out_);
  if (!id.empty()) append_bytes_field(3, id, out_);
}

void InferAnswer::add_output(std::string_view name, std::string_view datatype,
                             std::span<const std::int64_t> shape) {
  std::size_t dims = 0;
  for (const std::int64_t dim : shape) dims += varint_size(static_cast<std::uint64_t>(dim));
  const std::size_t size = 1 + varint_size(name.size()) + name.size() + 1 +
                           varint_size(datatype.size()) + datatype.size() + 1 + varint_size(dims) +
                           dims;
  append_length(5, size, out_);
  append_bytes_field(1, name, out_);
  append_bytes_field(2, datatype, out_);
  append_length(3, dims, out_);
  for (const std::int64_t dim : shape) append_varint(static_cast<std::uint64_t>(dim), out_);
}

void InferAnswer::add_raw(std::string_view bytes) { append_bytes_field(6, bytes, out_); }

void InferAnswer::add_parameter(std::string_view name, bool value) {
  append_length(4, 2 + name.size() + varint_size(name.size()) - 1 + 4, out_);
  append_bytes_field(1, name, out_);
  append_length(2, 2, out_);
  *out_ += '\x08';
  *out_ += static_cast<char>(value);
}

}  // namespace slipway::deploy::realtime::grpc
