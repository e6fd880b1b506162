// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"

namespace slipway {
namespace {

constexpr std::int64_t kTime = 1372655700123456;  // 2013-07-01 05:15:00.123456 UTC

TEST(Log, ALineHasTimeLevelMessageAndFields) {
  FakeClock clock(kTime);
  LogCapture log({.clock = &clock});
  log_info("loaded {} in {} ms", "delay", 12);
  log_event(LogLevel::kWarn, "queue is full", {{"deployment", "late arrivals"}, {"limit", "1024"}});
  ASSERT_EQ(log.lines().size(), 2u);
  EXPECT_EQ(log.lines()[0], "2013-07-01T05:15:00.123Z info  loaded delay in 12 ms\n");
  EXPECT_EQ(
      log.lines()[1],
      "2013-07-01T05:15:00.123Z warn  queue is full deployment=\"late arrivals\" limit=1024\n");
}

TEST(Log, JsonLinesAreJson) {
  FakeClock clock(kTime);
  LogCapture log({.format = LogFormat::kJson, .clock = &clock});
  log_event(LogLevel::kError, "cannot read \"a\nb\"", {{"path", "/tmp/x"}});
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_EQ(
      log.lines()[0],
      R"({"time":"2013-07-01T05:15:00.123Z","level":"error","message":"cannot read \"a\nb\"","path":"/tmp/x"})"
      "\n");
}

TEST(Log, AMessageCannotForgeALine) {
  LogCapture log;
  log_info("user {}", "x\n2013-07-01T05:15:00.123Z error all is lost\x1b[2J");
  const std::string line = log.lines().at(0);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("x\\n2013"), std::string::npos);
  EXPECT_NE(line.find("lost\\x1b[2J"), std::string::npos);
}

TEST(Log, BelowItsLevelNothingIsWritten) {
  LogCapture log({.level = LogLevel::kWarn});
  log_error("e");
  log_warn("w");
  log_info("i");
  log_debug("d");
  EXPECT_EQ(log.lines().size(), 2u);
  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
}

TEST(Log, LevelsHaveNames) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("error"), LogLevel::kError);
  EXPECT_FALSE(parse_log_level("DEBUG"));
  EXPECT_EQ(log_level_name(LogLevel::kWarn), "warn");
}

TEST(Log, AThrottleLetsOneLineThroughAPeriodAndCountsTheRest) {
  FakeClock clock(kTime);
  LogCapture log({.clock = &clock});
  LogThrottle throttle(10);
  for (int i = 0; i < 5; ++i) log_throttled(throttle, LogLevel::kWarn, "bad frame {}", i);
  clock.advance_us(9'999'999);
  log_throttled(throttle, LogLevel::kWarn, "bad frame {}", 5);
  clock.advance_us(1);
  log_throttled(throttle, LogLevel::kWarn, "bad frame {}", 6);
  ASSERT_EQ(log.lines().size(), 2u);
  EXPECT_NE(log.lines()[0].find("bad frame 0\n"), std::string::npos);
  EXPECT_NE(log.lines()[1].find("bad frame 6 (5 more like this held back)\n"), std::string::npos);
}

}  // namespace
}  // namespace slipway
