// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/example.h"

#include "base/json_writer.h"
#include "base/text.h"

namespace slipway::deploy::realtime {
namespace {

void write_value(const InputColumn& column, JsonWriter* json) {
  switch (column.wire) {
    case Wire::kNumber:
      json->value(0.0);
      return;
    case Wire::kCategoryText:
      // A text that most graphs of text take, where no category says more.
      json->value(column.first_category.empty() ? "0" : std::string_view(column.first_category));
      return;
    case Wire::kCategoryNumber:
      json->value(parse_double(column.first_category).value_or(0));
      return;
    case Wire::kCategoryBool:
      json->value(column.first_category == "true");
      return;
  }
}

std::string_view datatype_of(Wire wire) {
  if (wire == Wire::kCategoryText) return "BYTES";
  return wire == Wire::kCategoryBool ? "BOOL" : "FP64";
}

// A tensor that the file names.
void write_group(const InputTable::Group& group, const InputTable& inputs, JsonWriter* json) {
  json->begin_object().member("name", group.name).member("datatype", group.datatype);
  json->key("shape").begin_array().value(1);
  for (const std::uint32_t dim : group.dims) json->value(dim);
  json->end_array().key("data").begin_array();
  const bool is_whole = group.datatype.find("INT") != std::string::npos;
  for (std::size_t c = group.first; c < group.first + group.count; ++c) {
    if (is_whole) {
      json->value(0);
    } else if (group.datatype == "BOOL") {
      json->value(false);
    } else {
      write_value(inputs.columns()[c], json);
    }
  }
  json->end_array().end_object();
}

}  // namespace

std::string example_infer(const InputTable& inputs) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().key("inputs").begin_array();
  for (const auto& group : inputs.groups()) {
    if (!group.control) write_group(group, inputs, &json);
  }
  if (!inputs.groups().empty()) {
    json.end_array().end_object();
    return text;
  }
  if (inputs.all_numbers()) {
    json.begin_object().member("name", "input-0").member("datatype", "FP64");
    json.key("shape").begin_array().value(1).value(inputs.size()).end_array();
    json.key("data").begin_array();
    for (const InputColumn& column : inputs.columns()) write_value(column, &json);
    json.end_array().end_object();
  } else {
    for (const InputColumn& column : inputs.columns()) {
      json.begin_object().member("name", column.name);
      json.member("datatype", datatype_of(column.wire));
      json.key("shape").begin_array().value(1).end_array().key("data").begin_array();
      write_value(column, &json);
      json.end_array().end_object();
    }
  }
  json.end_array().end_object();
  return text;
}

std::string example_instances(const InputTable& inputs) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().key("instances").begin_array().begin_object();
  for (const InputColumn& column : inputs.columns()) {
    json.key(column.name);
    write_value(column, &json);
  }
  json.end_object().end_array().end_object();
  return text;
}

std::string example_ranking(const InputTable& inputs) {
  std::string text = example_instances(inputs);
  constexpr std::string_view kKey = "{\"instances\":";
  return "{\"candidates\":" + text.substr(kKey.size());
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace slipway::deploy::realtime
