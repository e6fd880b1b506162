// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/model_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "deploy/core/inline_files.h"

namespace slipway::deploy {
namespace {

Error unknown_model(const std::string& name, const std::vector<std::string>& names,
                    const std::string& where) {
  const auto near = nearest(name, names);
  return Error(Code::kNotFound, "deploy.no_model",
               fmt::format("failed to poll from model repository: there is no model '{}' {}{}",
                           name, where, near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

std::vector<ModelControl::Entry> entries_of(const std::string& name,
                                            const Catalogue::Versions& versions) {
  std::vector<ModelControl::Entry> entries;
  for (const auto& served : versions)
    entries.push_back(
        {.name = name, .version = served->loaded.version, .state = ModelState::kReady});
  return entries;
}

// What cannot be remembered is served all the same.
void warn_state(const Result<void>& done) {
  if (!done) log_warn("--state: {}", done.error().message());
}

}  // namespace

ModelControl::ModelControl(Options options, Catalogue* catalogue, const Clock& clock)
    : options_(std::move(options)),
      catalogue_(*catalogue),
      clock_(clock),
      loader_(std::make_unique<ThreadPool>("models", 1)),
      reader_(std::make_unique<ThreadPool>("index", 1)) {
  if (options_.mode != Mode::kOnDemand) return;
  on_demand_ = std::make_unique<OnDemand>(
      options_.on_demand, &catalogue_, clock_,
      [this](const RepositoryModel& model) { return read_folder(model, {}); });
}

ModelControl::~ModelControl() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  watcher_.join();
  reader_.reset();
  loader_.reset();
  gentle_.reset();
  on_demand_.reset();
}

// On the loader's thread, waiting for it.
Result<void> ModelControl::run(std::function<Result<void>()> work) {
  Mutex mutex;
  Condition ready;
  std::optional<Result<void>> result;
  loader_->submit([&] {
    Result<void> made = work();
    MutexLock lock(mutex);
    result = std::move(made);
    ready.notify_all();
  });
  MutexLock lock(mutex);
  while (!result) ready.wait(mutex);
  return *std::move(result);
}

Result<std::string> ModelControl::add(const std::string& name, const std::string& reference) {
  RepositoryModel model{.name = name, .path = reference};
  RETURN_IF_ERROR(run([&]() -> Result<void> {
    // The file inside a folder is always "model", and a version's folder a number.
    if (name.empty() && posix_env().is_folder(reference))
      model.name = (std::filesystem::path(reference) / "").parent_path().filename().stem().string();
    ASSIGN_OR_RETURN(Catalogue::Versions versions, read_folder(model, {}));
    model.name = versions.back()->loaded.name;
    std::vector<Entry> entries = entries_of(model.name, versions);
    RETURN_IF_ERROR(catalogue_.add(std::move(versions)));
    MutexLock lock(mutex_);
    known_[model.name] = {
        .reference = reference, .fingerprint = {}, .versions = std::move(entries)};
    return {};
  }));
  return model.name;
}

Result<void> ModelControl::start() {
  if (options_.repository.empty()) return {};
  RETURN_IF_ERROR(run([&]() -> Result<void> {
    ASSIGN_OR_RETURN(const auto models, list_repository(options_.repository));
    MutexLock lock(mutex_);
    for (const RepositoryModel& model : models) {
      const auto known = known_.find(model.name);
      if (known == known_.end()) continue;
      return Error(Code::kAlreadyExists, "deploy.name_taken",
                   fmt::format("'{}' is a model of the command line and one of {}: give it another "
                               "name, as in other={}",
                               model.name, options_.repository, known->second.reference));
    }
    return {};
  }));
  if (!options_.state.empty() && on_demand_ == nullptr) {
    ASSIGN_OR_RETURN(state_, ServingState::open(options_.state));
  }
  RETURN_IF_ERROR(run([&]() -> Result<void> {
    options_.mode == Mode::kExplicit ? restore() : poll_now(true);
    // What is loaded from now on is loaded while requests come.
    take_turns(Turns::kBackground);
    if (on_demand_ == nullptr) gentle_ = std::make_unique<GentleLoader>(clock_);
    return {};
  }));
  if (options_.mode == Mode::kExplicit) return {};
  if (options_.mode != Mode::kNone) watcher_ = OwnedThread("watch", [this] { watch(); });
  return {};
}

void ModelControl::watch() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) stop_.wait_for_ms(mutex_, options_.poll_ms);
      if (stopping_) return;
    }
    poll();
  }
}

