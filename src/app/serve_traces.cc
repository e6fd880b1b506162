// SPDX-License-Identifier: Apache-2.0
#include "app/serve_traces.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/version.h"
#include "base/env.h"
#include "base/log.h"
#include "base/text.h"
#include "net/tls_client.h"

namespace slipway::app {
namespace {

namespace realtime = deploy::realtime;

constexpr std::string_view kTracesPath = "/v1/traces";

std::string variable(const std::string& name) {
  return posix_env().variable(name).value_or(std::string());
}

// A base address gets the path of traces; one that is of traces alone is taken as it is.
std::string endpoint_of(const Arguments& arguments) {
  std::string base = arguments.text("otlp-endpoint");
  if (base.empty()) {
    if (std::string whole = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); !whole.empty())
      return whole;
    base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
  }
  if (base.empty() || base.ends_with(kTracesPath)) return base;
  while (base.ends_with('/')) base.pop_back();
  return base.append(kTracesPath);
}

// "name=value,name=value" to lines; what could end a header is left out.
std::string header_lines(const std::string& text) {
  std::string lines;
  for (const std::string_view pair : split(text, ',')) {
    const auto equals = pair.find('=');
    if (equals == pair.npos || pair.find_first_of("\r\n") != pair.npos) continue;
    lines += fmt::format("{}: {}\r\n", trim(pair.substr(0, equals)), trim(pair.substr(equals + 1)));
  }
  return lines;
}

// Null for a collector without TLS, for which a file in OpenTelemetry's variables means nothing.
Result<std::unique_ptr<const net::TlsClient>> open_tls(const Arguments& arguments,
                                                       const net::HttpUrl& url) {
  net::TlsClient::Options options{.ca_file = arguments.text("otlp-ca"),
                                  .ca_option = "--otlp-ca FILE"};
  if (!url.is_tls) {
    if (options.ca_file.empty()) return std::unique_ptr<const net::TlsClient>();
    return Error(Code::kInvalidArgument, "app.option",
                 fmt::format("--otlp-ca is for collectors with TLS, and http://{}:{} is without: "
                             "give it as https://, or leave the option out",
                             url.host, url.port));
  }
  std::string_view said_by = "--otlp-ca";
  for (const char* name :
       {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"}) {
    if (!options.ca_file.empty()) break;
    options.ca_file = variable(name);
    said_by = name;
  }
  auto made = net::TlsClient::create(std::move(options));
  if (!made) return std::move(made).error().with_context(said_by);
  return made;
}

}  // namespace

Result<std::unique_ptr<realtime::SpanExporter>> open_spans(const Arguments& arguments,
                                                           MetricRegistry& registry) {
  const std::string endpoint = endpoint_of(arguments);
  if (endpoint.empty()) return std::unique_ptr<realtime::SpanExporter>();
  auto url = net::parse_http_url(endpoint);
  if (!url) return std::move(url).error().with_context("--otlp-endpoint");
  ASSIGN_OR_RETURN(auto tls, open_tls(arguments, url.value()));
  const std::string service = variable("OTEL_SERVICE_NAME");
  log_info("tracing {} of the requests to {}", arguments.text("trace-sample"), endpoint);
  return std::make_unique<realtime::SpanExporter>(
      realtime::SpanExporter::Options{
          .url = std::move(url).value(),
          .tls = std::move(tls),
          .headers = header_lines(variable("OTEL_EXPORTER_OTLP_HEADERS")),
          .service = service.empty() ? arguments.text("server-name") : service,
          .version = std::string(kVersion)},
      registry);
}

Result<std::unique_ptr<realtime::Tracing>> open_tracing(const Arguments& arguments,
                                                        realtime::SpanExporter* spans) {
  const auto rate = parse_double(arguments.text("trace-sample"));
  if (!rate || !(*rate >= 0 && *rate <= 1)) {
    return Error(Code::kInvalidArgument, "app.option",
                 fmt::format("--trace-sample: '{}' is no number from 0 to 1",
                             arguments.text("trace-sample")));
  }
  if (spans == nullptr) return std::unique_ptr<realtime::Tracing>();
  return std::make_unique<realtime::Tracing>(*spans, realtime::Tracing::Settings{.rate = *rate});
}

}  // namespace slipway::app
