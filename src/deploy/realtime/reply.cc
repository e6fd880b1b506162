// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <span>

#include "base/json_writer.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/output_slice.h"

namespace slipway::deploy::realtime {
namespace {

constexpr JsonWriter::Options kDialect{.pretty = false,
                                       .non_finite = JsonWriter::NonFinite::kToken};

void append_integer(std::uint64_t value, std::string* out) {
  const fmt::format_int text(value);
  out->append(text.data(), text.size());
}

// Columns [first, first + count) of `scores`, row by row.
template <typename T>
void write_rows(const frame::Frame& scores, std::size_t first, std::size_t count,
                JsonWriter* json) {
  if (count == 1) {
    json->values(scores.column(first).values<T>());
    return;
  }
  json->begin_array();
  for (std::int64_t row = 0; row < scores.rows(); ++row) {
    for (std::size_t i = 0; i < count; ++i) {
      json->value(scores.column(first + i).values<T>()[static_cast<std::size_t>(row)]);
    }
  }
  json->end_array();
}

// The first `count` columns, row by row.
void write_labels(const frame::Frame& scores, std::size_t count, JsonWriter* json) {
  json->begin_array();
  for (std::int64_t row = 0; row < scores.rows(); ++row) {
    for (std::size_t i = 0; i < count; ++i) json->value(scores.column(i).text_at(row));
  }
  json->end_array();
}

// Where an output's columns are.
struct Place {
  std::size_t first = 0;
  std::size_t count = 1;
  bool is_matrix = false;
  bool is_label = false;
};

// A literal, for it is in every reply.
std::string_view name_and_type(std::string_view output, const OutputLayout& layout) {
  const bool is_float32 = layout.is_float32;
  if (output == kMargin) {
    return is_float32 ? R"("name":"margin","datatype":"FP32")"
                      : R"("name":"margin","datatype":"FP64")";
  }
  if (output == kPredictProba) {
    return is_float32 ? R"("name":"predict_proba","datatype":"FP32")"
                      : R"("name":"predict_proba","datatype":"FP64")";
  }
  if (layout.is_classifier()) return R"("name":"predict","datatype":"BYTES")";
  return is_float32 ? R"("name":"predict","datatype":"FP32")"
                    : R"("name":"predict","datatype":"FP64")";
}

Place place_of(const OutputLayout& layout, std::string_view output) {
  if (output == kMargin) return {layout.first_margin(), layout.margins, layout.margins > 1, false};
  if (output == kPredictProba) return {layout.first_value(), layout.values, true, false};
  if (layout.is_classifier()) return {0, layout.labels, layout.labels > 1, true};
  return {0, layout.values, layout.values > 1, false};
}

std::string_view number_type(const OutputLayout& layout) {
  return layout.is_float32 ? "FP32" : "FP64";
}

const OutputTensor* own_tensor(const OutputLayout& layout, std::string_view name) {
  for (const OutputTensor& tensor : layout.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

void write_output(const OutputLayout& layout, std::string_view name, const frame::Frame& scores,
                  std::string* out) {
  if (const OutputTensor* own = own_tensor(layout, name)) return write_tensor(*own, scores, out);
  const Place place = place_of(layout, name);
  out->append("{").append(name_and_type(name, layout)).append(",\"shape\":[");
  append_integer(static_cast<std::uint64_t>(scores.rows()), out);
  if (place.is_matrix) append_integer(place.count, &(*out += ','));
  *out += "],\"data\":";
  JsonWriter json(out, kDialect);
  if (place.is_label) {
    write_labels(scores, place.count, &json);
  } else if (layout.is_float32) {
    write_rows<float>(scores, place.first, place.count, &json);
  } else {
    write_rows<double>(scores, place.first, place.count, &json);
  }
  *out += '}';
}

void describe_tensor(std::string_view name, std::string_view type,
                     std::initializer_list<std::int64_t> shape, JsonWriter* json) {
  json->begin_object().member("name", name).member("datatype", type).key("shape").begin_array();
  for (const std::int64_t size : shape) json->value(size);
  json->end_array().end_object();
}

void describe_own(std::string_view name, std::string_view type,
                  const std::vector<std::uint32_t>& dims, JsonWriter* json) {
  json->begin_object().member("name", name).member("datatype", type).key("shape").begin_array();
  json->value(-1);
  for (const std::uint32_t dim : dims) json->value(dim);
  json->end_array().end_object();
}

std::string_view datatype_of_wire(Wire wire) {
  switch (wire) {
    case Wire::kNumber:
    case Wire::kCategoryNumber:
      return "FP64";
    case Wire::kCategoryText:
      return "BYTES";
    case Wire::kCategoryBool:
      return "BOOL";
  }
  return "FP64";
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void write_output_metadata(const OutputLayout& layout, JsonWriter* json) {
  const auto describe = [&](std::string_view name) {
    const Place place = place_of(layout, name);
    const std::string_view type = place.is_label ? "BYTES" : number_type(layout);
    if (place.is_matrix) {
      describe_tensor(name, type, {-1, static_cast<std::int64_t>(place.count)}, json);
    } else {
      describe_tensor(name, type, {-1}, json);
    }
  };
  json->key("outputs").begin_array();
  for (const OutputTensor& tensor : layout.tensors)
    describe_own(tensor.name, datatype_of(tensor.type), tensor.dims, json);
  if (layout.tensors.empty()) describe(kPredict);
  if (layout.tensors.empty() && layout.has_probabilities()) describe(kPredictProba);
  if (layout.margins > 0) describe(kMargin);
  json->end_array();
}

// A row's one tensor, or an object of them by name.
void write_tensor_rows(const OutputLayout& layout, const frame::Frame& scores, JsonWriter* json) {
  json->begin_array();
  for (std::int64_t row = 0; row < scores.rows(); ++row) {
    if (layout.tensors.size() == 1) {
      write_row(layout.tensors[0], scores, row, json);
      continue;
    }
    json->begin_object();
    for (const OutputTensor& tensor : layout.tensors)
      write_row(tensor, scores, row, &json->key(tensor.name));
    json->end_object();
  }
  json->end_array();
}

void write_classes(const OutputSlice& slice, std::size_t rows,
                   const std::vector<std::string>& texts, JsonWriter* json) {
  json->member("name", slice.name).member("datatype", "BYTES").key("shape").begin_array();
  json->value(rows).value(rows == 0 ? 0 : texts.size() / rows).end_array();
}

// Outputs as bytes behind the JSON, or as classes.
Result<std::size_t> write_rich_reply(const Endpoint& endpoint, const InferReply& reply,
                                     const frame::Frame& scores, std::string* out) {
  std::vector<RequestedOutput> outputs(reply.outputs.begin(), reply.outputs.end());
  if (outputs.empty()) {
    for (const std::string_view name : usual_outputs(endpoint.layout))
      outputs.push_back({.name = name, .is_binary = reply.is_binary});
  }
  std::string binary;
  out->append("{").append(endpoint.reply_members);
  if (!reply.id.empty()) append_json_string(reply.id, &out->append(",\"id\":"));
  *out += ",\"outputs\":[";
  for (const RequestedOutput& output : outputs) {
    if (&output != outputs.data()) *out += ',';
    if (!output.is_binary && output.classes == 0) {
      write_output(endpoint.layout, output.name, scores, out);
      continue;
    }
    const OutputSlice slice = output_slice(endpoint.layout, output.name);
    JsonWriter json(out, kDialect);
    json.begin_object();
    const std::size_t before = binary.size();
    if (output.classes > 0) {
      ASSIGN_OR_RETURN(const auto texts, classification_of(slice, scores, output.classes,
                                                           labels_of(endpoint, output.name)));
      write_classes(slice, static_cast<std::size_t>(scores.rows()), texts, &json);
      if (!output.is_binary) json.key("data").begin_array();
      for (const std::string& text : texts)
        output.is_binary ? append_element(text, &binary) : void(json.value(text));
      if (!output.is_binary) json.end_array();
    } else {
      json.member("name", slice.name).member("datatype", slice.datatype).key("shape").begin_array();
      json.value(scores.rows());
      for (const std::uint32_t dim : slice.dims) json.value(dim);
      json.end_array();
      append_bytes(slice, scores, &binary);
    }
    if (output.is_binary)
      json.key("parameters")
          .begin_object()
          .member("binary_data_size", binary.size() - before)
          .end_object();
    json.end_object();
  }
  *out += "]}";
  const std::size_t json_size = out->size();
  *out += binary;
  return binary.empty() ? std::size_t{0} : json_size;
}

}  // namespace

// Its frame is put together by hand: member by member through JsonWriter it costs as much as the
// request's numbers do.
Result<std::size_t> write_infer_reply(const Endpoint& endpoint, const InferReply& reply,
                                      const frame::Frame& scores, std::string* out) {
  const bool is_plain =
      !reply.is_binary &&
      std::none_of(reply.outputs.begin(), reply.outputs.end(), [](const RequestedOutput& output) {
        return output.is_binary || output.classes > 0;
      });
  if (!is_plain) return write_rich_reply(endpoint, reply, scores, out);
  out->append("{").append(endpoint.reply_members);
  if (!reply.id.empty()) append_json_string(reply.id, &out->append(",\"id\":"));
  *out += ",\"outputs\":[";
  const OutputLayout& layout = endpoint.layout;
  if (reply.outputs.empty() && !layout.tensors.empty()) {
    for (const OutputTensor& tensor : layout.tensors) {
      if (&tensor != layout.tensors.data()) *out += ',';
      write_tensor(tensor, scores, out);
    }
  } else if (reply.outputs.empty()) {
    write_output(layout, kPredict, scores, out);
    if (layout.has_probabilities()) write_output(layout, kPredictProba, scores, &(*out += ','));
  }
  for (std::size_t i = 0; i < reply.outputs.size(); ++i) {
    if (i > 0) *out += ',';
    write_output(layout, reply.outputs[i].name, scores, out);
  }
  *out += "]}";
  return std::size_t{0};
}

void write_predictions(const Endpoint& endpoint, const frame::Frame& scores, std::string_view key,
                       std::string* out) {
  JsonWriter json(out, kDialect);
  const Place place = place_of(endpoint.layout, kPredict);
  json.begin_object().key(key);
  if (!endpoint.layout.tensors.empty() && endpoint.layout.labels == 0) {
    write_tensor_rows(endpoint.layout, scores, &json);
  } else if (place.is_label && !place.is_matrix) {
    write_labels(scores, 1, &json);
  } else if (place.is_matrix) {
    json.begin_array();
    for (std::int64_t row = 0; row < scores.rows(); ++row) {
      const frame::Frame one = scores.slice(row, 1);
      if (place.is_label) {
        write_labels(one, place.count, &json);
        continue;
      }
      endpoint.layout.is_float32 ? write_rows<float>(one, place.first, place.count, &json)
                                 : write_rows<double>(one, place.first, place.count, &json);
    }
    json.end_array();
  } else {
    endpoint.layout.is_float32 ? write_rows<float>(scores, place.first, 1, &json)
                               : write_rows<double>(scores, place.first, 1, &json);
  }
  json.end_object();
}

void write_metadata(const Endpoint& endpoint, std::string* out) {
  write_metadata(endpoint, {endpoint.version()}, out);
}

void write_metadata(const Endpoint& endpoint, const std::vector<std::string>& versions,
                    std::string* out) {
  JsonWriter json(out);
  json.begin_object().member("name", endpoint.name());
  json.key("versions").begin_array();
  for (const std::string& version : versions) json.value(version);
  json.end_array();
  json.member("platform", lower_case(endpoint.plan().model().source.library));
  json.key("inputs").begin_array();
  for (const auto& group : endpoint.inputs.groups())
    if (!group.control) describe_own(group.name, group.datatype, group.dims, &json);
  for (const InputColumn& column : endpoint.inputs.columns()) {
    if (!endpoint.inputs.groups().empty()) break;
    describe_tensor(column.name, datatype_of_wire(column.wire), {-1}, &json);
  }
  json.end_array();
  write_output_metadata(endpoint.layout, &json);
  json.end_object();
}

}  // namespace slipway::deploy::realtime
