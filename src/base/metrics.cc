// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/metrics_text.h"

namespace slipway {
namespace {

bool is_metric_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

using Value = decltype(MetricSample::value);

Value value_of(const Counter& counter) { return counter.value(); }
Value value_of(const Gauge& gauge) { return gauge.value(); }
Value value_of(const Histogram& histogram) { return histogram.snapshot(); }

}  // namespace

std::uint64_t Counter::value() const {
  std::uint64_t total = 0;
  for (const Cell& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
  return total;
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
  for (const Label& label : request.labels) CHECK(is_metric_name(label.name));
  MutexLock lock(mutex_);
  Family& family = family_of(request);
  std::vector<Label> labels = request.labels;
  std::string key = metric_labels_text(labels);
  auto at = family.series.find(key);
  if (at == family.series.end() && family.series.size() >= max_series_) {
    for (Label& label : labels) label.value = "other";
    key = metric_labels_text(labels);
    at = family.series.find(key);
  }
  if (at == family.series.end())
    at = family.series.emplace(std::move(key), Series{std::move(labels), make()}).first;
  return *std::get<std::unique_ptr<T>>(at->second.metric);
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 const std::vector<Label>& labels) {
  CHECK(name.ends_with("_total"));
  return find_or_make<Counter>({name, help, MetricFamily::Type::kCounter, labels},
                               [] { return std::make_unique<Counter>(); });
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help,
                             const std::vector<Label>& labels) {
  return find_or_make<Gauge>({name, help, MetricFamily::Type::kGauge, labels},
                             [] { return std::make_unique<Gauge>(); });
}

Histogram& MetricRegistry::histogram(std::string_view name, std::string_view help,
                                     std::span<const double> bounds,
                                     const std::vector<Label>& labels) {
  return find_or_make<Histogram>({name, help, MetricFamily::Type::kHistogram, labels},
                                 [&] { return std::make_unique<Histogram>(bounds); });
}

void MetricRegistry::visit(const std::function<void(const MetricFamily&)>& show) const {
  MutexLock lock(mutex_);
  for (const auto& [name, family] : families_) {
    MetricFamily shown{.name = name, .help = family.help, .type = family.type, .samples = {}};
    for (const auto& [key, series] : family.series) {
      shown.samples.push_back(
          {series.labels,
           std::visit([](const auto& metric) { return value_of(*metric); }, series.metric)});
    }
    show(shown);
  }
}

std::string MetricRegistry::render() const {
  std::string out;
  visit([&](const MetricFamily& family) { append_metrics_text(family, &out); });
  return out;
}

}  // namespace slipway
