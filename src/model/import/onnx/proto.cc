// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/proto.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>

#include "model/import/onnx/wire.h"

namespace slipway::model {
namespace {

constexpr int kMaxNesting = 16;  // graphs in attributes of nodes of graphs

Error bad(const char* reason, std::string what) {
  return Error(Code::kInvalidArgument, reason, std::move(what));
}

// Calls `each` with every field of a message.
template <typename Each>
Result<void> read_message(std::string_view bytes, std::size_t at, Each each) {
  WireReader reader(bytes, at);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<WireField> field, reader.next());
    if (!field) return {};
    RETURN_IF_ERROR(each(*field));
  }
}

Result<void> set(std::string_view* to, const WireField& field) {
  ASSIGN_OR_RETURN(*to, field.text());
  return {};
}
Result<void> set(std::int64_t* to, const WireField& field) {
  ASSIGN_OR_RETURN(*to, field.integer());
  return {};
}
Result<void> add(std::vector<std::string_view>* to, const WireField& field) {
  ASSIGN_OR_RETURN(to->emplace_back(), field.text());
  return {};
}

class FileReader {
 public:
  explicit FileReader(OnnxFile* file) : file_(file) {}

  Result<void> model(const WireField& field) {
    switch (field.number) {
      case 1:
        return set(&file_->ir_version, field);
      case 2:
        return set(&file_->producer, field);
      case 3:
        return set(&file_->producer_version, field);
      case 7:
        if (std::exchange(seen_graph_, true))
          return bad("model.onnx.wire", fmt::format("byte {}: a second graph", field.at));
        return graph(field, &file_->graph, 0);
      case 8:
        return opset(field);
      case 25:
        return function(field);
      default:
        return {};
    }
  }

 private:
  Result<void> opset(const WireField& message) {
    std::string_view domain;
    std::int64_t version = 0;
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    RETURN_IF_ERROR(read_message(bytes, message.inside, [&](const WireField& field) {
      if (field.number == 1) return set(&domain, field);
      return field.number == 2 ? set(&version, field) : Result<void>();
    }));
    file_->opsets[domain == "ai.onnx" ? "" : domain] = version;
    return {};
  }

  // Its nodes are looked through; ONNX Runtime puts them in the place of the calls.
  Result<void> function(const WireField& message) {
    OnnxGraphParts parts;
    std::string_view domain;
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    RETURN_IF_ERROR(read_message(bytes, message.inside, [&](const WireField& field) {
      if (field.number == 10) return set(&domain, field);
      return field.number == 7 ? node(field, &parts, 0) : Result<void>();
    }));
    file_->function_domains.push_back(domain);
    return {};
  }