void ModelControl::poll() {
  (void)run([&]() -> Result<void> { return poll_now(false), Result<void>(); });
}

void ModelControl::poll_now(bool first) {
  const auto models = list_repository(options_.repository);
  if (!models) {
    log_warn("watching: {}", models.error().message());
    return;
  }
  if (on_demand_ != nullptr) return on_demand_->follow(models.value());
  std::set<std::string> there;
  for (const RepositoryModel& model : models.value()) {
    there.insert(model.name);
    const std::string fingerprint = fingerprint_of(model.path);
    {
      MutexLock lock(mutex_);
      Known& known = known_[model.name];
      if (!known.reference.empty() || (!first && known.fingerprint == fingerprint)) continue;
      known.fingerprint = fingerprint;
    }
    if (is_suspect(model.name, fingerprint)) continue;
    if (const auto done = load_now(model.name, {}); !done) log_warn("{}", done.error().message());
  }
  std::vector<std::string> gone;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, known] : known_) {
      if (known.reference.empty() && !there.contains(name)) gone.push_back(name);
    }
  }
  for (const std::string& name : gone) {
    if (unload_now(name)) log_info("{} is gone from {}: unloaded", name, options_.repository);
    MutexLock lock(mutex_);
    known_.erase(name);
  }
}

void ModelControl::note(const std::string& name, std::vector<Entry> versions) {
  MutexLock lock(mutex_);
  known_[name].versions = std::move(versions);
}

std::vector<ModelControl::Entry> ModelControl::index() const {
  std::map<std::string, std::vector<Entry>> all;
  if (on_demand_ != nullptr) {
    for (Entry& entry : on_demand_->index()) all[entry.name].push_back(std::move(entry));
  } else if (!options_.repository.empty()) {
    if (const auto models = list_repository(options_.repository)) {
      for (const RepositoryModel& model : models.value()) all[model.name];
    }
  }
  {
    MutexLock lock(mutex_);
    for (const auto& [name, known] : known_) all[name] = known.versions;
  }
  std::vector<Entry> index;
  for (auto& [name, versions] : all) {
    if (versions.empty()) index.push_back({.name = name});
    for (Entry& version : versions) index.push_back(std::move(version));
  }
  return index;
}

void ModelControl::index(std::function<void(std::vector<Entry>)> done) const {
  reader_->submit([this, done = std::move(done)] { done(index()); });
}

void ModelControl::note_loading(const std::string& name) {
  MutexLock lock(mutex_);
  Known& known = known_[name];
  if (known.versions.empty()) known.versions.push_back({.name = name});
  for (Entry& entry : known.versions) {
    if (entry.state != ModelState::kReady) entry.state = ModelState::kLoading;
    entry.reason.clear();
  }
}

Result<void> ModelControl::allowed() const {
  if (options_.mode == Mode::kExplicit || on_demand_ != nullptr) return {};
  return Error(
      Code::kUnavailable, "deploy.control",
      "explicit model load / unload is not allowed if polling is enabled: start slipway serve with "
      "--model-control explicit");
}

// Loads it as a request would: so that the first one does not wait.
Result<void> ModelControl::load_on_demand(const std::string& name, const Inline& with) {
  if (!with.files.empty() || !with.config.empty()) {
    return Error(Code::kUnavailable, "deploy.control",
                 fmt::format("failed to load '{}': files and configurations of a request would be "
                             "gone when the model leaves memory: start slipway serve with "
                             "--model-control explicit",
                             name));
  }
  on_demand_->forgive(name);
  Mutex mutex;
  Condition ready;
  std::optional<Result<void>> result;
  on_demand_->need(name, [&](const Result<OnDemand::Hold>& held) {
    MutexLock lock(mutex);
    result = held ? Result<void>() : Result<void>(held.error());
    ready.notify_all();
  });
  MutexLock lock(mutex);
  while (!result) ready.wait(mutex);
  return *std::move(result);
}

