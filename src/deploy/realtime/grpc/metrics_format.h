// Metrics in Prometheus' protobuf format, which alone carries exponential histograms.
//
//   if (wants_metrics_messages(accept)) append_metrics_message(family, &response.body);     // of each
//
// Each family is a message behind its length. Classic buckets are in it, too, and with them examples: ids of traces.
// Pure; safe from any thread. Source: prometheus/client_model, and Prometheus' Accept header.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/metrics.h"

namespace slipway::deploy::realtime::grpc {

inline constexpr const char* kMetricsMessagesType =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

// Whether an Accept header prefers it to text.
bool wants_metrics_messages(std::string_view accept);

void append_metrics_message(const MetricFamily& family, std::string* out);

}  // namespace slipway::deploy::realtime::grpc
