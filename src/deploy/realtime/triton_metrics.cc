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

// A label's value, as the text format escapes it.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void append_triton_metrics(const Catalogue& catalogue, const OnDemand* on_demand, bool has_cache,
                           std::string* out) {
  struct Series {
    std::string labels;
    Snapshot now;
  };
  std::vector<Series> all;
  for (const Counted& each : counted(catalogue, on_demand)) {
    all.push_back(
        {fmt::format("model=\"{}\",version=\"{}\"", label(each.name), label(each.version)),
         each.statistics->snapshot()});
  }
  auto to = std::back_inserter(*out);
  const auto append = [&](std::span<const Family> families) {
    for (const Family& family : families) {
      fmt::format_to(to, "# HELP {0} {1}\n# TYPE {0} counter\n", family.name, family.help);
      for (const Series& series : all)
        fmt::format_to(to, "{}{{{}}} {}\n", family.name, series.labels, family.value(series.now));
    }
  };
  append(kFamilies);
  if (has_cache) append(kCacheFamilies);
  // Requests are scored where they arrive: who asks for this finds none pending.
  *out +=
      "# HELP nv_inference_pending_request_count Requests waiting for the model\n"
      "# TYPE nv_inference_pending_request_count gauge\n";
  for (const Series& series : all)
    fmt::format_to(to, "nv_inference_pending_request_count{{{}}} 0\n", series.labels);
}

}  // namespace slipway::deploy::realtime
