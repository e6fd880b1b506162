// Who loads and unloads models while they are served: from a repository folder, or again from where the command
// line said they are. What the Open Inference Protocol calls the model repository, over any protocol.
//
//   ModelControl control({.repository = "models", .mode = ModelControl::Mode::kExplicit}, &catalogue, clock);
//   RETURN_IF_ERROR(control.start());                     // kNone, kWatch: loads all that is there
//   for (const ModelControl::Entry& entry : control.index()) ...   // name, version, state, reason
//   control.load("delay", {}, [](Result<void> done) { ... });      // returns at once; the thread of loads calls
//   RETURN_IF_ERROR(control.unload("delay"));
//
// Loads happen one after the other on a thread of their own. A model takes the place of the one before in one
// step, after it has been read, compiled and (packages) proved; requests in flight end with the Plan that they
// took. A load that fails leaves the old one serving and says why in the index.
//
// With a state folder, what callers had loaded is loaded again after a restart, and a model that cannot be loaded falls back
// to the versions that were good before (model_restore.cc).
//
// Errors: kNotFound "deploy.no_model", kUnavailable "deploy.control" where the mode forbids it, those of
// load_model() and ServingConfig; messages of failed loads begin "failed to load 'NAME'". Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/gentle_loader.h"
#include "deploy/core/index_entry.h"
#include "deploy/core/known_models.h"
#include "deploy/core/load.h"
#include "deploy/core/on_demand.h"
#include "deploy/core/repository.h"
#include "deploy/core/serving_state.h"

namespace slipway::deploy {

class ModelControl {
 public:
  enum class Mode : std::uint8_t {
    kNone,      // all that is there at the start, and nothing later
    kExplicit,  // what is asked for
    kWatch,     // what is there, followed
    kOnDemand,  // what requests need; the folder is followed, models of it are known and not loaded
  };
  struct Options {
    LoadOptions load;
    std::string repository;  // empty: none
    Mode mode = Mode::kNone;
    std::int64_t poll_ms = 5000;
    OnDemand::Options on_demand;
    bool has_response_cache = false;  // else a model that wants one is told of
    std::string
        state;  // folder for what is remembered from one process to the next; empty: nothing is
  };
  using Entry = IndexEntry;
  // What a caller sends along, to be used in place of what the repository holds.
  struct Inline {
    std::string config;                                      // JSON; empty: none
    std::vector<std::pair<std::string, std::string>> files;  // "1/model.onnx" and its bytes
  };
  using Done = std::function<void(Result<void>)>;

  // Both outlive this. Nothing is loaded yet.
  ModelControl(Options options, Catalogue* catalogue, const Clock& clock);
  // Ends a load that is under way, and watching.
  ~ModelControl();

  // A model of the command line: a file, a package or a folder. `name` may be empty: its own, which
  // is what comes back.
  Result<std::string> add(const std::string& name, const std::string& reference);
  // Reads the repository, and starts to watch it. A model of it that cannot be loaded is logged and
  // indexed, and no error.
  Result<void> start();

  // By name, oldest version first.
  std::vector<Entry> index() const;
  // The same, which reads the repository's folder, on a thread of its own: a load does not hold it up.
  void index(std::function<void(std::vector<Entry>)> done) const;
  void load(const std::string& name, Inline with, Done done);
  void unload(const std::string& name, Done done);
  // The same, waiting for it.
  Result<void> load(const std::string& name, Inline with = {});
  Result<void> unload(const std::string& name);
  // Looks at the repository now and does what changed.
  void poll();

  // Null but with kOnDemand.
  OnDemand* on_demand() const { return on_demand_.get(); }
  const Options& options() const { return options_; }

 private:
  Result<void> run(std::function<Result<void>()> work);
  Result<void> allowed() const;
  Result<void> load_on_demand(const std::string& name, const Inline& with);
  Result<RepositoryModel> find(const std::string& name) const;
  Result<void> load_now(const std::string& name, const Inline& with);
  Result<void> unload_now(const std::string& name);
  void serve(const std::string& name, Catalogue::Versions versions, std::int64_t started_ns);
  static constexpr int kOutliveMs = 5;
  void outlive(const Catalogue::Versions& before);
  // With `asked` filled in for the state; in `read_noted` the state learns of the begin, too.
  Result<Catalogue::Versions> read_noted(const std::string& name, const Inline& with,
                                         ServingState::Asked* asked);
  Result<Catalogue::Versions> read_versions(const std::string& name, const Inline& with,
                                            ServingState::Asked* asked);
  // What was served before this process, or before a load that has failed.
  void restore();
  Result<Catalogue::Versions> read_good(const std::string& name);
  bool serve_good(const std::string& name, const Error& instead_of);
  bool is_suspect(const std::string& name, const std::string& fingerprint);
  Result<Catalogue::Versions> read_folder(const RepositoryModel& model, const Inline& with);
  Result<std::shared_ptr<const Served>> read_one(const RepositoryVersion& version,
                                                 const std::string& name,
                                                 std::shared_ptr<const ServingConfig> config) const;
  void poll_now(bool first);
  void watch();

  const Options options_;
  Catalogue& catalogue_;
  const Clock& clock_;
  Mutex mutex_;
  Condition stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  KnownModels known_;
  std::unique_ptr<ServingState> state_;  // of the loader's thread; null: nothing is remembered
  std::unique_ptr<OnDemand> on_demand_;
  std::unique_ptr<ThreadPool> loader_;  // one thread: all that changes what is served happens there
  std::unique_ptr<GentleLoader>
      gentle_;                          // of the loader's thread, while requests come; null before
  std::unique_ptr<ThreadPool> reader_;  // one thread, of index()
  OwnedThread watcher_;
};

}  // namespace slipway::deploy
