// The models that a ModelControl knows of and how their versions are: what its index says.
//
//   KnownModels known;
//   known.begin("delay");                          // LOADING, unless it serves
//   known.serve("delay", {"3", "4"});              // READY
//   known.fail("delay", error);                    // UNAVAILABLE and why; what served goes on
//
// Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "deploy/core/index_entry.h"

namespace slipway::deploy {

class KnownModels {
 public:
  using Index = std::map<std::string, std::vector<IndexEntry>>;

  // Of the command line, where it stands there.
  void set_reference(const std::string& name, const std::string& reference);
  // Nothing if it is none of the command line's.
  std::optional<std::string> reference(const std::string& name) const;

  // Whether a model of the repository is another than at the last call; always, if it is asked for anew. False for
  // models of the command line.
  bool has_changed(const std::string& name, const std::string& fingerprint, bool anew);
  std::vector<std::string> names() const;
  // Models of the repository that are not `there` any more.
  std::vector<std::string> gone(const std::set<std::string>& there) const;
  void forget(const std::string& name);

  void begin(const std::string& name);
  void serve(const std::string& name, const std::vector<std::string>& versions);
  void fail(const std::string& name, const Error& error);
  void unload(const std::string& name);
  void set_reason(const std::string& name, const std::string& reason);

  void add_to(Index* index) const;

 private:
  struct Known {
    std::string reference;    // of a model of the command line; else empty
    std::string fingerprint;  // of what was last tried to load
    std::vector<IndexEntry> versions;
  };

  mutable Mutex mutex_;
  std::map<std::string, Known, std::less<>> known_ GUARDED_BY(mutex_);
};

}  // namespace slipway::deploy
