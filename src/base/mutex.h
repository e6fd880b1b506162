// A mutex that clang's thread-safety analysis understands (libstdc++'s is not annotated, so bare
// std::mutex is banned).
//
//   Mutex mutex_;
//   std::deque<Task> tasks_ GUARDED_BY(mutex_);
//   ...
//   MutexLock lock(mutex_);
//   while (tasks_.empty()) ready_.wait(mutex_);
//
// No callback and no I/O is made while holding one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#if defined(__clang__)
#define SLIPWAY_ANNOTATE(x) __attribute__((x))
#else
#define SLIPWAY_ANNOTATE(x)
#endif
#define CAPABILITY(x) SLIPWAY_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY SLIPWAY_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) SLIPWAY_ANNOTATE(guarded_by(x))
#define REQUIRES(...) SLIPWAY_ANNOTATE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) SLIPWAY_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) SLIPWAY_ANNOTATE(release_capability(__VA_ARGS__))
#define EXCLUDES(...) SLIPWAY_ANNOTATE(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS SLIPWAY_ANNOTATE(no_thread_safety_analysis)

namespace slipway {

class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition variable for Mutex. Waits may wake without a reason: call them in a loop.
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // Returns false when the time ran out.
  bool wait_for_ms(Mutex& mutex, std::int64_t timeout_ms)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_for(lock, std::chrono::milliseconds(timeout_ms));
    lock.release();
    return status == std::cv_status::no_timeout;
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace slipway
