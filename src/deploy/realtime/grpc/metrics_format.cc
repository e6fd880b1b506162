// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/metrics_format.h"

#include <prometheus_metrics.pb.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <variant>

#include "base/text.h"
#include "base/utf8.h"
#include "deploy/realtime/grpc/wire.h"

namespace slipway::deploy::realtime::grpc {
namespace {

namespace messages = io::prometheus::client;

constexpr std::string_view kMessages = "application/vnd.google.protobuf";
constexpr std::string_view kFamily = "io.prometheus.client.MetricFamily";

struct MediaRange {
  std::string_view type, proto, encoding;
  double quality = 1;
};

MediaRange media_range(std::string_view text) {
  MediaRange range;
  bool is_first = true;
  for (const std::string_view part : split(text, ';')) {
    const std::string_view word = trim(part);
    if (std::exchange(is_first, false)) {
      range.type = word;
    } else if (word.starts_with("proto=")) {
      range.proto = word.substr(6);
    } else if (word.starts_with("encoding=")) {
      range.encoding = word.substr(9);
    } else if (word.starts_with("q=")) {
      range.quality = parse_double(word.substr(2)).value_or(0);
    }
  }
  return range;
}

// Text of a message must be UTF-8.
std::string valid(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    out += length == 0 ? kReplacementCharacter : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void fill(const Histogram::Example& example, messages::Exemplar* to) {
  messages::LabelPair* const label = to->add_label();
  label->set_name("trace_id");
  label->set_value(valid(example.trace_id));
  to->set_value(example.value);
  to->mutable_timestamp()->set_seconds(example.time_us / 1'000'000);
  to->mutable_timestamp()->set_nanos(static_cast<std::int32_t>(example.time_us % 1'000'000 * 1000));
}

// Runs of buckets that somebody is in; a hole of one or two is cheaper written than left out.
void fill_exponential(const Histogram::Snapshot& now, messages::Histogram* to) {
  constexpr std::size_t kHole = 2;
  to->set_schema(Histogram::kSchema);
  to->set_zero_threshold(Histogram::kZeroThreshold);
  to->set_zero_count(now.zeros);
  const auto& counts = now.exponential;
  std::int64_t before = 0;
  std::size_t end = 0;  // of the last span
  messages::BucketSpan* span = nullptr;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    if (span == nullptr || i > end + kHole) {
      const auto from = span == nullptr ? 0 : static_cast<std::int64_t>(end);
      span = to->add_positive_span();
      span->set_offset(
          static_cast<std::int32_t>(static_cast<std::int64_t>(i) - from +
                                    (to->positive_span_size() == 1 ? Histogram::kFirst : 0)));
      span->set_length(0);
      end = i;
    }
    for (; end <= i; ++end) {
      const auto count = static_cast<std::int64_t>(counts[end]);
      to->add_positive_delta(count - std::exchange(before, count));
      span->set_length(span->length() + 1);
    }
  }
  // A histogram without a span would be taken for one of classic buckets.
  if (span == nullptr) to->add_positive_span()->set_length(0);
}

void fill(const Histogram::Snapshot& now, messages::Histogram* to) {
  to->set_sample_count(now.count);
  to->set_sample_sum(now.sum);
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    up_to_here += now.counts[i];
    messages::Bucket* const bucket = to->add_bucket();
    bucket->set_cumulative_count(up_to_here);
    bucket->set_upper_bound(i < now.bounds.size() ? now.bounds[i]
                                                  : std::numeric_limits<double>::infinity());
    if (!now.examples.empty() && now.examples[i])
      fill(*now.examples[i], bucket->mutable_exemplar());
  }
  fill_exponential(now, to);
}

void fill(const MetricFamily& family, messages::MetricFamily* to) {
  to->set_name(family.name);
  to->set_help(valid(family.help));
  to->set_type(family.type == MetricFamily::Type::kCounter ? messages::COUNTER
               : family.type == MetricFamily::Type::kGauge ? messages::GAUGE
                                                           : messages::HISTOGRAM);
  for (const MetricSample& sample : family.samples) {
    messages::Metric* const metric = to->add_metric();
    for (const Label& label : sample.labels) {
      messages::LabelPair* const pair = metric->add_label();
      pair->set_name(label.name);
      pair->set_value(valid(label.value));
    }
    if (const auto* histogram = std::get_if<Histogram::Snapshot>(&sample.value)) {
      fill(*histogram, metric->mutable_histogram());
      continue;
    }
    const auto* count = std::get_if<std::uint64_t>(&sample.value);
    const double number =
        count != nullptr ? static_cast<double>(*count) : std::get<double>(sample.value);
    family.type == MetricFamily::Type::kCounter ? metric->mutable_counter()->set_value(number)
                                                : metric->mutable_gauge()->set_value(number);
  }
}

}  // namespace

bool wants_metrics_messages(std::string_view accept) {
  double of_messages = 0, of_text = 0;
  for (const std::string_view each : split(accept, ',')) {
    const MediaRange range = media_range(each);
    if (range.type == kMessages && range.proto == kFamily && range.encoding == "delimited")
      of_messages = std::max(of_messages, range.quality);
    if (range.type == "text/plain") of_text = std::max(of_text, range.quality);
  }
  return of_messages > 0 && of_messages >= of_text;
}

void append_metrics_message(const MetricFamily& family, std::string* out) {
  messages::MetricFamily message;
  fill(family, &message);
  append_varint(message.ByteSizeLong(), out);
  message.AppendToString(out);
}

}  // namespace slipway::deploy::realtime::grpc
