// A model as requests meet it: its Plan with all that can be worked out once per load.
//
//   Endpoints endpoints(catalogue, {admission, registry});  // one per reactor
//   const Endpoint* delay = endpoints.find("delay");      // the newest version; null if there is none
//
// An Endpoint stays valid until the next find() of its Endpoints, which follows the catalogue. An
// Endpoint is immutable but for what it counts; Endpoints is for one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "deploy/core/catalogue.h"
#include "deploy/realtime/admission.h"
#include "deploy/realtime/batching.h"
#include "deploy/realtime/infer_request.h"
#include "deploy/realtime/input_table.h"
#include "deploy/realtime/output_tensors.h"
#include "plan/plan.h"

namespace slipway::deploy::realtime {

struct EndpointMetrics {
  EndpointMetrics(MetricRegistry& registry, const std::string& model, const std::string& version);
  Counter& requests;
  Counter& rows;
  Histogram& seconds;  // of it all
  Histogram& queue_seconds;
  Histogram& compute_seconds;
  Counter& refused;  // for there were too many in flight
};

// Counts a refusal; `model` is "" where none is served under the name that was asked for.
void count_error(MetricRegistry& registry, const std::string& model, std::string_view reason);

// Of a model whose answers are kept: response_cache.h.
struct CacheMetrics {
  CacheMetrics(MetricRegistry& registry, const std::string& model);
  Counter& hits;
  Counter& misses;
};

// Which columns of a Plan's output become which tensor.
struct OutputLayout {
  std::size_t labels = 0;  // of classifiers: 1, or one per target
  bool is_float32 = false;
  std::size_t values = 0;             // predictions, or classes
  std::size_t margins = 0;            // after those, with RunOptions::raw
  std::vector<OutputTensor> tensors;  // where the file names its own: these come out instead
  std::vector<std::string> names;     // that a request may ask for, the margin's last

  bool is_classifier() const { return labels > 0; }
  bool has_probabilities() const { return is_classifier() && values > 0; }
  std::size_t first_value() const { return labels; }
  std::size_t first_margin() const { return first_value() + values; }
};

// Shared with requests that wait for their turn's end.
struct Endpoint : std::enable_shared_from_this<Endpoint> {
  struct Around {
    const Admission& admission;
    MetricRegistry& registry;
    const BatchOptions batching = {};
    const bool has_cache = false;
  };
  Endpoint(std::shared_ptr<const Served> model, plan::Binding own, const Around& around);

  const std::string& name() const { return served->loaded.name; }
  const std::string& version() const { return served->loaded.version; }
  const plan::Plan& plan() const { return *served->loaded.plan; }
  InferTarget target() const { return {inputs, layout.names, served->config->rows_max}; }
  // Rows with exactly the model's input columns, as `inputs` says; none at all is fine.
  Result<frame::Frame> score(const frame::Frame& rows, plan::RunOptions options) const;
  // Whether an answer is not worth its scoring any more, by the request's own timeout (0: none) or the model's.
  bool is_late(std::int64_t own_timeout_us, std::int64_t waited_ns) const {
    if ((own_timeout_us | timeout_us) == 0) return false;
    const bool is_models = own_timeout_us == 0 || (timeout_us != 0 && timeout_us < own_timeout_us);
    return waited_ns / 1000 > (is_models ? timeout_us : own_timeout_us);
  }

  // Where a request stands among those that wait, by its own number (0: none) or the model's: 1 goes first.
  std::uint64_t priority_of(std::uint64_t own) const;

  const std::shared_ptr<const Served> served;
  const InputTable inputs;
  const plan::Binding binding;  // of rows with exactly the model's input columns
  const OutputLayout layout;
  const std::string reply_members;  // "model_name":...,"model_version":...: the same in each reply
  const EndpointMetrics metrics;
  const std::uint64_t serial;                // no other Endpoint has or had it
  const std::optional<CacheMetrics> cached;  // none: its answers are not kept
  const std::uint32_t in_flight_share;       // of its reactor; 0: any number
  const std::size_t crowd;                   // more may be more than is let in: net/turn.h
  const std::int64_t timeout_us;             // 0: for ever
  mutable InFlight in_flight;                // on its reactor
  mutable BatchCost batch_cost;              // likewise

  Admission::Model admitted() const {
    return {name(), in_flight_share, in_flight, metrics.refused};
  }
};

class Endpoints {
 public:
  // The versions of a model, oldest first; never empty.
  using Versions = std::vector<std::shared_ptr<const Endpoint>>;
  using Models = std::map<std::string, Versions, std::less<>>;

  // All outlive this.
  Endpoints(const Catalogue& catalogue, const Endpoint::Around& around);

  const Endpoint* find(std::string_view name, std::string_view version = "");
  const Models& all();

 private:
  void follow_catalogue();
  std::shared_ptr<const Endpoint> keep_or_make(const std::shared_ptr<const Served>& served);

  const Catalogue& catalogue_;
  const Endpoint::Around around_;
  std::shared_ptr<const Catalogue::Snapshot> snapshot_;
  std::uint64_t changes_ = 0;  // of the catalogue, as of the snapshot
  Models endpoints_;
};

}  // namespace slipway::deploy::realtime
