// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::deploy {

Catalogue::Catalogue() : snapshot_(std::make_shared<const Snapshot>()) {}

Result<void> Catalogue::add(Loaded loaded, std::int64_t now_us) {
  auto served = std::make_shared<Served>();
  served->loaded = std::move(loaded);
  served->loaded_at_us = now_us;
  return add(Versions{std::move(served)});
}

Result<void> Catalogue::add(Versions versions) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const std::string name = versions.back()->loaded.name;
  if (!next->emplace(name, std::move(versions)).second) {
    return Error(
        Code::kAlreadyExists, "deploy.name_taken",
        fmt::format("two models would be served as '{0}': give one another name, as in other={0}",
                    name));
  }
  snapshot_.set(std::move(next));
  return {};
}

void Catalogue::set(const std::string& name, Versions versions) {
  if (versions.empty()) return void(remove(name));
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  (*next)[name] = std::move(versions);
  snapshot_.set(std::move(next));
}

bool Catalogue::remove(std::string_view name) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const auto at = next->find(name);
  if (at == next->end()) return false;
  next->erase(at);
  snapshot_.set(std::move(next));
  return true;
}

bool Catalogue::replace(const std::shared_ptr<const Served>& old, Loaded loaded) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const auto model = next->find(old->loaded.name);
  if (model == next->end()) return false;
  const auto at = std::find(model->second.begin(), model->second.end(), old);
  if (at == model->second.end()) return false;
  auto served = std::make_shared<Served>(*old);
  served->loaded = std::move(loaded);
  *at = std::move(served);
  snapshot_.set(std::move(next));
  return true;
}

std::shared_ptr<const Served> Catalogue::find(std::string_view name,
                                              std::string_view version) const {
  const auto snapshot = snapshot_.get();
  const auto model = snapshot->find(name);
  if (model == snapshot->end()) return nullptr;
  if (version.empty()) return model->second.back();
  for (const auto& served : model->second) {
    if (served->loaded.version == version) return served;
  }
  return nullptr;
}

Catalogue::Versions Catalogue::versions(std::string_view name) const {
  const auto snapshot = snapshot_.get();
  const auto model = snapshot->find(name);
  return model == snapshot->end() ? Versions() : model->second;
}

std::vector<std::string> Catalogue::names() const {
  std::vector<std::string> names;
  for (const auto& [name, versions] : *snapshot_.get()) names.push_back(name);
  return names;
}

}  // namespace slipway::deploy
