// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/model_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/text.h"
#include "deploy/realtime/output_slice.h"

namespace slipway::deploy::realtime {
namespace {

// Fields of these messages that are lists even where one entry is given, or none.
constexpr std::array<std::string_view, 16> kLists{"dims",
                                                  "control_input",
                                                  "control",
                                                  "state",
                                                  "step",
                                                  "versions",
                                                  "shape",
                                                  "gpus",
                                                  "instance_group",
                                                  "preferred_batch_size",
                                                  "batch_input",
                                                  "batch_output",
                                                  "inputs",
                                                  "int32_false_true",
                                                  "fp32_false_true",
                                                  "bool_false_true"};
constexpr std::array<std::string_view, 3> kMaps{"parameters", "input_map", "output_map"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void write_message(const TextMessage& message, JsonWriter* json);

// 64-bit integers too are numbers, and enums their names.
void write_scalar(const TextField& field, JsonWriter* json) {
  if (!field.is_string && (field.scalar == "true" || field.scalar == "false"))
    return void(json->value(field.scalar == "true"));
  if (const auto integer = parse_int64(field.scalar); integer && !field.is_string)
    return void(json->value(*integer));
  if (const auto number = parse_double(field.scalar); number && !field.is_string)
    return void(json->value(*number));
  json->value(field.scalar);
}

void write_field(const TextField& field, JsonWriter* json) {
  field.message != nullptr ? write_message(*field.message, json) : write_scalar(field, json);
}

void write_named(const TextMessage& message, std::string_view name, JsonWriter* json) {
  std::vector<const TextField*> all;
  for (const TextField& field : message.fields) {
    if (field.name == name) all.push_back(&field);
  }
  json->key(name);
  if (is_one_of(kMaps, name)) {
    json->begin_object();
    for (const TextField* entry : all) {
      const std::string* key = entry->message ? entry->message->scalar("key") : nullptr;
      if (key == nullptr) continue;
      json->key(*key);
      const TextMessage* value = entry->message->message("value");
      const std::string* text = entry->message->scalar("value");
      value != nullptr ? write_message(*value, json) : void(json->value(text ? *text : ""));
    }
    json->end_object();
    return;
  }
  if (all.size() == 1 && !is_one_of(kLists, name)) return write_field(*all[0], json);
  json->begin_array();
  for (const TextField* field : all) write_field(*field, json);
  json->end_array();
}

void write_message(const TextMessage& message, JsonWriter* json) {
  json->begin_object();
  std::vector<std::string_view> done;
  for (const TextField& field : message.fields) {
    if (is_one_of(done, field.name)) continue;
    done.push_back(field.name);
    write_named(message, field.name, json);
  }
  json->end_object();
}

std::string type_of(std::string_view datatype) {
  return "TYPE_" + std::string(datatype == "BYTES" ? "STRING" : datatype);
}

void write_dims(std::span<const std::uint32_t> dims, bool has_rows, JsonWriter* json) {
  json->key("dims").begin_array();
  if (has_rows) json->value(-1);
  for (const std::uint32_t dim : dims) json->value(dim);
  if (!has_rows && dims.empty()) json->value(1);
  json->end_array();
}

std::string_view datatype_of_wire(Wire wire) {
  if (wire == Wire::kCategoryText) return "BYTES";
  return wire == Wire::kCategoryBool ? "BOOL" : "FP64";
}

// As the file has it, or what the model takes.
void write_inputs(const Endpoint& endpoint, bool has_rows, JsonWriter* json) {
  json->key("input").begin_array();
  const auto write = [&](std::string_view name, std::string_view datatype,
                         std::span<const std::uint32_t> dims) {
    json->begin_object().member("name", name).member("data_type", type_of(datatype));
    json->member("format", "FORMAT_NONE");
    write_dims(dims, has_rows, json);
    json->member("is_shape_tensor", false).member("allow_ragged_batch", false);
    json->member("optional", false).member("is_non_linear_format_io", false).end_object();
  };
  for (const auto& group : endpoint.inputs.groups()) {
    if (!group.control) write(group.name, group.datatype, group.dims);
  }
  if (endpoint.inputs.groups().empty()) {
    for (const InputColumn& column : endpoint.inputs.columns())
      write(column.name, datatype_of_wire(column.wire), {});
  }
  json->end_array();
}

void write_outputs(const Endpoint& endpoint, bool has_rows, JsonWriter* json) {
  json->key("output").begin_array();
  const bool named = !endpoint.layout.tensors.empty();
  for (const std::string& name : endpoint.layout.names) {
    if (named && name == kMargin) continue;
    const OutputSlice slice = output_slice(endpoint.layout, name);
    std::string file;
    for (const TextMessage* output : endpoint.served->config->fields.messages("output")) {
      const std::string* own = output->scalar("name");
      const std::string* label = output->scalar("label_filename");
      if (own != nullptr && label != nullptr && *own == name) file = *label;
    }
    json->begin_object().member("name", name).member("data_type", type_of(slice.datatype));
    write_dims(slice.dims, has_rows, json);
    json->member("label_filename", file).member("is_shape_tensor", false);
    json->member("is_non_linear_format_io", false).end_object();
  }
  json->end_array();
}

void write_policy(const TextMessage& fields, JsonWriter* json) {
  if (fields.has("version_policy")) return write_named(fields, "version_policy", json);
  json->key("version_policy").begin_object().key("latest").begin_object();
  json->member("num_versions", 1).end_object().end_object();
}

}  // namespace

void write_model_config(const Endpoint& endpoint, std::string* out) {
  const ServingConfig& config = *endpoint.served->config;
  const TextMessage& fields = config.fields;
  const auto text = [&](std::string_view name, std::string_view fallback) {
    const std::string* found = fields.scalar(name);
    return found != nullptr ? *found : std::string(fallback);
  };
  // Where rows are not batched by configuration, they are a dimension like any other.
  const bool has_rows = config.rows_max == 0;
  JsonWriter json(out);
  json.begin_object().member("name", endpoint.name());
  json.member("platform", text("platform", "")).member("backend", text("backend", "slipway"));
  json.member("runtime", text("runtime", ""));
  write_policy(fields, &json);
  json.member("max_batch_size", config.rows_max);
  write_inputs(endpoint, has_rows, &json);
  write_outputs(endpoint, has_rows, &json);
  for (const auto* name : {"batch_input", "batch_output", "instance_group"})
    write_named(fields, name, &json);
  for (const auto* name : {"optimization", "dynamic_batching", "sequence_batching",
                           "model_transaction_policy", "response_cache"}) {
    if (fields.has(name)) write_named(fields, name, &json);
  }
  json.member("default_model_filename", text("default_model_filename", ""));
  json.key("cc_model_filenames").begin_object().end_object();
  json.key("metric_tags").begin_object().end_object();
  write_named(fields, "parameters", &json);
  json.key("model_warmup").begin_array().end_array();
  json.end_object();
}

}  // namespace slipway::deploy::realtime
