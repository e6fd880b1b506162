// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_server.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "app/grpcurl_message.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "deploy/realtime/example.h"
#include "net/http_client.h"
#include "net/tls_client.h"

namespace slipway::app {
namespace {

using Verdict = Finding::Verdict;

constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 20, kModelsMax = 50;
constexpr const char* kService = "inference.GRPCInferenceService/ModelInfer";

// The same document, as text.
void copy(JsonView from, JsonWriter* json) {
  if (from.is_object()) {
    json->begin_object();
    for (const JsonMember member : from.object()) copy(member.value, &json->key(member.key));
    json->end_object();
  } else if (from.is_array()) {
    json->begin_array();
    for (const JsonView item : from.array()) copy(item, json);
    json->end_array();
  } else if (const auto text = from.as_string()) {
    json->value(*text);
  } else if (const auto bit = from.as_bool()) {
    json->value(*bit);
  } else if (from.kind() == JsonKind::kInt64) {
    json->value(*from.as_int64());
  } else if (from.kind() == JsonKind::kUint64) {
    json->value(*from.as_uint64());
  } else if (const auto number = from.as_double()) {
    json->value(*number);
  } else {
    json->null();
  }
}

class Server {
 public:
  static Result<Server> open(const ServerAsked& asked) {
    auto url = net::parse_http_url(asked.url);
    if (!url) return std::move(url).error();
    Server made(asked, std::move(url).value());
    if (made.url_.is_tls) {
      ASSIGN_OR_RETURN(
          made.tls_, net::TlsClient::create({.ca_file = asked.ca_file, .ca_option = "--ca FILE"}));
    }
    return made;
  }

  Result<net::HttpAnswer> ask(std::string_view method, const std::string& path,
                              std::string_view body = "") const {
    net::HttpUrl url = url_;
    url.path = (url_.path == "/" ? "" : url_.path) + path;
    return net::http_call(
        url, {.method = method,
              .body = body,
              .headers = asked_.key.empty() ? "" : "Authorization: Bearer " + asked_.key + "\r\n",
              .tls = tls_.get(),
              .answer_bytes_max = kAnswerBytesMax});
  }
  std::string curl(const std::string& path, const std::string& body) const {
    return fmt::format("curl -s{} {}{} -d {}",
                       asked_.ca_file.empty() ? "" : " --cacert " + quoted(asked_.ca_file),
                       quoted(asked_.url + path), header(), quoted(body));
  }
  // Empty where there is a path before those of the protocol: gRPC has none.
  std::string grpcurl(const std::string& message) const {
    if (url_.path != "/") return "";
    const std::string trust = !url_.is_tls             ? " -plaintext"
                              : asked_.ca_file.empty() ? ""
                                                       : " -cacert " + quoted(asked_.ca_file);
    const bool is_v6 = url_.host.find(':') != url_.host.npos;
    return fmt::format("grpcurl{}{} -d {} {} {}", trust, header(), quoted(message),
                       is_v6 ? fmt::format("'[{}]:{}'", url_.host, url_.port)
                             : fmt::format("{}:{}", url_.host, url_.port),
                       kService);
  }

 private:
  Server(ServerAsked asked, net::HttpUrl url) : asked_(std::move(asked)), url_(std::move(url)) {}
  static std::string quoted(std::string_view text) { return deploy::realtime::shell_quoted(text); }
  // The key stays where it was: what is printed may be shown to others.
  std::string header() const {
    return asked_.key.empty() ? "" : " -H \"Authorization: Bearer $SLIPWAY_API_KEY\"";
  }

