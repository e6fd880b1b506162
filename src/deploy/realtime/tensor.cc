// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "deploy/realtime/tensor_bytes.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::array<std::string_view, 14> kNames = {"BOOL",  "INT8",   "INT16",  "INT32",  "INT64",
                                                     "UINT8", "UINT16", "UINT32", "UINT64", "FP16",
                                                     "BF16",  "FP32",   "FP64",   "BYTES"};
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

// The integers of a datatype lie in [low, high), as doubles: powers of two, so exact.
struct Range {
  double low, high;
};

std::optional<Range> range_of(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return Range{-0x1p7, 0x1p7};
    case DataType::kInt16:
      return Range{-0x1p15, 0x1p15};
    case DataType::kInt32:
      return Range{-0x1p31, 0x1p31};
    case DataType::kInt64:
      return Range{-0x1p63, 0x1p63};
    case DataType::kUint8:
      return Range{0, 0x1p8};
    case DataType::kUint16:
      return Range{0, 0x1p16};
    case DataType::kUint32:
      return Range{0, 0x1p32};
    case DataType::kUint64:
      return Range{0, 0x1p64};
    default:
      return std::nullopt;
  }
}

std::string value_text(JsonView value) {
  const auto number = value.as_double();
  if (number) return fmt::format("{}", *number);
  return std::string(value.describe());
}

Error bad_value(const Tensor& tensor, std::size_t index, JsonView value) {
  return invalid("realtime.value", "input '{}', value {}: {} expected, found {}", tensor.name,
                 index, name_of(tensor.type), value_text(value));
}

// The largest double that rounds to a finite float.
bool fits_float(double value) {
  return !std::isfinite(value) || std::isfinite(static_cast<float>(value));
}

bool is_short_float(DataType type) {
  return type == DataType::kFp32 || type == DataType::kFp16 || type == DataType::kBf16;
}

// One value of a datatype other than BYTES.
bool read_number(JsonView value, DataType type, double* out) {
  if (value.is_null()) return *out = kMissing, true;
  if (type == DataType::kBool) {
    const auto bit = value.as_bool();
    const auto number = value.as_double();
    *out = bit ? static_cast<double>(*bit) : number.value_or(-1);
    return *out == 0 || *out == 1;
  }
  const auto number = value.as_double();
  if (!number) return false;
  *out = *number;
  if (type == DataType::kFp64) return true;
  if (is_short_float(type)) return *out = static_cast<float>(*number), fits_float(*number);
  const auto range = range_of(type);
  if (!range || *number < range->low) return false;
  // An integer just below 2^63 or 2^64 has rounded up to it.
  const bool is_top = *number == range->high && (value.as_int64() || value.as_uint64()) &&
                      (type == DataType::kUint64 || (type == DataType::kInt64 && value.as_int64()));
  return (*number < range->high || is_top) && std::floor(*number) == *number;
}

// Flat numbers, which is what most requests bring: one pass over the parsed text.
bool read_flat(const Tensor& tensor, std::span<double> out) {
  if (tensor.type != DataType::kFp32 && tensor.type != DataType::kFp64) return false;
  if (!tensor.data.read_doubles(out)) return false;
  if (tensor.type == DataType::kFp64) return true;
  for (double& value : out) {
    if (!fits_float(value)) return false;
    value = static_cast<float>(value);
  }
  return true;
}

bool is_nested(const Tensor& tensor) {
  const JsonArray items = tensor.data.array();
  return items.begin() != items.end() && (*items.begin()).is_array();
}

// Calls take(value, index) for each value in order; false as soon as it does.
template <typename Take>
bool for_each_value(const Tensor& tensor, Take take) {
  std::size_t index = 0;
  for (const JsonView item : tensor.data.array()) {
    if (!item.is_array()) {
      if (!take(item, index++)) return false;
      continue;
    }
    for (const JsonView value : item.array()) {
      if (!take(value, index++)) return false;
    }
  }
  return true;
}

