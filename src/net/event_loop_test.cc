// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/thread_pool.h"

namespace slipway::net {
namespace {

using namespace std::chrono_literals;

// Two ends of a connection, watched or not.
struct Pair {
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0); }
  ~Pair() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  void say(const std::string& text) const {
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() { close(std::exchange(ends[1], -1)); }
  std::array<int, 2> ends{-1, -1};
};

class Noting final : public Watcher {
 public:
  explicit Noting(std::function<void(unsigned)> then) : then_(std::move(then)) {}
  void on_events(unsigned events) override {
    seen.push_back(events);
    then_(events);
  }
  std::vector<unsigned> seen;

 private:
  std::function<void(unsigned)> then_;
};

std::unique_ptr<EventLoop> made() {
  auto loop = EventLoop::create();
  EXPECT_TRUE(loop);
  return std::move(loop).value();
}

TEST(EventLoop, TellsOfInputOnceAndOfItsEndWithIt) {
  const auto loop = made();
  Pair pair;
  Noting watcher([&](unsigned events) {
    if ((events & Watcher::kReadable) == 0) return;
    loop->stop();
  });
  ASSERT_TRUE(loop->add(pair.ends[0], watcher));
  pair.say("hello");
  pair.hang_up();
  loop->run();
  ASSERT_EQ(watcher.seen.size(), 1u);
  EXPECT_NE(watcher.seen[0] & Watcher::kReadable, 0u);
  EXPECT_NE(watcher.seen[0] & Watcher::kEnded, 0u);
}

TEST(EventLoop, WhatIsLeftIsNotSaidAgainUnlessAskedFor) {
  const auto loop = made();
  Pair pair;
  Noting watcher([&](unsigned events) {
    if ((events & Watcher::kReadable) != 0) return loop->again(watcher);
    if (events == 0) loop->call_in(20, [&] { loop->stop(); });
  });
  ASSERT_TRUE(loop->add(pair.ends[0], watcher));
  pair.say("unread");
  loop->run();
  EXPECT_EQ(watcher.seen, (std::vector<unsigned>{Watcher::kReadable | Watcher::kWritable, 0}));
}

TEST(EventLoop, RoomIsToldWhenThereWasNone) {
  const auto loop = made();
  Pair pair;
  const std::string much(1u << 16, 'x');
  const auto fill = [&] {
    while (write(pair.ends[0], much.data(), much.size()) > 0) continue;
  };
  const auto empty = [&] {
    std::string into(much.size(), ' ');
    while (read(pair.ends[1], into.data(), into.size()) > 0) continue;
  };
  int told = 0;
  Noting watcher([&](unsigned events) {
    EXPECT_EQ(events, unsigned{Watcher::kWritable});
    if (++told == 2) return loop->stop();
    fill();
    loop->post(empty);
  });
  ASSERT_TRUE(loop->add(pair.ends[0], watcher));
  loop->run();
  EXPECT_EQ(told, 2);
}

TEST(EventLoop, WhatIsPostedRunsBehindAllThatWasReady) {
  const auto loop = made();
  Pair first, second;
  std::string order;
  const auto note = [&](const char* text) {
    return [&, text](unsigned) {
      order += text;
      loop->post([&] { order += 'p'; });
    };
  };
  Noting one(note("e")), two(note("e"));
  ASSERT_TRUE(loop->add(first.ends[0], one));
  ASSERT_TRUE(loop->add(second.ends[0], two));
  loop->call_in(20, [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(order, "eepp");
}

TEST(EventLoop, WhoIsForgottenHearsNothingMore) {
  const auto loop = made();
  Pair first, second;
  Noting* other = nullptr;
  Noting one([&](unsigned) { loop->forget(*other); }), two([&](unsigned) { loop->forget(one); });
  other = &two;
  ASSERT_TRUE(loop->add(first.ends[0], one));
  ASSERT_TRUE(loop->add(second.ends[0], two));
  loop->again(one);
  loop->again(two);
  loop->post([&] { loop->stop(); });
  loop->run();
  // Whichever was first, and that one's again().
  EXPECT_EQ(one.seen.size() + two.seen.size(), 2u);
  EXPECT_TRUE(one.seen.empty() || two.seen.empty());
}

TEST(EventLoop, OtherThreadsWakeItAndStopIt) {
  const auto loop = made();
  int ran = 0;
  std::unique_ptr<OwnedThread> thread;
  loop->post([&] {
    ++ran;
    thread = std::make_unique<OwnedThread>("poster", [&] {
      loop->post([&] {
        ++ran;
        loop->post([&] { ++ran; });
      });
      loop->post([&] { loop->post([&] { loop->stop(); }); });
    });
  });
  loop->run();
  thread.reset();
  EXPECT_EQ(ran, 3);
}

TEST(EventLoop, WhoLooksForAWhileHearsOfAllTheSame) {
  for (const std::chrono::microseconds busy_poll : {1us, 1000us, 1'000'000us}) {
    const auto loop = std::move(EventLoop::create(busy_poll)).value();
    Pair pair;
    std::string order;
    Noting watcher([&](unsigned events) {
      if ((events & Watcher::kReadable) == 0) return;
      order += 'i';
      loop->call_in(3, [&] {
        order += 't';
        loop->stop();
      });
    });
    ASSERT_TRUE(loop->add(pair.ends[0], watcher));
    OwnedThread other("other", [&] {
      loop->post([&] {
        order += 'p';
        pair.say("hello");
      });
    });
    loop->run();
    EXPECT_EQ(order, "pit") << busy_poll.count() << " us";
  }
}

TEST(EventLoop, ATimeIsToldOnceAndTheLastOneAskedFor) {
  const auto loop = made();
  std::string told;
  loop->call_in(5, [&] { told += 'a'; });
  loop->call_in(10, [&] {
    told += 'b';
    loop->call_in(10, [&] { loop->stop(); });
  });
  loop->run();
  EXPECT_EQ(told, "b");
}

}  // namespace
}  // namespace slipway::net
