// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

Result<ProcessResult> shell(const std::string& script, ProcessOptions options = {}) {
  return run_process({"sh", "-c", script}, options);
}

TEST(Process, TellsBothOutputsAndTheExitCode) {
  const auto ran = shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(ran.value().out, "out\n");
  EXPECT_EQ(ran.value().err, "err\n");
  EXPECT_EQ(ran.value().exit_code, 3);
  EXPECT_FALSE(ran.value().succeeded());
}

TEST(Process, KeepsTheEndOfALongOutput) {
  const auto ran = shell("seq 1 100000", {.output_max = 1000});
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(ran.value().out.size(), 1000U);
  EXPECT_TRUE(ran.value().out.ends_with("99999\n100000\n")) << ran.value().out;
}

TEST(Process, EndsWhatTakesTooLongWithAllItStarted) {
  const auto ran = shell("sleep 1000 & sleep 1000", {.timeout_ms = 50});
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_TRUE(ran.value().timed_out);
  EXPECT_EQ(ran.value().exit_code, 128 + 9);
}

TEST(Process, ReadsNothing) {
  const auto ran = shell("cat; echo done");
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(ran.value().out, "done\n");
}

TEST(Process, NamesAProgramThatIsNotThere) {
  const auto ran = run_process({"no-such-program-here"}, {});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().reason(), "base.process.not_found");
  EXPECT_NE(ran.error().message().find("no-such-program-here"), std::string::npos);
}

TEST(Process, LastLines) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a", 5), "a");
  EXPECT_EQ(last_lines("", 5), "");
}

}  // namespace
}  // namespace slipway
