// All routes, switched while requests come: a reader takes one immutable snapshot per request.
//
//   ASSIGN_OR_RETURN(auto routes, Routes::open({.file = "state/routes.json"}));
//   RETURN_IF_ERROR(routes->put(route));            // in force and on disk when it returns
//   if (const Route* route = routes->snapshot()->find("live")) ...
//
// Without a file they are gone with the process. A file that cannot be read is an error of open(); what cannot be
// written is an error of put() and remove(), and changes nothing.
// Errors: "deploy.route"; kNotFound "deploy.no_route"; those of the disk. Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "base/slot.h"
#include "deploy/core/route.h"

namespace slipway::deploy {

class Routes {
 public:
  static constexpr std::size_t kRoutesMax = 1000;
  struct Options {
    std::string file;  // empty: none
  };
  class Snapshot {
   public:
    const Route* find(std::string_view name) const {
      const auto at = routes.find(name);
      return at == routes.end() ? nullptr : &at->second;
    }
    std::map<std::string, Route, std::less<>> routes;
  };

  Routes();
  static Result<std::unique_ptr<Routes>> open(Options options);

  Result<void> put(Route route);
  Result<void> remove(std::string_view name);

  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.get(); }
  // Another number after each change: who has a snapshot of this one needs no other.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  Result<void> read();
  Result<void> publish(std::shared_ptr<const Snapshot> next);

  Options options_;
  Mutex writing_;
  Slot<const Snapshot> snapshot_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace slipway::deploy
