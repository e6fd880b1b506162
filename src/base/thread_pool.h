// A fixed set of threads. The only place, with `app`, where threads are made.
//
//   ThreadPool pool("score", 4);
//   pool.run(blocks, [&](std::size_t block) { score(block); });     // returns when all are done
//   pool.submit([] { ... });                                         // runs some time
//
// Thread-safe. run() lends the calling thread to the work, so it also makes progress on a pool of
// size 0. run() called from one of the pool's own tasks is allowed. Tasks do not throw. The
// destructor runs what was submitted, then joins.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace slipway {

class ThreadPool {
 public:
  ThreadPool(std::string name, std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return threads_.size(); }
  // Tasks handed to the threads so far: those submitted, and run()'s requests for help, one a thread
  // that may help.
  std::uint64_t handed() const { return handed_.load(std::memory_order_relaxed); }

  void submit(std::function<void()> task) EXCLUDES(mutex_);

  // Calls work(0) .. work(count - 1), each once, on the pool's threads and the calling one, in no
  // order.
  void run(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  void loop(std::size_t index) EXCLUDES(mutex_);

  const std::string name_;
  Mutex mutex_;
  Condition ready_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::atomic<std::uint64_t> handed_ = 0;
  std::vector<std::thread> threads_;
};

// One thread of its own for a loop that lives as long as its owner (a reactor, a log writer). Joins
// when destroyed: the owner must have told the loop to end.
class OwnedThread {
 public:
  OwnedThread() = default;
  OwnedThread(std::string name, std::function<void()> body);
  ~OwnedThread() { join(); }
  OwnedThread(OwnedThread&&) = default;
  OwnedThread& operator=(OwnedThread&& other);
  void join();

 private:
  std::thread thread_;
};

// How the calling thread shares cores with others from now on. A wish: where the kernel does not know it, nothing changes.
// What has become kBackground or kIdle stays so.
enum class Turns : std::uint8_t {
  kPrompt,      // short turns, so that it runs as soon as it has something to do (Linux since 6.12)
  kIdle,        // only where nobody else wants to run: it may stand still as long as somebody does
  kBackground,  // a tenth of the time that others ask for: gives way to who answers requests, but never stands still
};
void take_turns(Turns turns);
// Threads inherit that from who starts them, and may not be let off it by the system. So what starts threads that others
// will wait for (a library's, at its first call) is called by this: where the calling thread is kIdle, another one that is
// not makes the call while it waits. Calls do not throw.
void call_as_usual(const std::function<void()>& call);

// CPU time that a thread uses from here on, for other threads to read while it lives.
class ThreadClock {
 public:
  static ThreadClock of_this_thread();
  std::int64_t used_ns() const { return now_ns() - start_ns_; }

 private:
  std::int64_t now_ns() const;

  int clock_ = 0;
  std::int64_t start_ns_ = 0;
};

// Cores that this process may use (its affinity mask and cgroup quota, not what the machine has).
// At least 1.
std::size_t usable_cores();

}  // namespace slipway
