// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace slipway::net {
namespace {

class Entry final : public TimerEntry {
 public:
  explicit Entry(std::function<void()> action = {}) : action_(std::move(action)) {}
  void on_timer() override {
    ++fired;
    if (action_) action_();
  }
  int fired = 0;

 private:
  std::function<void()> action_;
};

TEST(TimerWheel, FiresAfterTheDeadlineAndWithinATick) {
  TimerWheel wheel(1000);
  Entry entry;
  wheel.set(entry, 1250);
  wheel.advance(1250);
  EXPECT_EQ(entry.fired, 0);
  wheel.advance(1300);
  EXPECT_EQ(entry.fired, 1);
  wheel.advance(9000);
  EXPECT_EQ(entry.fired, 1);
}

TEST(TimerWheel, AMovedDeadlineCounts) {
  TimerWheel wheel(0);
  Entry later, sooner, gone;
  wheel.set(later, 200);
  wheel.set(later, 1000);
  wheel.set(sooner, 100'000'000);
  wheel.set(sooner, 300);
  wheel.set(gone, 300);
  wheel.remove(gone);
  wheel.advance(900);
  EXPECT_EQ(later.fired, 0);
  EXPECT_EQ(sooner.fired, 1);
  EXPECT_EQ(gone.fired, 0);
  wheel.advance(1100);
  EXPECT_EQ(later.fired, 1);
}

TEST(TimerWheel, MeetsRandomDeadlinesFarBeyondItsTurn) {
  std::mt19937 random(7);
  TimerWheel wheel(0);
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<std::int64_t> deadlines;
  for (int i = 0; i < 500; ++i) {
    entries.push_back(std::make_unique<Entry>());
    deadlines.push_back(static_cast<std::int64_t>(random() % 200'000));
    wheel.set(*entries.back(), deadlines.back());
  }
  for (std::int64_t now = 0; now < 201'000; now += 1 + static_cast<std::int64_t>(random() % 400)) {
    wheel.advance(now);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      ASSERT_EQ(entries[i]->fired, now / 100 * 100 > deadlines[i] ? 1 : 0) << deadlines[i] << now;
    }
  }
}

TEST(TimerWheel, AnEntryMaySetItselfAgainOrEndAnother) {
  TimerWheel wheel(0);
  Entry victim;
  Entry* self = nullptr;
  Entry again([&] {
    wheel.remove(victim);
    wheel.set(*self, 1000);
  });
  self = &again;
  wheel.set(again, 100);
  wheel.set(victim, 100);
  wheel.advance(200);
  EXPECT_EQ(victim.fired, 0);
  wheel.advance(1100);
  EXPECT_EQ(again.fired, 2);
}

TEST(TimerWheel, SurvivesALongStandstill) {
  TimerWheel wheel(0);
  Entry entry;
  wheel.set(entry, 500);
  wheel.advance(1'000'000'000);
  EXPECT_EQ(entry.fired, 1);
}

}  // namespace
}  // namespace slipway::net