  Result<void> graph(const WireField& message, OnnxGraphParts* parts, int depth) {
    if (depth > kMaxNesting)
      return bad(
          "model.onnx.nesting",
          fmt::format("byte {}: graphs lie in graphs more than {} deep", message.at, kMaxNesting));
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    return read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
      switch (field.number) {
        case 1:
          return node(field, parts, depth);
        case 5: {
          ASSIGN_OR_RETURN(parts->initializers.emplace_back(), tensor(field));
          return {};
        }
        case 11:
          return value(field, &parts->inputs);
        case 12:
          return value(field, &parts->outputs);
        case 15:
          parts->sparse = true;
          return sparse(field);
        default:
          return {};
      }
    });
  }

  Result<void> node(const WireField& message, OnnxGraphParts* parts, int depth) {
    OnnxNode made;
    ASSIGN_OR_RETURN(made.bytes, message.text());
    RETURN_IF_ERROR(
        read_message(made.bytes, message.inside, [&](const WireField& field) -> Result<void> {
          switch (field.number) {
            case 1:
              return add(&made.inputs, field);
            case 2:
              return add(&made.outputs, field);
            case 3:
              return set(&made.name, field);
            case 4:
              return set(&made.type, field);
            case 5:
              return attribute(field, &made.attributes, depth);
            case 7:
              return set(&made.domain, field);
            default:
              return {};
          }
        }));
    if (made.domain == "ai.onnx") made.domain = "";
    file_->domains.emplace(made.domain, made.type);
    parts->nodes.push_back(std::move(made));
    return {};
  }

  Result<void> attribute(const WireField& message, std::vector<OnnxAttribute>* to, int depth) {
    OnnxAttribute made;
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    RETURN_IF_ERROR(
        read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
          switch (field.number) {
            case 1:
              return set(&made.name, field);
            case 2: {
              ASSIGN_OR_RETURN(made.real, field.real());
              return {};
            }
            case 3: {
              ASSIGN_OR_RETURN(made.integer, field.integer());
              return {};
            }
            case 4: {
              ASSIGN_OR_RETURN(made.text, field.text());
              return {};
            }
            case 5: {
              ASSIGN_OR_RETURN(made.tensor, tensor(field));
              return {};
            }
            case 7:
              return field.reals(&made.reals);
            case 8:
              return field.integers(&made.integers);
            case 9:
              return add(&made.texts, field);
            case 6:
            case 10:
            case 11:
            case 22:
            case 23:
              made.other = true;
              return nested(field, depth);
            case 14:
            case 15:
            case 21:
              made.other = true;
              return {};
            default:
              return {};
          }
        }));
    to->push_back(std::move(made));
    return {};
  }

  // What lies in an attribute is looked through, not kept.
  Result<void> nested(const WireField& field, int depth) {
    OnnxGraphParts unused;
    switch (field.number) {
      case 6:
      case 11:
        return graph(field, &unused, depth + 1);
      case 10: {
        ASSIGN_OR_RETURN(const OnnxTensor seen, tensor(field));
        return {};
      }
      default:
        return sparse(field);
    }
  }

  Result<void> sparse(const WireField& message) {
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    return read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
      if (field.number != 1 && field.number != 2) return {};
      ASSIGN_OR_RETURN(const OnnxTensor seen, tensor(field));
      return {};
    });
  }

  Result<OnnxTensor> tensor(const WireField& message) {
    OnnxTensor made;
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    std::int64_t location = 0;
    RETURN_IF_ERROR(
        read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
          switch (field.number) {
            case 1:
              return field.integers(&made.dims);
            case 2:
              return set(&made.type, field);
            case 4:
              return field.reals(&made.floats);
            case 5:
            case 7:
            case 11:
              return field.integers(&made.integers);
            case 6:
              return add(&made.texts, field);
            case 8:
              return set(&made.name, field);
            case 9:
              return set(&made.raw, field);
            case 10:
              return field.doubles(&made.doubles);
            case 13:
              made.external = true;
              return {};
            case 14:
              return set(&location, field);
            default:
              return {};
          }
        }));
    made.external = made.external || location == 1;
    if (made.external && !file_->external) file_->external = made.name;
    return made;
  }

  Result<void> value(const WireField& message, std::vector<OnnxValue>* to) {
    OnnxValue made;
    ASSIGN_OR_RETURN(made.bytes, message.text());
    RETURN_IF_ERROR(
        read_message(made.bytes, message.inside, [&](const WireField& field) -> Result<void> {
          if (field.number == 1) return set(&made.name, field);
          return field.number == 2 ? type(field, &made) : Result<void>();
        }));
    to->push_back(std::move(made));
    return {};
  }

  static Result<void> type(const WireField& message, OnnxValue* made) {
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    return read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
      made->is_tensor = field.number == 1;
      if (field.number == 4) return sequence(field, made);
      if (field.number != 1) return {};
      ASSIGN_OR_RETURN(const std::string_view tensor, field.text());
      return read_message(tensor, field.inside, [&](const WireField& part) -> Result<void> {
        if (part.number == 1) return set(&made->type, part);
        return part.number == 2 ? shape(part, made) : Result<void>();
      });
    });
  }

  static Result<void> sequence(const WireField& message, OnnxValue* made) {
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    return read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
      if (field.number != 1) return {};
      ASSIGN_OR_RETURN(const std::string_view element, field.text());
      return read_message(element, field.inside, [&](const WireField& part) -> Result<void> {
        made->is_sequence_of_maps = part.number == 5;
        return {};
      });
    });
  }

  static Result<void> shape(const WireField& message, OnnxValue* made) {
    made->has_shape = true;
    ASSIGN_OR_RETURN(const std::string_view bytes, message.text());
    return read_message(bytes, message.inside, [&](const WireField& field) -> Result<void> {
      if (field.number != 1) return {};
      auto& dim = made->dims.emplace_back(-1, "");
      ASSIGN_OR_RETURN(const std::string_view inner, field.text());
      return read_message(inner, field.inside, [&](const WireField& part) {
        if (part.number == 1) return set(&dim.first, part);
        return part.number == 2 ? set(&dim.second, part) : Result<void>();
      });
    });
  }

  OnnxFile* file_;
  bool seen_graph_ = false;
};

