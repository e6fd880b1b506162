// Thousands of models in the memory of some: each is known by name, read when it is first asked for, and leaves
// again when others need its place, the one that was longest without a request first.
//
//   OnDemand models({.models_max = 200}, &catalogue, clock, read);
//   models.follow(list_repository("models").value());                // again whenever the folder may have changed
//   if (models.knows("delay"))
//     models.need("delay", [](Result<OnDemand::Hold> held) { ... });  // from a thread of loads, or at once
//
// While a Hold lives its model stays in the catalogue, if need be beyond the limits. A load that fails tells
// everybody who waits for it, and is not tried again for retry_ms or until the model's files change. Statistics
// stay when a model goes. Its bytes are those of its file or blob and of the engines made of it.
//
// Errors: kNotFound "deploy.no_model"; kResourceExhausted "deploy.too_large" for a model larger than bytes_max; those of
// Read. Safe from any thread; the destructor ends loads under way, and outlives every Hold.
// Source: an LRU cache over names, as ModelMesh kept one over a cluster.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/index_entry.h"
#include "deploy/core/repository.h"

namespace slipway::deploy {

// What a version has done, in memory or not.
struct Counted {
  std::string name, version;
  std::shared_ptr<const Statistics> statistics;
  std::uint64_t bytes = 0;  // 0: not in memory
};

class OnDemand {
 public:
  struct Options {
    std::size_t models_max = 0;   // in memory at a time; 0: any number
    std::uint64_t bytes_max = 0;  // of those; 0: any number
    std::size_t loads_at_once =
        2;  // others wait for their turn, in the order in which they were asked for
    std::int64_t retry_ms = 10'000;
    MetricRegistry* registry = nullptr;  // outlives this; null: nothing is counted
  };
  using Read = std::function<Result<Catalogue::Versions>(const RepositoryModel&)>;
  using Hold = std::shared_ptr<const void>;
  using Needed = std::function<void(Result<Hold>)>;

  OnDemand(Options options, Catalogue* catalogue, const Clock& clock, Read read);
  ~OnDemand();

  // What there is: new models are known from now on, those that are gone leave, those in memory whose files have
  // changed are read again while the old ones serve.
  void follow(const std::vector<RepositoryModel>& found);
  bool knows(std::string_view name) const;
  // Why the last load failed, if it did.
  std::optional<Error> failure(std::string_view name) const;
  // The same, while need() would tell no more than that.
  std::optional<Error> refusal(std::string_view name) const;
  // The next need() tries again, whatever there was.
  void forgive(std::string_view name);
  std::vector<std::string> names() const;
  void need(const std::string& name, Needed done);
  // Takes it out of memory, whoever holds it.
  Result<void> evict(const std::string& name);

  std::vector<IndexEntry> index() const;
  // Of models that were in memory, and are not now.
  std::vector<Counted> evicted() const;

 private:
  struct Model {
    RepositoryModel at;
    std::string fingerprint;  // of what was last read
    bool loading = false;
    std::size_t holds = 0;  // of `waiting`, and of Holds that live
    std::vector<Needed> waiting;
    Catalogue::Versions resident;                                   // empty: not in memory
    std::uint64_t bytes = 0;                                        // of `resident`
    std::map<std::string, std::shared_ptr<Statistics>> statistics;  // by version
    std::optional<Error> failure;
    std::int64_t failed_ns = 0;
  };
  struct Metrics;

  bool is_refused(const Model& model) const REQUIRES(mutex_);
  void start_load(const std::string& name, Model* model) REQUIRES(mutex_);
  void load(const std::string& name, const RepositoryModel& at);
  Result<void> place(Model* model, Catalogue::Versions versions) REQUIRES(mutex_);
  void make_room(std::string_view keep) REQUIRES(mutex_);
  void drop(Model* model) REQUIRES(mutex_);
  Hold hold(const std::string& name);
  void let_go(const std::string& name);
  std::vector<std::pair<std::string, RepositoryModel>> changed() const;

  const Options options_;
  Catalogue& catalogue_;
  const Clock& clock_;
  const Read read_;
  const std::unique_ptr<Metrics> metrics_;
  mutable Mutex mutex_;
  std::map<std::string, Model, std::less<>> models_ GUARDED_BY(mutex_);
  std::size_t resident_ GUARDED_BY(mutex_) = 0;
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<ThreadPool> loads_;
};

// Of all that is served, and of all that was and left memory. `on_demand` may be null.
std::vector<Counted> counted(const Catalogue& catalogue, const OnDemand* on_demand);

}  // namespace slipway::deploy
