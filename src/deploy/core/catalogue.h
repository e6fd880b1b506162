// What is loaded, by the name that callers use, each version of it. Readers take one immutable
// snapshot per request; loading and unloading replace it and never wait for them.
//
//   Catalogue catalogue;
//   RETURN_IF_ERROR(catalogue.add(loaded, now_us));
//   if (auto served = catalogue.find("delay")) served->loaded.plan->run(...);     // the newest version
//   if (auto served = catalogue.find("delay", "2")) ...
//
// model_control.h is who loads and unloads while requests come. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/slot.h"
#include "deploy/core/load.h"
#include "deploy/core/serving_config.h"
#include "deploy/core/statistics.h"

namespace slipway::deploy {

// One version of a model as it is served: what a request needs, looked up once per load.
struct Served {
  Loaded loaded;
  std::int64_t loaded_at_us = 0;
  std::shared_ptr<const ServingConfig> config = std::make_shared<const ServingConfig>();
  std::shared_ptr<Statistics> statistics = std::make_shared<Statistics>();
};

class Catalogue {
 public:
  // Oldest first; never empty.
  using Versions = std::vector<std::shared_ptr<const Served>>;
  using Snapshot = std::map<std::string, Versions, std::less<>>;

  Catalogue();
  // kAlreadyExists "deploy.name_taken" if the name is: two models of one name would be a lottery.
  Result<void> add(Loaded loaded, std::int64_t now_us);
  Result<void> add(Versions versions);  // at least one, all of one name

  // These versions are what is served under the name from now on: requests in flight end with what they took.
  void set(const std::string& name, Versions versions);
  // False if nothing is served under that name.
  bool remove(std::string_view name);
  // The same version with another Plan. False if `old` is no longer served: somebody was quicker.
  bool replace(const std::shared_ptr<const Served>& old, Loaded loaded);

  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.get(); }
  // Another number with each snapshot.
  std::uint64_t changes() const { return snapshot_.changes(); }
  // The newest, or that version. Null if there is none.
  std::shared_ptr<const Served> find(std::string_view name, std::string_view version = "") const;
  // All of them, oldest first; empty if there are none.
  Versions versions(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  Mutex writing_;  // one writer at a time copies the map and swaps it in
  Slot<const Snapshot> snapshot_;
};

}  // namespace slipway::deploy
