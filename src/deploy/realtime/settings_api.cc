// Trace and log settings: see control_api.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "deploy/realtime/control_api.h"
#include "deploy/realtime/http_error.h"
#include "deploy/realtime/tracing.h"

namespace slipway::deploy::realtime {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::PathArguments;

Error wrong(Code code, std::string text) {
  return Error(code, "realtime.settings", std::move(text));
}

constexpr const char* kOff = "OFF";
constexpr const char* kTimestamps = "TIMESTAMPS";

// `rate` as Triton has it: one of so many.
void write_trace(const Tracing* tracing, HttpResponse* response) {
  const Tracing::Settings now =
      tracing == nullptr ? Tracing::Settings{.rate = 0, .is_on = false} : tracing->settings();
  const bool is_on = now.is_on && now.rate > 0;
  const std::int64_t one_of = now.rate > 0 ? std::llround(1 / now.rate) : 1000;
  response->content_type = "application/json";
  JsonWriter json(&response->body);
  json.begin_object().key("trace_level").begin_array().value(is_on ? kTimestamps : kOff);
  json.end_array().member("trace_rate", std::to_string(one_of));
  json.member("trace_count", "-1").member("log_frequency", "0").member("trace_file", "");
  json.member("trace_mode", tracing == nullptr ? "triton" : "opentelemetry").end_object();
}

Result<bool> level_of(JsonView levels) {
  bool is_on = false;
  for (const JsonView level : levels.array()) {
    const auto text = level.as_string().value_or("");
    if (text == kTimestamps) is_on = true;
    if (text != kTimestamps && text != kOff)
      return wrong(Code::kUnimplemented,
                   fmt::format("trace_level: OFF and TIMESTAMPS are the levels here, found {}",
                               level.describe()));
  }
  return is_on;
}

Result<double> rate_of(JsonView value) {
  const auto one_of = parse_int64(value.as_string().value_or(""));
  if (one_of && *one_of > 0) return 1 / static_cast<double>(*one_of);
  return wrong(
      Code::kInvalidArgument,
      fmt::format("trace_rate: one request of how many, a string such as \"100\", found {}",
                  value.describe()));
}

// Null clears to what the server was started with.
Result<void> set_trace(std::string_view body, Tracing* tracing) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(body.empty() ? "{}" : body));
  const JsonView level = document.root().find("trace_level");
  const JsonView rate = document.root().find("trace_rate");
  if (tracing == nullptr) {
    ASSIGN_OR_RETURN(const bool wants_on, level_of(level));
    if (!wants_on) return {};
    return wrong(Code::kUnimplemented,
                 "trace_level: requests are not traced here: start slipway serve with "
                 "--otlp-endpoint");
  }
  Tracing::Settings settings = tracing->settings();
  if (level.is_null()) settings.is_on = tracing->at_start().is_on;
  if (level.is_array()) {
    ASSIGN_OR_RETURN(settings.is_on, level_of(level));
  }
  if (rate.is_null()) settings.rate = tracing->at_start().rate;
  if (!rate.is_missing() && !rate.is_null()) {
    ASSIGN_OR_RETURN(settings.rate, rate_of(rate));
  }
  tracing->set(settings);
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
  // A model's settings are the server's: what is set for one holds for all.
  for (const char* path : {"/v2/trace/setting", "/v2/models/{model}/trace/setting"}) {
    router->add("GET", path,
                [this](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                  write_trace(parts_.tracing, &response);
                });
    router->add("POST", path,
                [this](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
                  const auto done = set_trace(request.body, parts_.tracing);
                  done ? write_trace(parts_.tracing, &response)
                       : write_error(done.error(), &response);
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
