// Traces of `slipway serve`: its options and OpenTelemetry's own variables.
//
//   ASSIGN_OR_RETURN(const auto spans, open_spans(arguments, registry));        // null: nobody is to get them
//   ASSIGN_OR_RETURN(const auto tracing, open_tracing(arguments, spans.get()));
//
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_CERTIFICATE (both with TRACES_ for traces alone),
// OTEL_EXPORTER_OTLP_HEADERS and OTEL_SERVICE_NAME count; options come first. Errors: "app.option", "net.url", "net.tls".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "app/arguments.h"
#include "base/metrics.h"
#include "base/result.h"
#include "deploy/realtime/span_exporter.h"
#include "deploy/realtime/tracing.h"

namespace slipway::app {

Result<std::unique_ptr<deploy::realtime::SpanExporter>> open_spans(const Arguments& arguments,
                                                                   MetricRegistry& registry);
// Null without an exporter, which outlives it.
Result<std::unique_ptr<deploy::realtime::Tracing>> open_tracing(
    const Arguments& arguments, deploy::realtime::SpanExporter* spans);

}  // namespace slipway::app
