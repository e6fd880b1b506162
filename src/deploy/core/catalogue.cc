// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/catalogue.h"

#include <fmt/format.h>

#include <utility>

namespace slipway::deploy {

Catalogue::Catalogue() : snapshot_(std::make_shared<const Snapshot>()) {}

Result<void> Catalogue::add(Loaded loaded, std::int64_t now_us) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const std::string name = loaded.name;
  const auto served = std::make_shared<const Served>(Served{std::move(loaded), now_us});
  if (!next->emplace(name, served).second) {
    return Error(
        Code::kAlreadyExists, "deploy.name_taken",
        fmt::format("two models would be served as '{0}': give one another name, as in other={0}",
                    name));
  }
  snapshot_.set(std::move(next));
  return {};
}

Result<void> Catalogue::replace(Loaded loaded, std::int64_t now_us) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const auto at = next->find(loaded.name);
  if (at == next->end()) {
    return Error(Code::kNotFound, "deploy.no_model",
                 fmt::format("no model '{}' is served that could be replaced", loaded.name));
  }
  at->second = std::make_shared<const Served>(Served{std::move(loaded), now_us});
  snapshot_.set(std::move(next));
  return {};
}

std::shared_ptr<const Served> Catalogue::find(std::string_view name) const {
  const auto snapshot = snapshot_.get();
  const auto at = snapshot->find(name);
  return at == snapshot->end() ? nullptr : at->second;
}

std::vector<std::string> Catalogue::names() const {
  std::vector<std::string> names;
  for (const auto& [name, served] : *snapshot_.get()) names.push_back(name);
  return names;
}

}  // namespace slipway::deploy
