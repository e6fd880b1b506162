// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/endpoint.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/json_writer.h"
#include "deploy/realtime/infer_request.h"
#include "plan/outputs.h"

namespace slipway::deploy::realtime {
namespace {

OutputLayout layout_of(const plan::Plan& plan) {
  const auto& fields = plan.output_schema().fields();
  OutputLayout layout;
  layout.labels = plan::label_columns(plan.model().outputs);
  layout.is_float32 = plan.model().outputs.float32;
  layout.values = fields.size() - layout.first_value();
  layout.margins = plan.output_schema({.raw = true}).size() - fields.size();
  layout.tensors = output_tensors(plan);
  for (const OutputTensor& tensor : layout.tensors) layout.names.push_back(tensor.name);
  if (layout.names.empty()) layout.names.emplace_back(kPredict);
  if (layout.tensors.empty() && layout.has_probabilities())
    layout.names.emplace_back(kPredictProba);
  if (layout.margins > 0) layout.names.emplace_back(kMargin);
  return layout;
}

Counter& error_counter(MetricRegistry& registry, const std::string& model,
                       std::string_view reason) {
  return registry.counter("slipway_request_errors_total", "Requests refused, by reason",
                          {{"model", model}, {"reason", std::string(reason)}});
}

std::size_t crowd_of(std::uint32_t all, std::uint32_t of_model) {
  std::size_t least = static_cast<std::size_t>(-1);
  for (const std::uint32_t share : {all, of_model}) {
    if (share != 0) least = std::min<std::size_t>(least, share);
  }
  return least;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

std::optional<CacheMetrics> cache_of(const Served& served, const Endpoint::Around& around) {
  if (!around.has_cache || !served.config->response_cache) return std::nullopt;
  return CacheMetrics(around.registry, served.loaded.name);
}

std::string reply_members_of(const Loaded& loaded) {
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("model_name", loaded.name);
  json.member("model_version", loaded.version).end_object();
  return text.substr(1, text.size() - 2);
}

}  // namespace

EndpointMetrics::EndpointMetrics(MetricRegistry& registry, const std::string& model,
                                 const std::string& version)
    : requests(registry.counter("slipway_requests_total", "Prediction requests answered",
                                {{"model", model}, {"version", version}})),
      rows(registry.counter("slipway_rows_total", "Rows scored for requests",
                            {{"model", model}, {"version", version}})),
      seconds(registry.histogram("slipway_request_seconds",
                                 "From a request in memory to its answer in memory",
                                 kLatencySeconds, {{"model", model}, {"version", version}})),
      queue_seconds(registry.histogram(
          "slipway_queue_seconds",
          "Waiting: until a request that has come is read, and until its rows are scored",
          kLatencySeconds, {{"model", model}, {"version", version}})),
      compute_seconds(registry.histogram("slipway_compute_seconds",
                                         "Scoring; of a batch, a request's share", kLatencySeconds,
                                         {{"model", model}, {"version", version}})),
      refused(error_counter(registry, model, "realtime.model_in_flight")) {}

CacheMetrics::CacheMetrics(MetricRegistry& registry, const std::string& model)
    : hits(registry.counter("slipway_cache_hits_total", "Requests that the response cache answered",
                            {{"model", model}})),
      misses(registry.counter("slipway_cache_misses_total",
                              "Requests that the response cache had no answer for",
                              {{"model", model}})) {}

void count_error(MetricRegistry& registry, const std::string& model, std::string_view reason) {
  error_counter(registry, model, reason).add();
}

Endpoint::Endpoint(std::shared_ptr<const Served> model, plan::Binding own, const Around& around)
    : served(std::move(model)),
      inputs(*served->loaded.plan, *served->config),
      binding(std::move(own)),
      layout(layout_of(*served->loaded.plan)),
      reply_members(reply_members_of(served->loaded)),
      metrics(around.registry, served->loaded.name, served->loaded.version),
      serial(next_serial()),
      cached(cache_of(*served, around)),
      in_flight_share(around.admission.model_share(served->config->in_flight_max)),
      crowd(crowd_of(around.admission.share(), in_flight_share)),
      timeout_us(served->config->timeout_us),
      batch_cost(around.batching, served->loaded.plan->scorer().rows_together()) {}

std::uint64_t Endpoint::priority_of(std::uint64_t own) const {
  const auto levels = static_cast<std::uint64_t>(served->config->priority_levels);
  if (own != 0 && (levels == 0 || own <= levels)) return own;
  const auto usual = static_cast<std::uint64_t>(served->config->default_priority);
  return usual != 0 ? usual : std::numeric_limits<std::uint64_t>::max();
}

Result<frame::Frame> Endpoint::score(const frame::Frame& rows, plan::RunOptions options) const {
  if (rows.rows() > 0) return plan().run(rows, binding, options);
  const frame::Schema& schema = plan().output_schema(options);
  std::vector<frame::Column> columns;
  for (const frame::Field& field : schema.fields())
    columns.emplace_back(frame::Column::Parts{.type = field.type});
  return frame::Frame::make(schema, std::move(columns));
}

Endpoints::Endpoints(const Catalogue& catalogue, const Endpoint::Around& around)
    : catalogue_(catalogue), around_(around) {
  follow_catalogue();
}

std::shared_ptr<const Endpoint> Endpoints::keep_or_make(
    const std::shared_ptr<const Served>& served) {
  const auto old = endpoints_.find(served->loaded.name);
  if (old != endpoints_.end()) {
    for (auto& endpoint : old->second) {
      if (endpoint != nullptr && endpoint->served == served) return std::move(endpoint);
    }
  }
  const plan::Plan& plan = *served->loaded.plan;
  auto binding = plan.bind(plan.input_schema());
  CHECK(binding.has_value());  // a model's own columns fit the model
  return std::make_shared<const Endpoint>(served, std::move(binding).value(), around_);
}

void Endpoints::follow_catalogue() {
  const std::uint64_t changes = catalogue_.changes();
  if (snapshot_ != nullptr && changes == changes_) return;
  changes_ = changes;
  snapshot_ = catalogue_.snapshot();
  Models next;
  for (const auto& [name, versions] : *snapshot_) {
    Versions& made = next[name];
    for (const auto& served : versions) made.push_back(keep_or_make(served));
  }
  endpoints_ = std::move(next);
}

const Endpoint* Endpoints::find(std::string_view name, std::string_view version) {
  follow_catalogue();
  const auto at = endpoints_.find(name);
  if (at == endpoints_.end()) return nullptr;
  if (version.empty()) return at->second.back().get();
  for (const auto& endpoint : at->second) {
    if (endpoint->version() == version) return endpoint.get();
  }
  return nullptr;
}

const Endpoints::Models& Endpoints::all() {
  follow_catalogue();
  return endpoints_;
}

}  // namespace slipway::deploy::realtime
