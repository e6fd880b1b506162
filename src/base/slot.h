// The one place where an immutable object is swapped while others read it: readers take a
// shared_ptr once per request and keep it until they are done; the old object dies with its last
// reader.
//
//   Slot<const Plan> plan(first);
//   auto current = plan.get();        // any thread
//   plan.set(next);                   // any thread; never waits for readers
//   if (plan.changes() != seen) ...   // whether there is another one: cheaper than to get it
//
// A mutex around the pointer copy, because gcc 12's std::atomic<std::shared_ptr> is not lock-free
// and ThreadSanitizer reports a race in it. The replaced object is destroyed outside the lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace slipway {

template <typename T>
class Slot {
 public:
  Slot() = default;
  explicit Slot(std::shared_ptr<T> value) : value_(std::move(value)) {}

  std::shared_ptr<T> get() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return value_;
  }

  // Returns what was there before.
  std::shared_ptr<T> set(std::shared_ptr<T> value) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    value_.swap(value);
    changes_.fetch_add(1, std::memory_order_release);
    return value;
  }

  // To be asked before get(), which may give one that is newer still.
  std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<T> value_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> changes_{0};
};

}  // namespace slipway
