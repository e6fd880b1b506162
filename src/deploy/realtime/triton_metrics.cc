// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/triton_metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string_view>
#include <vector>

namespace slipway::deploy::realtime {
namespace {

using Snapshot = Statistics::Snapshot;

struct Family {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*value)(const Snapshot&);
};

constexpr std::uint64_t kNsPerUs = 1000;

constexpr Family kFamilies[] = {
    {"nv_inference_request_success", "Requests answered, over all protocols",
     [](const Snapshot& now) { return now.success.count; }},
    {"nv_inference_request_failure", "Requests refused",
     [](const Snapshot& now) { return now.fail.count; }},
    {"nv_inference_count", "Rows scored", [](const Snapshot& now) { return now.rows; }},
    {"nv_inference_exec_count", "Runs of the model",
     [](const Snapshot& now) { return now.executions; }},
    {"nv_inference_request_duration_us", "Time of answered requests",
     [](const Snapshot& now) { return now.success.ns / kNsPerUs; }},
    {"nv_inference_queue_duration_us", "Time spent waiting for the model",
     [](const Snapshot& now) { return now.queue.ns / kNsPerUs; }},
    {"nv_inference_compute_input_duration_us", "Time spent reading inputs",
     [](const Snapshot& now) { return now.input.ns / kNsPerUs; }},
    {"nv_inference_compute_infer_duration_us", "Time spent in the model",
     [](const Snapshot& now) { return now.infer.ns / kNsPerUs; }},
    {"nv_inference_compute_output_duration_us", "Time spent writing outputs",
     [](const Snapshot& now) { return now.output.ns / kNsPerUs; }},
};

constexpr Family kCacheFamilies[] = {
    {"nv_cache_num_hits_per_model", "Requests that the response cache answered",
     [](const Snapshot& now) { return now.cache_hit.count; }},
    {"nv_cache_num_misses_per_model", "Requests that the response cache had no answer for",
     [](const Snapshot& now) { return now.cache_miss.count; }},
    {"nv_cache_hit_duration_per_model", "Time of finding answers in the response cache, in us",
     [](const Snapshot& now) { return now.cache_hit.ns / kNsPerUs; }},
    {"nv_cache_miss_duration_per_model",
     "Time of not finding answers in the response cache and keeping them there, in us",
     [](const Snapshot& now) { return now.cache_miss.ns / kNsPerUs; }},
};

}  // namespace

std::vector<MetricFamily> triton_metrics(const Catalogue& catalogue, const OnDemand* on_demand,
                                         bool has_cache) {
  std::vector<MetricFamily> out;
  struct Series {
    std::vector<Label> labels;
    Snapshot now;
  };
  std::vector<Series> all;
  for (const Counted& each : counted(catalogue, on_demand)) {
    all.push_back({{{"model", std::string(each.name)}, {"version", std::string(each.version)}},
                   each.statistics->snapshot()});
  }
  const auto append = [&](std::span<const Family> families) {
    for (const Family& family : families) {
      MetricFamily made{
          std::string(family.name), std::string(family.help), MetricFamily::Type::kCounter, {}};
      for (const Series& series : all)
        made.samples.push_back({series.labels, family.value(series.now)});
      out.push_back(std::move(made));
    }
  };
  append(kFamilies);
  if (has_cache) append(kCacheFamilies);
  // Requests are scored where they arrive: who asks for this finds none pending.
  MetricFamily pending{"nv_inference_pending_request_count",
                       "Requests waiting for the model",
                       MetricFamily::Type::kGauge,
                       {}};
  for (const Series& series : all) pending.samples.push_back({series.labels, 0.0});
  out.push_back(std::move(pending));
  return out;
}

}  // namespace slipway::deploy::realtime
