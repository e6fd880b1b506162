// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/utf8.h"

namespace slipway {
namespace {

// The format knows three escapes, and quotes need theirs only in a label's value.
void append_escaped(std::string_view text, bool quotes, std::string* out) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (text[0] == '\n')
      *out += "\\n";
    else if (text[0] == '\\')
      *out += "\\\\";
    else if (text[0] == '"' && quotes)
      *out += "\\\"";
    else
      *out += length == 0 ? kReplacementCharacter : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

std::string number_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void append_sample(std::string_view name, std::string_view labels, std::string_view value,
                   std::string* out) {
  if (labels.empty())
    fmt::format_to(std::back_inserter(*out), "{} {}\n", name, value);
  else
    fmt::format_to(std::back_inserter(*out), "{}{{{}}} {}\n", name, labels, value);
}

void append_histogram(std::string_view name, std::string_view labels,
                      const Histogram::Snapshot& now, std::string* out) {
  const std::string bucket_name = fmt::format("{}_bucket", name);
  const std::string_view comma = labels.empty() ? "" : ",";
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    up_to_here += now.counts[i];
    const std::string bound = i < now.bounds.size() ? number_of(now.bounds[i]) : "+Inf";
    append_sample(bucket_name, fmt::format("{}{}le=\"{}\"", labels, comma, bound),
                  fmt::format("{}", up_to_here), out);
  }
  append_sample(fmt::format("{}_sum", name), labels, number_of(now.sum), out);
  append_sample(fmt::format("{}_count", name), labels, fmt::format("{}", now.count), out);
}

std::string_view name_of(MetricFamily::Type type) {
  switch (type) {
    case MetricFamily::Type::kCounter:
      return "counter";
    case MetricFamily::Type::kGauge:
      return "gauge";
    case MetricFamily::Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

std::string metric_labels_text(std::span<const Label> labels) {
  std::string text;
  for (const Label& label : labels) {
    fmt::format_to(std::back_inserter(text), "{}{}=\"", text.empty() ? "" : ",", label.name);
    append_escaped(label.value, true, &text);
    text += '"';
  }
  return text;
}

void append_metrics_text(const MetricFamily& family, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "# HELP {} ", family.name);
  append_escaped(family.help, false, out);
  fmt::format_to(std::back_inserter(*out), "\n# TYPE {} {}\n", family.name, name_of(family.type));
  for (const MetricSample& sample : family.samples) {
    const std::string labels = metric_labels_text(sample.labels);
    if (const auto* count = std::get_if<std::uint64_t>(&sample.value))
      append_sample(family.name, labels, fmt::format("{}", *count), out);
    else if (const auto* number = std::get_if<double>(&sample.value))
      append_sample(family.name, labels, number_of(*number), out);
    else
      append_histogram(family.name, labels, std::get<Histogram::Snapshot>(sample.value), out);
  }
}

}  // namespace slipway
