// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/span_exporter.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "base/log.h"

namespace slipway::deploy::realtime {
namespace {

void write_attribute(std::string_view name, const Span::Value& value, JsonWriter* json) {
  json->begin_object().member("key", name).key("value").begin_object();
  if (const auto* text = std::get_if<std::string>(&value)) json->member("stringValue", *text);
  // 64-bit numbers are strings in this encoding, as protobuf's JSON has them.
  if (const auto* number = std::get_if<std::int64_t>(&value))
    json->member("intValue", std::to_string(*number));
  if (const auto* bit = std::get_if<bool>(&value)) json->member("boolValue", *bit);
  json->end_object().end_object();
}

void write_span(const Span& span, JsonWriter* json) {
  json->begin_object().member("traceId", span.trace_id).member("spanId", span.span_id);
  if (!span.parent_id.empty()) json->member("parentSpanId", span.parent_id);
  json->member("name", span.name).member("kind", static_cast<int>(span.kind));
  json->member("startTimeUnixNano", std::to_string(span.begin_ns));
  json->member("endTimeUnixNano", std::to_string(span.end_ns)).key("attributes").begin_array();
  for (const auto& [name, value] : span.attributes) write_attribute(name, value, json);
  json->end_array();
  if (span.is_error) {
    json->key("status").begin_object().member("code", 2);
    if (!span.message.empty()) json->member("message", span.message);
    json->end_object();
  }
  json->end_object();
}

// What OTLP says may be tried again.
bool is_busy(int status) { return status == 429 || (status >= 502 && status <= 504); }

}  // namespace

std::string spans_json(const std::vector<Span>& spans, std::string_view service,
                       std::string_view version) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().key("resourceSpans").begin_array().begin_object();
  json.key("resource").begin_object().key("attributes").begin_array();
  write_attribute("service.name", std::string(service), &json);
  write_attribute("service.version", std::string(version), &json);
  json.end_array().end_object().key("scopeSpans").begin_array().begin_object();
  json.key("scope").begin_object().member("name", "slipway").member("version", version);
  json.end_object().key("spans").begin_array();
  for (const Span& span : spans) write_span(span, &json);
  json.end_array().end_object().end_array().end_object().end_array().end_object();
  return text;
}

SpanExporter::SpanExporter(Options options, MetricRegistry& registry)
    : options_(std::move(options)),
      sent_(registry.counter("slipway_spans_sent_total", "Spans that the collector took")),
      dropped_(registry.counter("slipway_spans_dropped_total",
                                "Spans that were dropped: too many at a time, or not taken")),
      thread_("spans", [this] { run(); }) {}

SpanExporter::~SpanExporter() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void SpanExporter::add(Span span) {
  MutexLock lock(mutex_);
  if (waiting_.size() == kWaitingMax) return dropped_.add();
  waiting_.push_back(std::move(span));
  if (waiting_.size() == kBatch) wake_.notify_all();
}

void SpanExporter::run() {
  bool last = false;
  while (!last) {
    std::vector<Span> spans;
    {
      MutexLock lock(mutex_);
      if (!stopping_ && waiting_.size() < kBatch) wake_.wait_for_ms(mutex_, options_.flush_ms);
      last = stopping_;
      spans.swap(waiting_);
    }
    for (std::size_t at = 0; at < spans.size(); at += kBatch) {
      const std::size_t end = std::min(at + kBatch, spans.size());
      const std::vector<Span> batch(
          std::make_move_iterator(spans.begin() + static_cast<std::ptrdiff_t>(at)),
          std::make_move_iterator(spans.begin() + static_cast<std::ptrdiff_t>(end)));
      send(batch, !last);
    }
  }
}

void SpanExporter::send(const std::vector<Span>& spans, bool may_wait) {
  const std::string body = spans_json(spans, options_.service, options_.version);
  const net::HttpCall call{.body = body, .headers = options_.headers, .tls = options_.tls.get()};
  auto done = net::http_call(options_.url, call);
  if (done && is_busy(done.value().status) && may_wait) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) wake_.wait_for_ms(mutex_, 1000);
    }
    done = net::http_call(options_.url, call);
  }
  if (done && done.value().status / 100 == 2) return sent_.add(spans.size());
  dropped_.add(spans.size());
  static LogThrottle throttle(60);
  log_throttled(throttle, LogLevel::kWarn, "spans are dropped: {}",
                done ? "the collector answers " + std::to_string(done.value().status)
                     : done.error().message());
}

}  // namespace slipway::deploy::realtime
