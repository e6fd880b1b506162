// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/on_demand.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

std::uint64_t bytes_of(const Catalogue::Versions& versions) {
  std::uint64_t bytes = 0;
  for (const auto& served : versions)
    bytes += served->loaded.bytes + served->loaded.plan->scorer().memory_bytes();
  return bytes;
}

// The last request, or the load if there was none since.
std::int64_t used_at_us(const Catalogue::Versions& versions) {
  std::int64_t used = 0;
  for (const auto& served : versions)
    used = std::max({used, served->loaded_at_us, served->statistics->last_us()});
  return used;
}

Error unknown(const std::string& name) {
  return Error(Code::kNotFound, "deploy.no_model",
               fmt::format("there is no model '{}' in the repository", name));
}

}  // namespace

struct OnDemand::Metrics {
  explicit Metrics(MetricRegistry& registry)
      : models(registry.gauge("slipway_resident_models", "Models in memory, loaded on demand")),
        bytes(registry.gauge("slipway_resident_bytes", "Their files' and engines' bytes")),
        loads(registry.counter("slipway_demand_loads_total", "Models read for a request")),
        failures(registry.counter("slipway_demand_failures_total", "Those that could not be")),
        evictions(registry.counter("slipway_evictions_total", "Models that left for others")),
        seconds(registry.histogram("slipway_demand_load_seconds",
                                   "From the start of a load to its end", kLatencySeconds)) {}
  Gauge& models;
  Gauge& bytes;
  Counter& loads;
  Counter& failures;
  Counter& evictions;
  Histogram& seconds;
};

OnDemand::OnDemand(Options options, Catalogue* catalogue, const Clock& clock, Read read)
    : options_(options),
      catalogue_(*catalogue),
      clock_(clock),
      read_(std::move(read)),
      metrics_(options.registry == nullptr ? nullptr
                                           : std::make_unique<Metrics>(*options.registry)),
      loads_(
          std::make_unique<ThreadPool>("load", std::max<std::size_t>(options.loads_at_once, 1))) {}

OnDemand::~OnDemand() { loads_.reset(); }

// Reads the disk, so not under the lock.
std::vector<std::pair<std::string, RepositoryModel>> OnDemand::changed() const {
  struct Looked {
    std::string name, fingerprint;
    RepositoryModel at;
  };
  std::vector<Looked> looked;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, model] : models_) {
      const bool was_read = !model.resident.empty() || model.failure;
      if (was_read && !model.loading) looked.push_back({name, model.fingerprint, model.at});
    }
  }
  std::vector<std::pair<std::string, RepositoryModel>> changed;
  for (Looked& each : looked) {
    if (fingerprint_of(each.at.path) != each.fingerprint)
      changed.emplace_back(std::move(each.name), std::move(each.at));
  }
  return changed;
}

void OnDemand::follow(const std::vector<RepositoryModel>& found) {
  const auto fresh = changed();
  std::set<std::string_view> there;
  MutexLock lock(mutex_);
  for (const RepositoryModel& model : found) {
    there.insert(model.name);
    models_[model.name].at = model;
  }
  for (const auto& [name, at] : fresh) {
    const auto model = models_.find(name);
    if (model == models_.end() || !there.contains(name)) continue;
    model->second.failure.reset();
    if (!model->second.resident.empty()) start_load(name, &model->second);
  }
  for (auto model = models_.begin(); model != models_.end();) {
    // One that is being read goes when somebody looks next.
    const bool stays = there.contains(model->first) || model->second.loading;
    if (!stays) drop(&model->second);
    model = stays ? std::next(model) : models_.erase(model);
  }
}

bool OnDemand::knows(std::string_view name) const {
  MutexLock lock(mutex_);
  return models_.find(name) != models_.end();
}

std::optional<Error> OnDemand::failure(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto model = models_.find(name);
  return model == models_.end() ? std::nullopt : model->second.failure;
}

bool OnDemand::is_refused(const Model& model) const {
  const std::int64_t since_ns = clock_.monotonic_ns() - model.failed_ns;
  return model.resident.empty() && model.failure && !model.loading &&
         since_ns < options_.retry_ms * 1'000'000;
}

std::optional<Error> OnDemand::refusal(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto model = models_.find(name);
  if (model == models_.end() || !is_refused(model->second)) return std::nullopt;
  return model->second.failure;
}

void OnDemand::forgive(std::string_view name) {
  MutexLock lock(mutex_);
  const auto model = models_.find(name);
  if (model != models_.end()) model->second.failure.reset();
}

std::vector<std::string> OnDemand::names() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, model] : models_) names.push_back(name);
  return names;
}

void OnDemand::need(const std::string& name, Needed done) {
  std::optional<Error> refused;
  {
    MutexLock lock(mutex_);
    const auto found = models_.find(name);
    if (found == models_.end()) {
      refused = unknown(name);
    } else {
      Model& model = found->second;
      if (is_refused(model)) {
        refused = model.failure;
      } else {
        ++model.holds;
        if (model.resident.empty()) {
          model.waiting.push_back(std::move(done));
          return start_load(name, &model);
        }
      }
    }
  }
  refused ? done(*std::move(refused)) : done(hold(name));
}

void OnDemand::start_load(const std::string& name, Model* model) {
  if (std::exchange(model->loading, true)) return;
  loads_->submit([this, name, at = model->at] { load(name, at); });
}