  ServerAsked asked_;
  net::HttpUrl url_;
  std::unique_ptr<const net::TlsClient> tls_;
};

// "400: what it says"
std::string said(const net::HttpAnswer& answer) {
  const auto document = JsonDocument::parse(answer.body);
  const auto error = document ? document.value().root().find("error").as_string() : std::nullopt;
  return error ? fmt::format("{}: {}", answer.status, *error) : fmt::format("{}", answer.status);
}

Finding refused(const net::HttpAnswer& answer) {
  const bool wants_key = answer.status == 401 || answer.status == 403;
  return {Verdict::kWrong,
          wants_key ? fmt::format("it wants a key ({}): put one into SLIPWAY_API_KEY (slipway key "
                                  "create NAME makes one)",
                                  said(answer))
                    : fmt::format("it answers, but not as one of the Open Inference Protocol (GET "
                                  "/v2 gives {})",
                                  said(answer))};
}

// Whether it goes on behind this.
bool look_at_server(const Server& server, ServerReport* report) {
  const auto about = server.ask("GET", "/v2");
  if (!about) {
    report->findings.push_back(
        {Verdict::kWrong, fmt::format("{}: is it started? slipway serve model.txt --port 8080",
                                      about.error().message())});
    return false;
  }
  const auto document = JsonDocument::parse(about.value().body);
  const auto name = document ? document.value().root().find("name").as_string() : std::nullopt;
  if (about.value().status != 200 || !name) {
    report->findings.push_back(refused(about.value()));
    return false;
  }
  const auto version = document.value().root().find("version").as_string();
  report->findings.push_back({Verdict::kOk, fmt::format("{} {}", *name, version.value_or(""))});
  const auto ready = server.ask("GET", "/v2/health/ready");
  if (ready && ready.value().status == 200) {
    report->findings.push_back({Verdict::kOk, "ready"});
  } else {
    report->findings.push_back(
        {Verdict::kWrong, "not ready: it is stopping, or a model of its start is not there"});
  }
  return true;
}

ModelReport ask_model(const Server& server, const std::string& path, JsonView post) {
  ModelReport report;
  for (const JsonView tag : post.find("tags").array()) report.name = tag.as_string().value_or("");
  const JsonView example =
      post.find("requestBody").find("content").find("application/json").find("example");
  if (!example.is_object()) {
    report.finding = {Verdict::kNote,
                      report.name + ": its requests are too long for an example: see " + path};
    return report;
  }
  std::string body;
  JsonWriter json(&body);
  copy(example, &json);
  report.curl = server.curl(path, body);
  if (const auto message = infer_message_json(report.name, example))
    report.grpcurl = server.grpcurl(*message);
  const std::int64_t began_ns = system_clock().monotonic_ns();
  const auto answer = server.ask("POST", path, body);
  const double ms = static_cast<double>(system_clock().monotonic_ns() - began_ns) * 1e-6;
  if (answer && answer.value().status == 200) {
    report.finding = {
        Verdict::kOk,
        fmt::format("{} answers its example, in {:.1f} ms with a connection of its own",
                    report.name, ms)};
  } else {
    report.finding = {
        Verdict::kWrong,
        fmt::format("{} does not answer its example: {}", report.name,
                    answer ? said(answer.value()) : std::string(answer.error().message()))};
  }
  return report;
}

}  // namespace

Result<ServerReport> ask_server(const ServerAsked& asked) {
  ASSIGN_OR_RETURN(const Server server, Server::open(asked));
  ServerReport report;
  if (!look_at_server(server, &report)) return report;
  const auto page = server.ask("GET", "/v2/docs/openapi.json");
  const auto document =
      page ? JsonDocument::parse(page.value().body) : Result<JsonDocument>(page.error());
  if (!document || page.value().status != 200) {
    report.findings.push_back(
        {Verdict::kNote,
         "it has no OpenAPI document (/v2/docs/openapi.json): examples come from that"});
    return report;
  }
  std::size_t models = 0;
  for (const JsonMember path : document.value().root().find("paths").object()) {
    const JsonView post = path.value.find("post");
    if (post.is_missing() || !path.key.ends_with("/infer") || ++models > kModelsMax) continue;
    report.models.push_back(ask_model(server, std::string(path.key), post));
  }
  if (models == 0) report.findings.push_back({Verdict::kNote, "no model is in its memory"});
  if (models > kModelsMax) {
    report.findings.push_back(
        {Verdict::kNote, fmt::format("{} models: the first {} are asked", models, kModelsMax)});
  }
  return report;
}

}  // namespace slipway::app
