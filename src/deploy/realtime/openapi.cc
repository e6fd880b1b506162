// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/openapi.h"

#include <fmt/format.h>

#include <string_view>

#include "base/json_writer.h"
#include "deploy/realtime/example.h"

namespace slipway::deploy::realtime {
namespace {

// Longer examples explain less than they hide.
constexpr std::size_t kExampleBytesMax = 64u << 10;

// The parts that all models share.
constexpr std::string_view kSchemas =
    R"({"Error":{"type":"object","required":["error"],"properties":{"error":{"type":"string"}}},)"
    R"("Tensor":{"type":"object","required":["name","shape","datatype"],"properties":{)"
    R"("name":{"type":"string"},"shape":{"type":"array","items":{"type":"integer","minimum":0}},)"
    R"("datatype":{"enum":["BOOL","INT8","INT16","INT32","INT64","UINT8","UINT16","UINT32","UINT64",)"
    R"("FP16","BF16","FP32","FP64","BYTES"]},"parameters":{"type":"object"},)"
    R"("data":{"type":"array","description":"flat, or nested as the shape says; null is a missing value"}}},)"
    R"("InferRequest":{"type":"object","required":["inputs"],"properties":{"id":{"type":"string",)"
    R"("maxLength":256},"parameters":{"type":"object"},"inputs":{"type":"array","minItems":1,)"
    R"("items":{"$ref":"#/components/schemas/Tensor"}},"outputs":{"type":"array","items":{"type":"object",)"
    R"("required":["name"],"properties":{"name":{"type":"string"},"parameters":{"type":"object"}}}}}},)"
    R"("InferReply":{"type":"object","required":["model_name","outputs"],"properties":{)"
    R"("model_name":{"type":"string"},"model_version":{"type":"string"},"id":{"type":"string"},)"
    R"("outputs":{"type":"array","items":{"$ref":"#/components/schemas/Tensor"}}}},)"
    R"("Predictions":{"type":"object","required":["predictions"],"properties":{"predictions":{"type":"array"}}}})";

void write_answer(std::string_view status, std::string_view what, std::string_view schema,
                  JsonWriter* json) {
  json->key(status).begin_object().member("description", what).key("content").begin_object();
  json->key("application/json").begin_object().key("schema").begin_object();
  json->member("$ref", fmt::format("#/components/schemas/{}", schema));
  json->end_object().end_object().end_object().end_object();
}

void write_answers(std::string_view schema, JsonWriter* json) {
  json->key("responses").begin_object();
  write_answer("200", "The model's answer", schema, json);
  write_answer("400", "What was expected and what was found, with a request that works", "Error",
               json);
  write_answer("404", "No such model or version is served", "Error", json);
  json->end_object();
}

struct Post {
  std::string operation;
  std::string summary;
  std::string_view request;  // raw JSON of its schema
  std::string example;
  std::string_view answer;
};

void write_post(const Post& post, std::string_view model, JsonWriter* json) {
  json->begin_object().key("post").begin_object();
  json->member("operationId", post.operation).member("summary", post.summary);
  json->key("tags").begin_array().value(model).end_array();
  json->key("requestBody").begin_object().member("required", true).key("content").begin_object();
  json->key("application/json").begin_object().key("schema").raw(post.request);
  if (post.example.size() <= kExampleBytesMax) json->key("example").raw(post.example);
  json->end_object().end_object().end_object();
  write_answers(post.answer, json);
  json->end_object().end_object();
}

// An instance is an object of the model's columns.
std::string instances_schema(const InputTable& inputs) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("type", "object").key("required").begin_array().value("instances");
  json.end_array().key("properties").begin_object().key("instances").begin_object();
  json.member("type", "array").key("items").begin_object().member("type", "object");
  json.key("required").begin_array();
  for (const InputColumn& column : inputs.columns()) json.value(column.name);
  json.end_array().key("properties").begin_object();
  for (const InputColumn& column : inputs.columns()) {
    json.key(column.name).begin_object().key("type").begin_array();
    const bool is_number = column.wire == Wire::kNumber || column.wire == Wire::kCategoryNumber;
    json.value(is_number ? "number" : column.wire == Wire::kCategoryText ? "string" : "boolean");
    json.value("null").end_array().end_object();
  }
  json.end_object().end_object().end_object().end_object().end_object();
  return text;
}

void write_paths(const Endpoint& endpoint, JsonWriter* json) {
  const std::string segment = path_segment(endpoint.name());
  const std::string& name = endpoint.name();
  json->key(fmt::format("/v2/models/{}/infer", segment));
  write_post({.operation = "infer " + name,
              .summary = fmt::format("Open Inference Protocol, {}, version {}",
                                     endpoint.plan().model().source.library, endpoint.version()),
              .request = R"({"$ref":"#/components/schemas/InferRequest"})",
              .example = example_infer(endpoint.inputs),
              .answer = "InferReply"},
             name, json);
  const std::string schema = instances_schema(endpoint.inputs);
  json->key(fmt::format("/v1/models/{}:predict", segment));
  write_post({.operation = "predict " + name,
              .summary = "V1: rows by column name, or arrays by position",
              .request = schema,
              .example = example_instances(endpoint.inputs),
              .answer = "Predictions"},
             name, json);
  json->key(fmt::format("/v2/models/{}", segment)).begin_object().key("get").begin_object();
  json->member("operationId", "describe " + name).member("summary", "Inputs and outputs");
  json->key("tags").begin_array().value(name).end_array().key("responses").begin_object();
  json->key("200").begin_object().member("description", "Name, versions, inputs, outputs");
  json->end_object().end_object().end_object().end_object();
}

}  // namespace

void write_openapi(const HomePage& page, Endpoints& endpoints, std::string* out) {
  JsonWriter json(out);
  json.begin_object().member("openapi", "3.1.0").key("info").begin_object();
  json.member("title", page.server).member("version", page.version).end_object();
  json.key("servers").begin_array().begin_object();
  json.member("url", page.url).end_object().end_array();
  json.key("paths").begin_object();
  for (const auto& [name, versions] : endpoints.all()) write_paths(*versions.back(), &json);
  json.end_object().key("components").begin_object().key("schemas").raw(kSchemas);
  json.end_object().end_object();
}

}  // namespace slipway::deploy::realtime
