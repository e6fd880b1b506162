// Loads models where nothing else wants to run, so that requests which are answered meanwhile do not notice.
//
//   GentleLoader gentle(clock);
//   ASSIGN_OR_RETURN(const auto served, gentle.run([...] { return read(...); }));     // waits for it
//
// On a machine without a core to spare such work would stand still: where its thread hardly gets to run, the work is
// done once more by the caller's thread, and what the other one finds is thrown away. So it may run twice, even at
// once, and must own what it needs. run() is for one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace slipway::deploy {

struct Served;

class GentleLoader {
 public:
  using Loaded = Result<std::shared_ptr<const Served>>;

  explicit GentleLoader(const Clock& clock);
  ~GentleLoader();

  Loaded run(std::function<Loaded()> work);

 private:
  struct Job;

  const Clock& clock_;
  std::shared_ptr<Job> left_;  // what was given up last
  ThreadPool thread_;
};

}  // namespace slipway::deploy
