// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <memory>
#include <utility>

#include "base/check.h"

namespace slipway {
namespace {

// The kernel keeps 15 characters.
void name_this_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

// As in linux/sched/types.h, which clashes with sched.h.
struct SchedulerAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t turn_ns;  // of a fair thread: how long it likes to run at a time
  std::uint64_t deadline_ns, period_ns;
};

// Shared by the caller and the helpers of one run(): helpers that start after the end find nothing
// left to do.
struct Batch {
  Batch(std::size_t count_in, const std::function<void(std::size_t)>& work_in)
      : count(count_in), work(work_in) {}

  const std::size_t count;
  const std::function<void(std::size_t)>&
      work;  // only touched while an index is left, hence while run() waits
  std::atomic<std::size_t> next{0};
  Mutex mutex;
  Condition finished;
  std::size_t done GUARDED_BY(mutex) = 0;

  void help() {
    std::size_t mine = 0;
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      work(i);
      ++mine;
    }
    if (mine == 0) return;
    MutexLock lock(mutex);
    done += mine;
    if (done == count) finished.notify_all();
  }

  void wait() {
    MutexLock lock(mutex);
    while (done < count) finished.wait(mutex);
  }
};

// cgroup v2: "max 100000" or "200000 100000"; 0 when there is no limit.
std::size_t cgroup_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || period <= 0) return 0;
  return static_cast<std::size_t>(std::max(1.0, std::ceil(quota / period)));
}

thread_local bool is_idle = false;

// For call_as_usual().
ThreadPool& usual_thread() {
  static ThreadPool pool("usual", 1);
  return pool;
}

}  // namespace

ThreadPool::ThreadPool(std::string name, std::size_t threads) : name_(std::move(name)) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { loop(i); });
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    handed_.fetch_add(1, std::memory_order_relaxed);
  }
  ready_.notify_one();
}

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  const auto batch = std::make_shared<Batch>(count, work);
  const std::size_t helpers = std::min(threads_.size(), count - 1);
  for (std::size_t i = 0; i < helpers; ++i) submit([batch] { batch->help(); });
  batch->help();
  batch->wait();
}

void ThreadPool::loop(std::size_t index) {
  name_this_thread(name_ + "-" + std::to_string(index));
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (tasks_.empty() && !stopping_) ready_.wait(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

OwnedThread::OwnedThread(std::string name, std::function<void()> body)
    : thread_([name = std::move(name), body = std::move(body)] {
        name_this_thread(name);
        body();
      }) {}

OwnedThread& OwnedThread::operator=(OwnedThread&& other) {
  join();
  thread_ = std::move(other.thread_);
  return *this;
}

void OwnedThread::join() {
  if (thread_.joinable()) thread_.join();
}

void take_turns(Turns turns) {
  if (turns == Turns::kIdle) {
    (void)usual_thread();  // started while we are one ourselves
    is_idle = true;
  }
  // Who runs us by the clock (chrt) has better than that.
  if (turns == Turns::kPrompt && sched_getscheduler(0) != SCHED_OTHER) return;
  SchedulerAttributes wanted{};
  wanted.size = sizeof(wanted);
  wanted.policy = turns == Turns::kIdle ? SCHED_IDLE : SCHED_OTHER;
  const int nice = getpriority(PRIO_PROCESS, 0);
  wanted.nice = turns == Turns::kBackground ? std::max(nice, 10) : nice;
  // Who prefers shorter turns than what runs is let in at once; 0.1 ms is the shortest.
  wanted.turn_ns = turns == Turns::kPrompt ? 100'000 : 3'000'000;
  (void)syscall(SYS_sched_setattr, 0, &wanted, 0U);
}

void call_as_usual(const std::function<void()>& call) {
  if (!is_idle) return call();
  Mutex mutex;
  Condition changed;
  bool done = false;
  usual_thread().submit([&] {
    call();
    MutexLock lock(mutex);
    done = true;
    changed.notify_all();
  });
  MutexLock lock(mutex);
  while (!done) changed.wait(mutex);
}

ThreadClock ThreadClock::of_this_thread() {
  ThreadClock clock;
  CHECK(pthread_getcpuclockid(pthread_self(), &clock.clock_) == 0);
  clock.start_ns_ = clock.now_ns();
  return clock;
}

std::int64_t ThreadClock::now_ns() const {
  timespec now{};
  clock_gettime(clock_, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::size_t usable_cores() {
  cpu_set_t set;
  std::size_t cores = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    cores = static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
  const std::size_t quota = cgroup_cores();
  return quota > 0 ? std::min(cores, quota) : cores;
}

}  // namespace slipway
