// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/known_models.h"

namespace slipway::deploy {

void KnownModels::set_reference(const std::string& name, const std::string& reference) {
  MutexLock lock(mutex_);
  known_[name].reference = reference;
}

std::optional<std::string> KnownModels::reference(const std::string& name) const {
  MutexLock lock(mutex_);
  const auto at = known_.find(name);
  if (at == known_.end() || at->second.reference.empty()) return std::nullopt;
  return at->second.reference;
}

bool KnownModels::has_changed(const std::string& name, const std::string& fingerprint, bool anew) {
  MutexLock lock(mutex_);
  Known& known = known_[name];
  if (!known.reference.empty() || (!anew && known.fingerprint == fingerprint)) return false;
  known.fingerprint = fingerprint;
  return true;
}

std::vector<std::string> KnownModels::names() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, unused] : known_) names.push_back(name);
  return names;
}

std::vector<std::string> KnownModels::gone(const std::set<std::string>& there) const {
  MutexLock lock(mutex_);
  std::vector<std::string> gone;
  for (const auto& [name, known] : known_) {
    if (known.reference.empty() && !there.contains(name)) gone.push_back(name);
  }
  return gone;
}

void KnownModels::forget(const std::string& name) {
  MutexLock lock(mutex_);
  known_.erase(name);
}

void KnownModels::begin(const std::string& name) {
  MutexLock lock(mutex_);
  Known& known = known_[name];
  if (known.versions.empty()) known.versions.push_back({.name = name});
  for (IndexEntry& entry : known.versions) {
    if (entry.state != ModelState::kReady) entry.state = ModelState::kLoading;
    entry.reason.clear();
  }
}

void KnownModels::serve(const std::string& name, const std::vector<std::string>& versions) {
  MutexLock lock(mutex_);
  std::vector<IndexEntry>& entries = known_[name].versions;
  entries.clear();
  for (const std::string& version : versions)
    entries.push_back({.name = name, .version = version, .state = ModelState::kReady});
}

void KnownModels::fail(const std::string& name, const Error& error) {
  MutexLock lock(mutex_);
  Known& known = known_[name];
  if (known.versions.empty()) known.versions.push_back({.name = name, .version = "1"});
  for (IndexEntry& entry : known.versions) {
    if (entry.version.empty()) entry.version = "1";
    const bool serves = entry.state == ModelState::kReady;
    entry.state = serves ? ModelState::kReady : ModelState::kUnavailable;
    entry.reason = serves ? "the one before goes on serving: " + error.message() : error.message();
  }
}

void KnownModels::unload(const std::string& name) {
  MutexLock lock(mutex_);
  for (IndexEntry& entry : known_[name].versions) {
    entry.state = ModelState::kUnavailable;
    entry.reason = "unloaded";
  }
}

void KnownModels::set_reason(const std::string& name, const std::string& reason) {
  MutexLock lock(mutex_);
  for (IndexEntry& entry : known_[name].versions) entry.reason = reason;
}

void KnownModels::add_to(Index* index) const {
  MutexLock lock(mutex_);
  for (const auto& [name, known] : known_) (*index)[name] = known.versions;
}

}  // namespace slipway::deploy
