// SPDX-License-Identifier: Apache-2.0
#include "app/grpcurl_message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/json_writer.h"

namespace slipway::app {
namespace {

std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j)
      word = word << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[word >> (18 - 6 * j) & 63];
  }
  return out;
}

// Where values of a type go in a message.
std::string_view contents_of(std::string_view datatype) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kNames{
      {{"BOOL", "bool_contents"},
       {"INT8", "int_contents"},
       {"INT16", "int_contents"},
       {"INT32", "int_contents"},
       {"INT64", "int64_contents"},
       {"UINT8", "uint_contents"},
       {"UINT16", "uint_contents"},
       {"UINT32", "uint_contents"},
       {"UINT64", "uint64_contents"},
       {"FP32", "fp32_contents"},
       {"FP64", "fp64_contents"},
       {"BYTES", "bytes_contents"}}};
  for (const auto& [type, name] : kNames) {
    if (type == datatype) return name;
  }
  return "";
}

// Nested lists one value after the other.
bool write_values(JsonView data, JsonWriter* json) {
  if (data.is_array()) {
    for (const JsonView item : data.array()) {
      if (!write_values(item, json)) return false;
    }
    return true;
  }
  if (const auto text = data.as_string()) return json->value(base64_of(*text)), true;
  if (const auto bit = data.as_bool()) return json->value(*bit), true;
  if (const auto whole = data.as_int64()) return json->value(*whole), true;
  const auto number = data.as_double();
  if (number) json->value(*number);
  return number.has_value();
}

bool write_input(JsonView input, JsonWriter* json) {
  const auto name = input.find("name").as_string(), datatype = input.find("datatype").as_string();
  const std::string_view contents = contents_of(datatype.value_or(""));
  if (!name || contents.empty()) return false;
  json->begin_object().member("name", *name).member("datatype", *datatype);
  json->key("shape").begin_array();
  for (const JsonView size : input.find("shape").array()) json->value(size.as_int64().value_or(0));
  json->end_array().key("contents").begin_object().key(contents).begin_array();
  if (!write_values(input.find("data"), json)) return false;
  json->end_array().end_object().end_object();
  return true;
}

}  // namespace

std::optional<std::string> infer_message_json(std::string_view model, JsonView request) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("model_name", model).key("inputs").begin_array();
  std::size_t inputs = 0;
  for (const JsonView input : request.find("inputs").array()) {
    if (!write_input(input, &json)) return std::nullopt;
    ++inputs;
  }
  json.end_array().end_object();
  if (inputs == 0) return std::nullopt;
  return text;
}

}  // namespace slipway::app
