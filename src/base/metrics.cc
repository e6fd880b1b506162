// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "base/check.h"
#include "base/utf8.h"

namespace slipway {
namespace {

using metrics_internal::kCacheLine;
using metrics_internal::kCells;

bool is_metric_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

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

std::string labels_text(const std::vector<Label>& labels, bool as_other) {
  std::string text;
  for (const Label& label : labels) {
    CHECK(is_metric_name(label.name));
    fmt::format_to(std::back_inserter(text), "{}{}=\"", text.empty() ? "" : ",", label.name);
    append_escaped(as_other ? "other" : label.value, true, &text);
    text += '"';
  }
  return text;
}

void append_sample(std::string_view name, std::string_view labels, std::string_view value,
                   std::string* out) {
  if (labels.empty())
    fmt::format_to(std::back_inserter(*out), "{} {}\n", name, value);
  else
    fmt::format_to(std::back_inserter(*out), "{}{{{}}} {}\n", name, labels, value);
}

}  // namespace

std::size_t metrics_internal::next_cell() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % kCells;
}

std::uint64_t Counter::value() const {
  std::uint64_t total = 0;
  for (const Cell& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
  return total;
}

void Counter::render(std::string_view name, std::string_view labels, std::string* out) const {
  append_sample(name, labels, fmt::format("{}", value()), out);
}

void Gauge::render(std::string_view name, std::string_view labels, std::string* out) const {
  append_sample(name, labels, number_of(value()), out);
}

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      lines_per_cell_((bounds.size() + 1 + Line().size() - 1) / Line().size()),
      lines_(new AlignedLine[kCells * lines_per_cell_]) {
  CHECK(std::is_sorted(bounds_.begin(), bounds_.end(), std::less_equal<>()));
}

std::atomic<std::uint64_t>& Histogram::bucket(std::size_t cell, std::size_t index) const {
  constexpr std::size_t kPerLine = std::tuple_size_v<Line>;
  return lines_[cell * lines_per_cell_ + index / kPerLine].counts[index % kPerLine];
}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  const std::size_t cell = metrics_internal::own_cell();
  bucket(cell, static_cast<std::size_t>(bound - bounds_.begin()))
      .fetch_add(1, std::memory_order_relaxed);
  sums_[cell].value.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot total;
  total.counts.resize(bounds_.size() + 1);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    for (std::size_t i = 0; i < total.counts.size(); ++i) {
      total.counts[i] += bucket(cell, i).load(std::memory_order_relaxed);
    }
    total.sum += sums_[cell].value.load(std::memory_order_relaxed);
  }
  for (const std::uint64_t count : total.counts) total.count += count;
  return total;
}

void Histogram::render(std::string_view name, std::string_view labels, std::string* out) const {
  const Snapshot now = snapshot();
  const std::string bucket_name = fmt::format("{}_bucket", name);
  const std::string_view comma = labels.empty() ? "" : ",";
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < now.counts.size(); ++i) {
    up_to_here += now.counts[i];
    const std::string bound = i < bounds_.size() ? number_of(bounds_[i]) : "+Inf";
    append_sample(bucket_name, fmt::format("{}{}le=\"{}\"", labels, comma, bound),
                  fmt::format("{}", up_to_here), out);
  }
  append_sample(fmt::format("{}_sum", name), labels, number_of(now.sum), out);
  append_sample(fmt::format("{}_count", name), labels, fmt::format("{}", now.count), out);
}

MetricRegistry::Family& MetricRegistry::family_of(const Request& request) {
  CHECK(is_metric_name(request.name));
  const auto found = families_.find(request.name);
  if (found == families_.end()) {
    Family made{request.type, std::string(request.help), {}};
    return families_.emplace(request.name, std::move(made)).first->second;
  }
  CHECK(found->second.type == request.type);
  return found->second;
}

template <typename T, typename Make>
T& MetricRegistry::find_or_make(const Request& request, const Make& make) {
  MutexLock lock(mutex_);
  Family& family = family_of(request);
  std::string key = labels_text(request.labels, false);
  const bool is_new = family.series.find(key) == family.series.end();
  if (is_new && family.series.size() >= max_series_) key = labels_text(request.labels, true);
  std::unique_ptr<Metric>& series = family.series[std::move(key)];
  if (series == nullptr) series = make();
  return static_cast<T&>(*series);
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 const std::vector<Label>& labels) {
  CHECK(name.ends_with("_total"));
  return find_or_make<Counter>({name, help, "counter", labels},
                               [] { return std::make_unique<Counter>(); });
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help,
                             const std::vector<Label>& labels) {
  return find_or_make<Gauge>({name, help, "gauge", labels},
                             [] { return std::make_unique<Gauge>(); });
}

Histogram& MetricRegistry::histogram(std::string_view name, std::string_view help,
                                     std::span<const double> bounds,
                                     const std::vector<Label>& labels) {
  return find_or_make<Histogram>({name, help, "histogram", labels},
                                 [&] { return std::make_unique<Histogram>(bounds); });
}

std::string MetricRegistry::render() const {
  MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
    append_escaped(family.help, false, &out);
    fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name, family.type);
    for (const auto& [labels, metric] : family.series) metric->render(name, labels, &out);
  }
  return out;
}

}  // namespace slipway
