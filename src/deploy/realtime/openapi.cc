// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/openapi.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "base/json_writer.h"
#include "deploy/realtime/example.h"
#include "deploy/realtime/output_slice.h"

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

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void write_model(const Endpoint& endpoint, std::string_view host, std::string* out) {
  auto to = std::back_inserter(*out);
  fmt::format_to(to, "<h2>{}</h2>\n<p>version {}, {}</p>\n", escaped(endpoint.name()),
                 escaped(endpoint.version()), escaped(endpoint.plan().model().source.library));
  *out += "<table><tr><th>input</th><th>wants</th></tr>\n";
  std::size_t shown = 0;
  for (const auto& group : endpoint.inputs.groups()) {
    if (group.control) continue;
    fmt::format_to(to, "<tr><td>{}</td><td>{} {}</td></tr>\n", escaped(group.name), group.datatype,
                   endpoint.inputs.shape_text(group.name));
    ++shown;
  }
  for (const InputColumn& column : endpoint.inputs.columns()) {
    if (!endpoint.inputs.groups().empty() || shown++ == 200) break;
    fmt::format_to(to, "<tr><td>{}</td><td>{}</td></tr>\n", escaped(column.name),
                   wanted(column.wire));
  }
  *out += "</table>\n<table><tr><th>output</th><th>gives</th></tr>\n";
  for (const std::string& name : endpoint.layout.names) {
    const OutputSlice slice = output_slice(endpoint.layout, name);
    std::string shape = "rows";
    for (const std::uint32_t dim : slice.dims) shape += fmt::format(", {}", dim);
    fmt::format_to(to, "<tr><td>{}</td><td>{} [{}]</td></tr>\n", escaped(name), slice.datatype,
                   shape);
  }
  const std::string url =
      fmt::format("http://{}/v2/models/{}/infer", host, path_segment(endpoint.name()));
  const std::string example = example_infer(endpoint.inputs);
  *out += "</table>\n";
  if (example.size() > kExampleBytesMax) return;
  fmt::format_to(to, "<pre>curl -s {} -d {}</pre>\n", escaped(shell_quoted(url)),
                 escaped(shell_quoted(example)));
}

}  // namespace

void write_openapi(const HomePage& page, Endpoints& endpoints, std::string* out) {
  JsonWriter json(out);
  json.begin_object().member("openapi", "3.1.0").key("info").begin_object();
  json.member("title", page.server).member("version", page.version).end_object();
  json.key("servers").begin_array().begin_object();
  json.member("url", fmt::format("http://{}", page.host)).end_object().end_array();
  json.key("paths").begin_object();
  for (const auto& [name, versions] : endpoints.all()) write_paths(*versions.back(), &json);
  json.end_object().key("components").begin_object().key("schemas").raw(kSchemas);
  json.end_object().end_object();
}

void write_docs_page(const HomePage& page, Endpoints& endpoints, std::string* out) {
  fmt::format_to(
      std::back_inserter(*out),
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 "
      "1rem}}"
      "td,th{{text-align:left;padding:0 1.5rem 0 0}}"
      "pre{{background:#f4f4f4;padding:1rem;white-space:pre-wrap;word-break:break-word}}</style>\n"
      "</head><body>\n<h1>{0} {1}</h1>\n"
      "<p><a href=\"/v2/docs/openapi.json\">openapi.json</a> (OpenAPI 3.1)</p>\n",
      escaped(page.server), escaped(page.version));
  for (const auto& [name, versions] : endpoints.all())
    write_model(*versions.back(), page.host, out);
  *out += "</body></html>\n";
}

}  // namespace slipway::deploy::realtime
