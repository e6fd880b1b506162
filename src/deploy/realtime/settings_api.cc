// Trace and log settings: see control_api.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "deploy/realtime/control_api.h"
#include "deploy/realtime/http_error.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

Error wrong(Code code, std::string text) {
  return Error(code, "realtime.settings", std::move(text));
}

void write_trace(HttpResponse* response) {
  response->content_type = "application/json";
  JsonWriter json(&response->body);
  json.begin_object().key("trace_level").begin_array().value("OFF").end_array();
  json.member("trace_rate", "1000").member("trace_count", "-1").member("log_frequency", "0");
  json.member("trace_file", "").member("trace_mode", "triton").end_object();
}

// Off is what tracing is: that may be said again, and nothing else.
Result<void> check_trace(std::string_view body) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(body.empty() ? "{}" : body));
  for (const JsonMember member : document.root().object()) {
    if (member.key != "trace_level" || member.value.is_null()) continue;
    for (const JsonView level : member.value.array()) {
      if (level.as_string().value_or("") == "OFF") continue;
      return wrong(Code::kUnimplemented,
                   "trace_level: requests are not traced here; OFF is the only level");
    }
  }
  return {};
}

void write_logging(HttpResponse* response) {
  response->content_type = "application/json";
  JsonWriter json(&response->body);
  json.begin_object().member("log_file", "");
  json.member("log_info", log_enabled(LogLevel::kInfo));
  json.member("log_warning", log_enabled(LogLevel::kWarn));
  json.member("log_error", log_enabled(LogLevel::kError));
  json.member("log_verbose_level", log_enabled(LogLevel::kDebug) ? 1 : 0);
  json.member("log_format", "ISO8601").end_object();
}

Result<std::optional<bool>> switch_of(JsonView root, std::string_view name) {
  const JsonView value = root.find(name);
  if (value.is_missing()) return std::optional<bool>();
  if (const auto bit = value.as_bool()) return std::optional<bool>(*bit);
  return wrong(Code::kInvalidArgument,
               fmt::format("{}: true or false expected, found {}", name, value.describe()));
}

// The four switches are one level here: the lowest that is on, and all above it.
Result<void> set_logging(std::string_view body) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(body.empty() ? "{}" : body));
  const JsonView root = document.root();
  for (const char* name : {"log_file", "log_format"}) {
    const auto text = root.find(name).as_string();
    if (!root.find(name).is_missing() && (!text || (!text->empty() && *text != "ISO8601")))
      return wrong(Code::kUnimplemented,
                   fmt::format("{} cannot be changed over the network", name));
  }
  ASSIGN_OR_RETURN(const auto info, switch_of(root, "log_info"));
  ASSIGN_OR_RETURN(const auto warning, switch_of(root, "log_warning"));
  ASSIGN_OR_RETURN(const auto error, switch_of(root, "log_error"));
  (void)error;  // errors are always told
  const JsonView verbose = root.find("log_verbose_level");
  if (!verbose.is_missing() && !verbose.as_uint64())
    return wrong(Code::kInvalidArgument,
                 fmt::format("log_verbose_level: a whole number from 0 expected, "
                             "found {}",
                             verbose.describe()));
  const bool debugs =
      verbose.is_missing() ? log_enabled(LogLevel::kDebug) : *verbose.as_uint64() > 0;
  const bool informs = info.value_or(log_enabled(LogLevel::kInfo));
  const bool warns = warning.value_or(log_enabled(LogLevel::kWarn));
  set_log_level(debugs    ? LogLevel::kDebug
                : informs ? LogLevel::kInfo
                : warns   ? LogLevel::kWarn
                          : LogLevel::kError);
  return {};
}

}  // namespace

void ControlApi::add_settings_routes(net::Router* router) {
  for (const char* path : {"/v2/trace/setting", "/v2/models/{model}/trace/setting"}) {
    router->add("GET", path, [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
      write_trace(&response);
    });
    router->add("POST", path,
                [](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                  const auto done = check_trace(request.body);
                  done ? write_trace(&response) : write_error(done.error(), &response);
                });
  }
  router->add("GET", "/v2/logging",
              [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                write_logging(&response);
              });
  router->add("POST", "/v2/logging",
              [](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                const auto done = set_logging(request.body);
                done ? write_logging(&response) : write_error(done.error(), &response);
              });
}

}  // namespace slipway::deploy::realtime
