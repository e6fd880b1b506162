// Calls something again and again on a thread of its own, until it is destroyed.
//
//   Ticker following(1000, [&keys] { keys.refresh(); });
//
// The destructor waits for a call that is under way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/mutex.h"
#include "base/thread_pool.h"

namespace slipway::app {

class Ticker {
 public:
  Ticker(std::int64_t every_ms, std::function<void()> work)
      : thread_("ticker", [this, every_ms, work = std::move(work)] {
          while (wait(every_ms)) work();
        }) {}
  ~Ticker() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    thread_.join();
  }

 private:
  // False when it is over.
  bool wait(std::int64_t ms) {
    MutexLock lock(mutex_);
    if (!stopping_) stop_.wait_for_ms(mutex_, ms);
    return !stopping_;
  }

  Mutex mutex_;
  Condition stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  OwnedThread thread_;
};

}  // namespace slipway::app