void ModelControl::load(const std::string& name, Inline with, Done done) {
  if (auto may = allowed(); !may) return done(std::move(may));
  loader_->submit(
      [this, name, with = std::move(with), done = std::move(done)] { done(load_now(name, with)); });
}

void ModelControl::unload(const std::string& name, Done done) {
  if (auto may = allowed(); !may) return done(std::move(may));
  loader_->submit([this, name, done = std::move(done)] { done(unload_now(name)); });
}

Result<void> ModelControl::load(const std::string& name, Inline with) {
  RETURN_IF_ERROR(allowed());
  return run([&] { return load_now(name, with); });
}

Result<void> ModelControl::unload(const std::string& name) {
  RETURN_IF_ERROR(allowed());
  return run([&] { return unload_now(name); });
}

Result<void> ModelControl::load_now(const std::string& name, const Inline& with) {
  if (on_demand_ != nullptr) {
    if (!on_demand_->knows(name)) poll_now(false);
    if (on_demand_->knows(name)) return load_on_demand(name, with);
  }
  const std::int64_t started_ns = clock_.monotonic_ns();
  ServingState::Asked asked{.config = with.config, .files_folder = {}};
  auto versions = read_noted(name, with, &asked);
  if (!versions) {
    Error error =
        std::move(versions).error().with_context(fmt::format("failed to load '{}'", name));
    // What does not exist has no place in the index.
    if (error.reason() == "deploy.no_model") return error;
    if (state_ != nullptr) warn_state(state_->fail(name));
    if (catalogue_.find(name) != nullptr || !serve_good(name, error)) note_failure(name, error);
    return error;
  }
  std::vector<std::string> good;
  for (const auto& served : versions.value()) good.push_back(served->loaded.version);
  serve(name, std::move(versions).value(), started_ns);
  if (state_ != nullptr) warn_state(state_->succeed(name, std::move(good), std::move(asked)));
  return {};
}

void ModelControl::note_failure(const std::string& name, const Error& error) {
  MutexLock lock(mutex_);
  Known& known = known_[name];
  if (known.versions.empty()) known.versions.push_back({.name = name, .version = "1"});
  for (Entry& entry : known.versions) {
    if (entry.version.empty()) entry.version = "1";
    const bool serves = entry.state == ModelState::kReady;
    entry.state = serves ? ModelState::kReady : ModelState::kUnavailable;
    entry.reason = serves ? "the one before goes on serving: " + error.message() : error.message();
  }
}

// Requests in flight, and reactors until they look again, still hold what was served before. Who lets go of it last frees
// it, and that should not be a reactor that has requests to answer; one that has none may.
void ModelControl::outlive(const Catalogue::Versions& before) {
  for (int waited = 0; waited < kOutliveMs; ++waited) {
    const bool is_held = std::any_of(before.begin(), before.end(),
                                     [](const auto& served) { return served.use_count() > 1; });
    MutexLock lock(mutex_);
    if (!is_held || stopping_) return;
    stop_.wait_for_ms(mutex_, 1);
  }
}

void ModelControl::serve(const std::string& name, Catalogue::Versions versions,
                         std::int64_t started_ns) {
  std::vector<Entry> entries = entries_of(name, versions);
  std::uint64_t bytes = 0;
  for (const auto& served : versions) bytes += served->loaded.bytes;
  const Catalogue::Versions before = catalogue_.versions(name);
  catalogue_.set(name, std::move(versions));
  outlive(before);
  const double ms = static_cast<double>(clock_.monotonic_ns() - started_ns) * 1e-6;
  log_info("loaded {} version {} ({}) in {:.1f} ms", name, entries.back().version,
           bytes_text(bytes), ms);
  note(name, std::move(entries));
}

