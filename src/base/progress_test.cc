// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway {
namespace {

class FakeTerminal final : public Terminal {
 public:
  bool interactive() const override { return is_terminal; }
  int columns() const override { return width; }
  void write(std::string_view text) override { writes.emplace_back(text); }

  bool is_terminal = true;
  int width = 100;
  std::vector<std::string> writes;
};

class Progress : public testing::Test {
 protected:
  ProgressBar::Options options() { return {.clock = &clock_, .terminal = &terminal_}; }

  FakeClock clock_;
  FakeTerminal terminal_;
};

TEST_F(Progress, ShowsShareCountRateAndTimeLeft) {
  ProgressBar bar("scoring", 4'000'000, options());
  clock_.advance_us(2'000'000);
  bar.advance(1'000'000);
  ASSERT_EQ(terminal_.writes.size(), 1u);
  EXPECT_EQ(terminal_.writes[0],
            "\rscoring  25% [#####...............]  1,000,000 rows  500.0k/s  00:06 left\x1b[K");
}

TEST_F(Progress, WithoutATotalShowsCountAndRate) {
  ProgressBar bar("reading", 0, options());
  clock_.advance_us(1'000'000);
  bar.advance(1500);
  EXPECT_EQ(terminal_.writes.at(0), "\rreading  1,500 rows  1.5k/s\x1b[K");
}

TEST_F(Progress, RedrawsAtMostTenTimesASecond) {
  ProgressBar bar("scoring", 1000, options());
  for (int i = 0; i < 1000; ++i) {
    clock_.advance_us(1000);
    bar.advance(1);
  }
  EXPECT_EQ(terminal_.writes.size(), 10u);
}

TEST_F(Progress, ClearsItsLineOnceAtTheEnd) {
  {
    ProgressBar bar("scoring", 10, options());
    clock_.advance_us(200'000);
    bar.advance(10);
    bar.finish();
  }
  ASSERT_EQ(terminal_.writes.size(), 2u);
  EXPECT_EQ(terminal_.writes[1], "\r\x1b[K");
}

TEST_F(Progress, ShortWorkLeavesNoTrace) {
  {
    ProgressBar bar("scoring", 10, options());
    bar.advance(10);
  }
  EXPECT_TRUE(terminal_.writes.empty());
}

TEST_F(Progress, WritesNothingWhereThereIsNoTerminal) {
  terminal_.is_terminal = false;
  {
    ProgressBar bar("scoring", 10, options());
    clock_.advance_us(1'000'000);
    bar.advance(10);
  }
  EXPECT_TRUE(terminal_.writes.empty());
}

TEST_F(Progress, NeverWrapsANarrowTerminal) {
  terminal_.width = 20;
  ProgressBar bar("scoring", 10, options());
  clock_.advance_us(1'000'000);
  bar.advance(20);
  EXPECT_EQ(terminal_.writes.at(0), "\rscoring 100% [#####\x1b[K");
}

}  // namespace
}  // namespace slipway
