// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <vector>

#include "base/slot.h"

namespace slipway {
namespace {

TEST(ThreadPool, RunsEachIndexOnce) {
  ThreadPool pool("test", 3);
  std::vector<std::atomic<int>> seen(10'000);
  pool.run(seen.size(), [&](std::size_t i) { seen[i].fetch_add(1); });
  for (const auto& count : seen) ASSERT_EQ(count.load(), 1);
}

TEST(ThreadPool, OfNoThreadsStillRunsOnTheCaller) {
  ThreadPool pool("test", 0);
  int sum = 0;
  pool.run(5, [&](std::size_t i) { sum += static_cast<int>(i); });
  EXPECT_EQ(sum, 10);
}

TEST(ThreadPool, RunInsideATaskDoesNotDeadlock) {
  ThreadPool pool("test", 1);
  std::atomic<int> leaves{0};
  pool.run(4, [&](std::size_t) { pool.run(4, [&](std::size_t) { leaves.fetch_add(1); }); });
  EXPECT_EQ(leaves.load(), 16);
}

TEST(ThreadPool, ManyShortRunsFromSeveralThreadsAllEnd) {
  ThreadPool pool("test", 2);
  std::atomic<int> sum{0};
  {
    ThreadPool callers("caller", 3);
    for (int caller = 0; caller < 3; ++caller) {
      callers.submit([&] {
        for (int round = 0; round < 200; ++round)
          pool.run(3, [&](std::size_t) { sum.fetch_add(1); });
      });
    }
  }
  EXPECT_EQ(sum.load(), 3 * 200 * 3);
}

TEST(ThreadPool, WhatWasSubmittedRunsBeforeTheEnd) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool("test", 1);
    for (int i = 0; i < 100; ++i) pool.submit([&] { ran.fetch_add(1); });
  }
  EXPECT_EQ(ran.load(), 100);
}

TEST(Slot, ReadersKeepTheObjectThatTheyTook) {
  Slot<const int> slot(std::make_shared<const int>(1));
  const auto taken = slot.get();
  slot.set(std::make_shared<const int>(2));
  EXPECT_EQ(*taken, 1);
  EXPECT_EQ(*slot.get(), 2);
}

TEST(Slot, ReadersAndAWriterRunTogether) {
  Slot<const int> slot(std::make_shared<const int>(0));
  ThreadPool pool("test", 2);
  std::atomic<bool> went_back{false};
  pool.run(3, [&](std::size_t who) {
    int last = 0;
    for (int i = 1; i < 2000; ++i) {
      if (who == 0) slot.set(std::make_shared<const int>(i));
      const int now = *slot.get();
      if (now < last) went_back = true;
      last = now;
    }
  });
  EXPECT_FALSE(went_back.load());
}

TEST(ThreadClock, CountsWhatTheThreadComputesAndNotWhatItWaits) {
  const ThreadClock clock = ThreadClock::of_this_thread();
  std::atomic<std::int64_t> there = 0;
  {
    ThreadPool pool("clock", 1);
    pool.submit([&] {
      take_turns(Turns::kPrompt);
      take_turns(Turns::kBackground);
      const ThreadClock own = ThreadClock::of_this_thread();
      while (own.used_ns() < 20'000'000) continue;
      there = own.used_ns();
    });
  }
  EXPECT_GE(there, 20'000'000);
  EXPECT_LT(clock.used_ns(), there.load()) << "this thread waited most of the time";
}

TEST(CallAsUsual, IsNotMadeByAThreadThatIsIdle) {
  int own = -1, other = -1, started = -1;
  std::thread::id of_idle, of_call;
  {
    ThreadPool pool("idle", 1);
    pool.submit([&] {
      take_turns(Turns::kIdle);
      own = sched_getscheduler(0);
      of_idle = std::this_thread::get_id();
      call_as_usual([&] {
        other = sched_getscheduler(0);
        of_call = std::this_thread::get_id();
        OwnedThread("started", [&] { started = sched_getscheduler(0); }).join();
      });
    });
  }
  EXPECT_EQ(own, SCHED_IDLE);
  EXPECT_NE(other, SCHED_IDLE);
  EXPECT_NE(started, SCHED_IDLE);
  EXPECT_NE(of_idle, of_call);
  call_as_usual([&] { of_call = std::this_thread::get_id(); });
  EXPECT_EQ(of_call, std::this_thread::get_id());
}

TEST(UsableCores, IsAtLeastOne) { EXPECT_GE(usable_cores(), 1u); }

}  // namespace
}  // namespace slipway
