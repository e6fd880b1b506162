// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/gentle_loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/mutex.h"
#include "deploy/core/catalogue.h"

namespace slipway::deploy {
namespace {

std::shared_ptr<const Served> model(std::int64_t number) {
  auto served = std::make_shared<Served>();
  served->loaded_at_us = number;
  return served;
}

TEST(GentleLoader, GivesWhatTheWorkDoesFromAThreadOfItsOwn) {
  GentleLoader gentle(system_clock());
  std::thread::id where;
  const auto loaded = gentle.run([&]() -> GentleLoader::Loaded {
    where = std::this_thread::get_id();
    return model(7);
  });
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded.value()->loaded_at_us, 7);
  EXPECT_NE(where, std::this_thread::get_id());
  const auto failed = gentle.run([]() -> GentleLoader::Loaded {
    return Error(Code::kInvalidArgument, "deploy.test", "no model");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason(), "deploy.test");
}

// A thread that waits uses no time, as one that is never let in.
TEST(GentleLoader, WhoeverStandsStillIsNotWaitedFor) {
  std::atomic<int> calls = 0;
  Mutex mutex;
  Condition changed;
  bool release = false;
  {
    GentleLoader gentle(system_clock());
    const auto work = [&]() -> GentleLoader::Loaded {
      const int call = ++calls;
      MutexLock lock(mutex);
      while (call == 1 && !release) changed.wait(mutex);
      return model(call);
    };
    const auto loaded = gentle.run(work);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded.value()->loaded_at_us, 2) << "what the caller's own thread did";
    EXPECT_EQ(gentle.run(work).value()->loaded_at_us, 3) << "the first one still stands there";
    MutexLock lock(mutex);
    release = true;
    changed.notify_all();
  }
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace slipway::deploy