void OnDemand::load(const std::string& name, const RepositoryModel& at) {
  const std::int64_t started_ns = clock_.monotonic_ns();
  std::string fingerprint = fingerprint_of(at.path);
  auto read = read_(at);
  std::vector<Needed> waiting;
  std::optional<Error> failed;
  {
    MutexLock lock(mutex_);
    const auto found = models_.find(name);  // follow() keeps what is being read
    Model& model = found->second;
    model.loading = false;
    model.fingerprint = std::move(fingerprint);
    waiting.swap(model.waiting);
    auto placed = read ? place(&model, std::move(read).value()) : Result<void>(read.error());
    if (!placed) {
      failed = std::move(placed).error().with_context(fmt::format("failed to load '{}'", name));
      model.failure = failed;
      model.failed_ns = clock_.monotonic_ns();
      model.holds -= waiting.size();
    }
  }
  if (metrics_ != nullptr) {
    failed ? metrics_->failures.add() : metrics_->loads.add();
    metrics_->seconds.observe(static_cast<double>(clock_.monotonic_ns() - started_ns) * 1e-9);
  }
  if (failed) log_warn("{}", failed->message());
  for (const Needed& done : waiting) failed ? done(*failed) : done(hold(name));
}

Result<void> OnDemand::place(Model* model, Catalogue::Versions versions) {
  const std::uint64_t bytes = bytes_of(versions);
  if (options_.bytes_max > 0 && bytes > options_.bytes_max) {
    return Error(Code::kResourceExhausted, "deploy.too_large",
                 fmt::format("it takes {} of memory, and all models together may take {}: give "
                             "--max-resident-bytes more",
                             bytes_text(bytes), bytes_text(options_.bytes_max)));
  }
  for (auto& served : versions) {
    auto& kept = model->statistics[served->loaded.version];
    if (kept == nullptr) kept = served->statistics;
    auto continued = std::make_shared<Served>(*served);
    continued->statistics = kept;
    served = std::move(continued);
  }
  if (model->resident.empty()) ++resident_;
  bytes_ += bytes - model->bytes;
  model->bytes = bytes;
  model->failure.reset();
  catalogue_.set(model->at.name, versions);
  model->resident = std::move(versions);
  make_room(model->at.name);
  if (metrics_ != nullptr) {
    metrics_->models.set(static_cast<double>(resident_));
    metrics_->bytes.set(static_cast<double>(bytes_));
  }
  return {};
}

void OnDemand::make_room(std::string_view keep) {
  const auto is_full = [this]() REQUIRES(mutex_) {
    return (options_.models_max > 0 && resident_ > options_.models_max) ||
           (options_.bytes_max > 0 && bytes_ > options_.bytes_max);
  };
  while (is_full()) {
    Model* oldest = nullptr;
    std::int64_t oldest_us = 0;
    for (auto& [name, model] : models_) {
      if (model.resident.empty() || model.holds > 0 || name == keep) continue;
      const std::int64_t used_us = used_at_us(model.resident);
      if (oldest != nullptr && used_us >= oldest_us) continue;
      oldest = &model;
      oldest_us = used_us;
    }
    if (oldest == nullptr) return;  // all are held: the next load looks again
    drop(oldest);
    if (metrics_ != nullptr) metrics_->evictions.add();
  }
}

void OnDemand::drop(Model* model) {
  if (model->resident.empty()) return;
  catalogue_.remove(model->at.name);
  model->resident.clear();
  --resident_;
  bytes_ -= std::exchange(model->bytes, 0);
}

OnDemand::Hold OnDemand::hold(const std::string& name) {
  return {static_cast<const void*>(this), [this, name](const void*) { let_go(name); }};
}

void OnDemand::let_go(const std::string& name) {
  MutexLock lock(mutex_);
  const auto model = models_.find(name);
  if (model != models_.end() && model->second.holds > 0) --model->second.holds;
}

Result<void> OnDemand::evict(const std::string& name) {
  MutexLock lock(mutex_);
  const auto model = models_.find(name);
  if (model == models_.end()) return unknown(name);
  drop(&model->second);
  return {};
}

std::vector<IndexEntry> OnDemand::index() const {
  MutexLock lock(mutex_);
  std::vector<IndexEntry> index;
  for (const auto& [name, model] : models_) {
    const std::string why = model.failure ? model.failure->message() : "";
    if (!model.resident.empty()) {
      const std::string told = why.empty() ? "" : "the one before goes on serving: " + why;
      for (const auto& served : model.resident)
        index.push_back({name, served->loaded.version, ModelState::kReady, told});
    } else if (model.loading) {
      index.push_back({name, "", ModelState::kLoading, ""});
    } else if (model.failure) {
      index.push_back({name, "", ModelState::kUnavailable, why});
    } else if (model.statistics.empty()) {
      index.push_back({.name = name});
    } else {
      for (const auto& [version, unused] : model.statistics)
        index.push_back(
            {name, version, ModelState::kUnavailable, "not in memory: the next request loads it"});
    }
  }
  return index;
}

std::vector<Counted> OnDemand::evicted() const {
  MutexLock lock(mutex_);
  std::vector<Counted> all;
  for (const auto& [name, model] : models_) {
    if (!model.resident.empty()) continue;
    for (const auto& [version, statistics] : model.statistics)
      all.push_back({name, version, statistics});
  }
  return all;
}

std::vector<Counted> counted(const Catalogue& catalogue, const OnDemand* on_demand) {
  std::vector<Counted> all;
  const auto served_now = catalogue.snapshot();
  for (const auto& [name, versions] : *served_now) {
    for (const auto& served : versions)
      all.push_back({name, served->loaded.version, served->statistics, served->loaded.bytes});
  }
  if (on_demand == nullptr) return all;
  for (Counted& each : on_demand->evicted()) {
    if (!served_now->contains(each.name)) all.push_back(std::move(each));
  }
  std::sort(all.begin(), all.end(),
            [](const Counted& a, const Counted& b) { return a.name < b.name; });
  return all;
}

}  // namespace slipway::deploy