template <typename T>
std::vector<double> raw_numbers(std::string_view raw) {
  std::vector<double> out(raw.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof value);
    out[i] = static_cast<double>(value);
  }
  return out;
}

std::size_t width_of_type(std::int64_t type) {
  switch (type) {
    case kOnnxUInt8:
    case kOnnxInt8:
    case kOnnxBool:
      return 1;
    case kOnnxUInt16:
    case kOnnxInt16:
      return 2;
    case kOnnxFloat:
    case kOnnxInt32:
    case kOnnxUInt32:
      return 4;
    case kOnnxDouble:
    case kOnnxInt64:
    case kOnnxUInt64:
      return 8;
    default:
      return 0;
  }
}

std::vector<double> raw_of_type(std::int64_t type, std::string_view raw) {
  switch (type) {
    case kOnnxFloat:
      return raw_numbers<float>(raw);
    case kOnnxDouble:
      return raw_numbers<double>(raw);
    case kOnnxInt8:
      return raw_numbers<std::int8_t>(raw);
    case kOnnxInt16:
      return raw_numbers<std::int16_t>(raw);
    case kOnnxUInt16:
      return raw_numbers<std::uint16_t>(raw);
    case kOnnxInt32:
      return raw_numbers<std::int32_t>(raw);
    case kOnnxUInt32:
      return raw_numbers<std::uint32_t>(raw);
    case kOnnxInt64:
      return raw_numbers<std::int64_t>(raw);
    case kOnnxUInt64:
      return raw_numbers<std::uint64_t>(raw);
    default:
      return raw_numbers<std::uint8_t>(raw);
  }
}

}  // namespace

std::string onnx_type_name(std::int64_t type) {
  constexpr std::array<std::string_view, 14> kNames{
      "nothing", "float",  "uint8", "int8",    "uint16", "int16",  "int32",
      "int64",   "string", "bool",  "float16", "double", "uint32", "uint64"};
  if (type >= 0 && type < static_cast<std::int64_t>(kNames.size()))
    return std::string(kNames[static_cast<std::size_t>(type)]);
  return fmt::format("type {}", type);
}

Result<std::size_t> OnnxTensor::count() const {
  std::uint64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || (dim > 0 && count > (std::uint64_t{1} << 40) / static_cast<std::uint64_t>(dim)))
      return bad("model.onnx.tensor", fmt::format("tensor '{}' has a dim of {}", name, dim));
    count *= static_cast<std::uint64_t>(dim);
  }
  return static_cast<std::size_t>(count);
}

Result<std::vector<double>> OnnxTensor::numbers() const {
  ASSIGN_OR_RETURN(const std::size_t expected, count());
  std::vector<double> out;
  const std::size_t width = width_of_type(type);
  if (width == 0 || external)
    return bad("model.onnx.tensor",
               fmt::format("tensor '{}' is of {}, numbers expected", name, onnx_type_name(type)));
  if (!raw.empty()) {
    out = raw_of_type(type, raw.substr(0, raw.size() / width * width));
  } else if (type == kOnnxFloat) {
    out.assign(floats.begin(), floats.end());
  } else if (type == kOnnxDouble) {
    out = doubles;
  } else {
    for (const std::int64_t each : integers)
      out.push_back(type == kOnnxUInt64 ? static_cast<double>(static_cast<std::uint64_t>(each))
                                        : static_cast<double>(each));
  }
  if (out.size() == expected) return out;
  return bad("model.onnx.tensor", fmt::format("tensor '{}' has {} numbers, its dims say {}", name,
                                              out.size(), expected));
}

const OnnxAttribute* OnnxNode::find(std::string_view attribute) const {
  for (const OnnxAttribute& each : attributes) {
    if (each.name == attribute) return &each;
  }
  return nullptr;
}

Result<OnnxFile> read_onnx_file(std::string_view bytes) {
  OnnxFile file;
  FileReader reader(&file);
  RETURN_IF_ERROR(
      read_message(bytes, 0, [&](const WireField& field) { return reader.model(field); }));
  return file;
}

}  // namespace slipway::model
