// Metrics in Prometheus' text exposition format 0.0.4.
//
//   registry.visit([&](const MetricFamily& family) { append_metrics_text(family, &response.body); });
//
// What is no UTF-8 in a help text or a label's value is replaced. Pure; safe from any thread.
// Source: prometheus.io/docs/instrumenting/exposition_formats.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"

namespace slipway {

inline constexpr const char* kMetricsTextType = "text/plain; version=0.0.4; charset=utf-8";

void append_metrics_text(const MetricFamily& family, std::string* out);

// `a="1",b="2"`
std::string metric_labels_text(std::span<const Label> labels);

}  // namespace slipway
