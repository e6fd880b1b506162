// What is loaded, by the name that callers use. Readers take one immutable snapshot per request;
// loading and unloading replace it and never wait for them.
//
//   Catalogue catalogue;
//   RETURN_IF_ERROR(catalogue.add(loaded));
//   if (auto served = catalogue.find("delay")) served->plan->run(...);
//
// Safe from any thread.
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

namespace slipway::deploy {

// One model as it is served: what a request needs, looked up once per load.
struct Served {
  Loaded loaded;
  std::int64_t loaded_at_us = 0;
};

class Catalogue {
 public:
  using Snapshot = std::map<std::string, std::shared_ptr<const Served>, std::less<>>;

  Catalogue();
  // kAlreadyExists "deploy.name_taken" if the name is: two models of one name would be a lottery.
  Result<void> add(Loaded loaded, std::int64_t now_us);

  // In place of the one of its name: requests in flight end with that. kNotFound "deploy.no_model".
  Result<void> replace(Loaded loaded, std::int64_t now_us);

  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.get(); }
  // Null if there is none.
  std::shared_ptr<const Served> find(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  Mutex writing_;  // one writer at a time copies the map and swaps it in
  Slot<const Snapshot> snapshot_;
};

}  // namespace slipway::deploy