Result<void> parse_shape(JsonView shape, Tensor* tensor) {
  constexpr std::size_t kRankMax = 8;
  constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 40;
  constexpr std::uint64_t kAllMax = std::uint64_t{1} << 56;  // so that their bytes can be counted
  std::size_t rank = 0;
  std::uint64_t rows = 0, width = 1, all = 1;
  for (const JsonView item : shape.array()) {
    const auto size = item.as_uint64();
    if (!size || *size > kSizeMax || rank == kRankMax || (*size > 0 && all > kAllMax / *size)) {
      rank = 0;
      break;
    }
    if (*size > 0) all *= *size;
    if (rank++ == 0) {
      rows = *size;
    } else {
      width *= *size;
    }
  }
  if (rank == 0) {
    return invalid("realtime.shape",
                   "input '{}': shape must be [rows] or [rows, columns], whole numbers of one or "
                   "more dimensions",
                   tensor->name);
  }
  tensor->rank = rank;
  tensor->rows = static_cast<std::size_t>(rows);
  tensor->width = static_cast<std::size_t>(width);
  return {};
}

// How the values come, if not as JSON: its binary_data_size and content_type.
Result<void> read_parameters(JsonView parameters, std::string_view* binary, Tensor* tensor) {
  if (!parameters.find("shared_memory_region").is_missing()) {
    return Error(Code::kUnimplemented, "realtime.tensor_form",
                 fmt::format("input '{}': shared_memory_region is not served here; send the values "
                             "in the request",
                             tensor->name));
  }
  if (const JsonView size = parameters.find("binary_data_size"); !size.is_missing()) {
    const auto bytes = size.as_uint64();
    if (!bytes || *bytes > binary->size()) {
      return invalid(
          "realtime.tensor",
          "input '{}': binary_data_size must be a number of bytes behind the JSON, of which {} "
          "are left here (Inference-Header-Content-Length says where the JSON ends)",
          tensor->name, binary->size());
    }
    tensor->is_binary = true;
    tensor->bytes = binary->substr(0, static_cast<std::size_t>(*bytes));
    binary->remove_prefix(static_cast<std::size_t>(*bytes));
  }
  const JsonView content = parameters.find("content_type");
  if (content.is_missing()) return {};
  static constexpr std::array<std::string_view, 5> kKnown{"np", "pd", "str", "base64", "datetime"};
  const std::string_view type = content.as_string().value_or("");
  if (std::find(kKnown.begin(), kKnown.end(), type) == kKnown.end()) {
    return invalid("realtime.content_type",
                   "input '{}': content_type must be one of {}, found '{}'", tensor->name,
                   fmt::join(kKnown, ", "), type);
  }
  tensor->is_base64 = type == "base64";
  return {};
}

}  // namespace

std::string_view name_of(DataType type) { return kNames[static_cast<std::size_t>(type)]; }

std::optional<DataType> datatype_named(std::string_view name) {
  // What nearly all requests bring.
  if (name == "FP64") return DataType::kFp64;
  if (name == "FP32") return DataType::kFp32;
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<DataType>(at - kNames.begin());
}

std::string Tensor::shape_text() const {
  if (rank > 2) return fmt::format("{} dims of {} rows with {} values each", rank, rows, width);
  return rank == 1 ? fmt::format("[{}]", rows) : fmt::format("[{}, {}]", rows, width);
}