Result<void> ModelControl::unload_now(const std::string& name) {
  if (on_demand_ != nullptr && on_demand_->knows(name)) return on_demand_->evict(name);
  if (state_ != nullptr) warn_state(state_->forget(name));
  if (!catalogue_.remove(name)) {
    auto found = find(name);  // unloading twice is no fault
    if (found) return {};
    return std::move(found).error().with_context(fmt::format("failed to unload '{}'", name));
  }
  MutexLock lock(mutex_);
  for (Entry& entry : known_[name].versions) {
    entry.state = ModelState::kUnavailable;
    entry.reason = "unloaded";
  }
  return {};
}

Result<RepositoryModel> ModelControl::find(const std::string& name) const {
  std::vector<std::string> names;
  {
    MutexLock lock(mutex_);
    for (const auto& [known, unused] : known_) names.push_back(known);
    const auto at = known_.find(name);
    if (at != known_.end() && !at->second.reference.empty())
      return RepositoryModel{.name = name, .path = at->second.reference};
  }
  if (options_.repository.empty()) return unknown_model(name, names, "on the command line");
  ASSIGN_OR_RETURN(const auto models, list_repository(options_.repository));
  for (const RepositoryModel& model : models) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  return unknown_model(name, names, "in " + options_.repository);
}

Result<Catalogue::Versions> ModelControl::read_versions(const std::string& name, const Inline& with,
                                                        ServingState::Asked* asked) {
  if (with.files.empty()) {
    ASSIGN_OR_RETURN(const RepositoryModel model, find(name));
    return read_folder(model, with);
  }
  if (state_ != nullptr) {
    ASSIGN_OR_RETURN(asked->files_folder, state_->make_folder());
    RETURN_IF_ERROR(write_inline_files(with.files, asked->files_folder));
    return read_folder({.name = name, .path = asked->files_folder}, with);
  }
  // The model's code is mapped or copied when it is loaded: the folder may go then.
  ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::create());
  RETURN_IF_ERROR(write_inline_files(with.files, folder.path()));
  return read_folder({.name = name, .path = folder.path()}, with);
}

Result<Catalogue::Versions> ModelControl::read_folder(const RepositoryModel& model,
                                                      const Inline& with) {
  if (!model.name.empty() && on_demand_ == nullptr) note_loading(model.name);
  ASSIGN_OR_RETURN(ServingConfig config, ServingConfig::of_folder(model.path));
  if (!with.config.empty()) {
    ASSIGN_OR_RETURN(config, config.overridden(with.config, model.path));
  }
  ASSIGN_OR_RETURN(const auto versions, versions_in(model, config));
  const auto shared = std::make_shared<const ServingConfig>(std::move(config));
  Catalogue::Versions read;
  for (const RepositoryVersion& version : versions) {
    const auto one = [this, version, name = model.name, shared] {
      return read_one(version, name, shared);
    };
    ASSIGN_OR_RETURN(read.emplace_back(), gentle_ == nullptr ? one() : gentle_->run(one));
  }
  return read;
}

Result<std::shared_ptr<const Served>> ModelControl::read_one(
    const RepositoryVersion& version, const std::string& name,
    std::shared_ptr<const ServingConfig> config) const {
  ASSIGN_OR_RETURN(Loaded loaded, load_model(version.path, options_.load));
  auto served = std::make_shared<Served>();
  served->loaded = std::move(loaded);
  if (!name.empty()) served->loaded.name = name;
  // A package knows its own.
  if (version.version != "1") served->loaded.version = version.version;
  served->loaded_at_us = clock_.now_us();
  if (config->response_cache && !options_.has_response_cache) {
    log_warn("{}: {} enables a response cache, and there is none: give --response-cache BYTES",
             served->loaded.name, config->path.empty() ? "its configuration" : config->path);
  }
  served->config = std::move(config);
  return std::shared_ptr<const Served>(std::move(served));
}

}  // namespace slipway::deploy
