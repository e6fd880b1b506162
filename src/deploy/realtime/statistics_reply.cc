// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/statistics_reply.h"

namespace slipway::deploy::realtime {
namespace {

void write_timed(std::string_view name, const Statistics::Timed& timed, JsonWriter* json) {
  json->key(name).begin_object().member("count", timed.count).member("ns", timed.ns).end_object();
}

}  // namespace

void write_statistics(const Served& served, JsonWriter* json) {
  write_statistics(
      {served.loaded.name, served.loaded.version, served.statistics, served.loaded.bytes}, json);
}

void write_statistics(const Counted& version, JsonWriter* json) {
  const Statistics::Snapshot now = version.statistics->snapshot();
  json->begin_object().member("name", version.name).member("version", version.version);
  json->member("last_inference", now.last_us / 1000).member("inference_count", now.rows);
  json->member("execution_count", now.executions).key("inference_stats").begin_object();
  write_timed("success", now.success, json);
  write_timed("fail", now.fail, json);
  write_timed("queue", now.queue, json);
  write_timed("compute_input", now.input, json);
  write_timed("compute_infer", now.infer, json);
  write_timed("compute_output", now.output, json);
  write_timed("cache_hit", now.cache_hit, json);
  write_timed("cache_miss", now.cache_miss, json);
  json->end_object().key("response_stats").begin_object().end_object();
  json->key("batch_stats").begin_array();
  for (const Statistics::Batch& batch : now.batches) {
    json->begin_object().member("batch_size", batch.rows);
    write_timed("compute_input", batch.input, json);
    write_timed("compute_infer", batch.infer, json);
    write_timed("compute_output", batch.output, json);
    json->end_object();
  }
  json->end_array().key("memory_usage").begin_array().begin_object();
  json->member("type", "CPU").member("id", 0).member("byte_size", version.bytes);
  json->end_object().end_array().end_object();
}

}  // namespace slipway::deploy::realtime