Result<Tensor> parse_tensor(JsonView item, std::string_view* binary) {
  Tensor tensor;
  std::string_view datatype;
  JsonView shape, parameters;
  for (const JsonMember member : item.object()) {
    if (member.key == "name") tensor.name = member.value.as_string().value_or("");
    if (member.key == "datatype") datatype = member.value.as_string().value_or("");
    if (member.key == "shape") shape = member.value;
    if (member.key == "data") tensor.data = member.value;
    if (member.key == "parameters") parameters = member.value;
  }
  if (tensor.name.empty()) {
    return invalid("realtime.tensor", "each input must be an object with a 'name', found {}",
                   item.is_object() ? "one without" : item.describe());
  }
  if (!parameters.is_missing()) RETURN_IF_ERROR(read_parameters(parameters, binary, &tensor));
  const auto type = datatype_named(datatype);
  if (!type) {
    return invalid("realtime.datatype", "input '{}': datatype must be one of {}, found {}",
                   tensor.name, fmt::join(kNames, ", "),
                   datatype.empty() ? "none" : fmt::format("'{}'", datatype));
  }
  tensor.type = *type;
  RETURN_IF_ERROR(parse_shape(shape, &tensor));
  if (tensor.is_binary != tensor.data.is_missing()) {
    return invalid(
        "realtime.tensor",
        "Input must set only one of the following fields: 'data', 'binary_data_size'; input '{}' "
        "has {}",
        tensor.name, tensor.is_binary ? "both" : "none");
  }
  if (!tensor.is_binary && !tensor.data.is_array()) {
    return invalid("realtime.tensor", "input '{}': 'data' must be an array, found {}", tensor.name,
                   tensor.data.describe());
  }
  return tensor;
}

Result<void> check_size(const Tensor& tensor) {
  if (tensor.values != nullptr) return {};
  if (tensor.is_binary) return check_bytes(tensor);
  const auto wrong = [&](std::size_t found) {
    return invalid("realtime.shape", "input '{}': shape {} wants {} values, data has {}",
                   tensor.name, tensor.shape_text(), tensor.rows * tensor.width, found);
  };
  const std::size_t size = tensor.data.size();
  if (!is_nested(tensor)) {
    return size == tensor.rows * tensor.width ? Result<void>() : wrong(size);
  }
  if (tensor.rank == 1 || size != tensor.rows) {
    return invalid("realtime.shape", "input '{}': shape is {}, data is nested with {} rows",
                   tensor.name, tensor.shape_text(), size);
  }
  std::size_t row = 0;
  for (const JsonView item : tensor.data.array()) {
    if (!item.is_array() || item.size() != tensor.width) {
      return invalid("realtime.shape", "input '{}', row {}: {} values expected, found {}",
                     tensor.name, row, tensor.width,
                     item.is_array() ? fmt::format("{}", item.size()) : item.describe());
    }
    ++row;
  }
  return {};
}

Result<void> read_numbers(const Tensor& tensor, std::span<double> out) {
  if (tensor.values != nullptr) {
    std::copy_n(tensor.values, out.size(), out.begin());
    return {};
  }
  if (tensor.is_binary) return numbers_of_bytes(tensor, out);
  if (read_flat(tensor, out)) return {};
  std::optional<Error> error;
  for_each_value(tensor, [&](JsonView value, std::size_t index) {
    if (read_number(value, tensor.type, &out[index])) return true;
    error = bad_value(tensor, index, value);
    return false;
  });
  if (error) return *std::move(error);
  return {};
}

Result<void> read_text(const Tensor& tensor, std::span<frame::StringBuilder> out) {
  if (tensor.is_binary) return texts_of_bytes(tensor, out);
  std::optional<Error> error;
  for_each_value(tensor, [&](JsonView value, std::size_t index) {
    frame::StringBuilder& to = out[index % out.size()];
    const auto text = value.as_string();
    if (text) {
      auto added = append_text(tensor, index, *text, &to);
      if (!added) error = std::move(added).error();
    } else if (value.is_null()) {
      to.append_null();
    } else {
      error = bad_value(tensor, index, value);
    }
    return !error;
  });
  if (error) return *std::move(error);
  return {};
}

Result<void> read_bools(const Tensor& tensor, frame::BoolBuilder* out) {
  if (tensor.is_binary) return bools_of_bytes(tensor, out);
  std::optional<Error> error;
  for_each_value(tensor, [&](JsonView value, std::size_t index) {
    double bit = 0;
    if (value.is_null()) {
      out->append_null();
    } else if (read_number(value, DataType::kBool, &bit)) {
      out->append(bit != 0);
    } else {
      error = bad_value(tensor, index, value);
    }
    return !error;
  });
  if (error) return *std::move(error);
  return {};
}

}  // namespace slipway::deploy::realtime
