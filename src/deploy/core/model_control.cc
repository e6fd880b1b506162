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

namespace slipway::deploy {
namespace {

std::vector<std::string> names_of(const Catalogue::Versions& versions) {
  std::vector<std::string> names;
  for (const auto& served : versions) names.push_back(served->loaded.version);
  return names;
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
    const std::vector<std::string> names = names_of(versions);
    RETURN_IF_ERROR(catalogue_.add(std::move(versions)));
    known_.set_reference(model.name, reference);
    known_.serve(model.name, names);
    return {};
  }));
  return model.name;
}

Result<void> ModelControl::start() {
  if (options_.repository.empty()) return {};
  RETURN_IF_ERROR(run([&]() -> Result<void> {
    ASSIGN_OR_RETURN(const auto models, list_repository(options_.repository));
    for (const RepositoryModel& model : models) {
      const auto reference = known_.reference(model.name);
      if (!reference) continue;
      return Error(Code::kAlreadyExists, "deploy.name_taken",
                   fmt::format("'{}' is a model of the command line and one of {}: give it another "
                               "name, as in other={}",
                               model.name, options_.repository, *reference));
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
    if (!known_.has_changed(model.name, fingerprint, first)) continue;
    if (is_suspect(model.name, fingerprint)) continue;
    if (const auto done = load_now(model.name, {}); !done) log_warn("{}", done.error().message());
  }
  for (const std::string& name : known_.gone(there)) {
    if (unload_now(name)) log_info("{} is gone from {}: unloaded", name, options_.repository);
    known_.forget(name);
  }
}

std::vector<ModelControl::Entry> ModelControl::index() const {
  KnownModels::Index all;
  if (on_demand_ != nullptr) {
    for (Entry& entry : on_demand_->index()) all[entry.name].push_back(std::move(entry));
  } else if (!options_.repository.empty()) {
    if (const auto models = list_repository(options_.repository)) {
      for (const RepositoryModel& model : models.value()) all[model.name];
    }
  }
  known_.add_to(&all);
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
    if (catalogue_.find(name) != nullptr || !serve_good(name, error)) known_.fail(name, error);
    return error;
  }
  std::vector<std::string> good = names_of(versions.value());
  serve(name, std::move(versions).value(), started_ns);
  if (state_ != nullptr) warn_state(state_->succeed(name, std::move(good), std::move(asked)));
  return {};
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
  const std::vector<std::string> names = names_of(versions);
  std::uint64_t bytes = 0;
  for (const auto& served : versions) bytes += served->loaded.bytes;
  const Catalogue::Versions before = catalogue_.versions(name);
  catalogue_.set(name, std::move(versions));
  outlive(before);
  const double ms = static_cast<double>(clock_.monotonic_ns() - started_ns) * 1e-6;
  log_info("loaded {} version {} ({}) in {:.1f} ms", name, names.back(), bytes_text(bytes), ms);
  known_.serve(name, names);
}

Result<void> ModelControl::unload_now(const std::string& name) {
  if (on_demand_ != nullptr && on_demand_->knows(name)) return on_demand_->evict(name);
  if (state_ != nullptr) warn_state(state_->forget(name));
  if (!catalogue_.remove(name)) {
    auto found = find(name);  // unloading twice is no fault
    if (found) return {};
    return std::move(found).error().with_context(fmt::format("failed to unload '{}'", name));
  }
  known_.unload(name);
  return {};
}

}  // namespace slipway::deploy
