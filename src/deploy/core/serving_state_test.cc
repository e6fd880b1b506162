// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/serving_state.h"

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"

namespace slipway::deploy {
namespace {

class ServingStateTest : public testing::Test {
 protected:
  std::unique_ptr<ServingState> open() { return ServingState::open(folder_ / "state").value(); }
  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(ServingStateTest, RemembersWhatWasGoodAndForgetsWhatWasUnloaded) {
  {
    const auto state = open();
    ASSERT_TRUE(state->begin("delay", "f1"));
    ASSERT_TRUE(state->succeed("delay", {"1", "2"}, {.config = "{}", .files_folder = {}}));
    ASSERT_TRUE(state->succeed("gone", {"1"}, {}));
    ASSERT_TRUE(state->forget("gone"));
  }
  const auto state = open();
  EXPECT_EQ(state->find("gone"), nullptr);
  const auto* delay = state->find("delay");
  ASSERT_NE(delay, nullptr);
  EXPECT_TRUE(delay->is_loaded);
  EXPECT_EQ(delay->good, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(delay->asked.config, "{}");
  EXPECT_TRUE(delay->begun.empty());
}

TEST_F(ServingStateTest, TwoDeathsInALoadOfTheSameFilesAreSuspect) {
  ASSERT_TRUE(open()->begin("delay", "f1"));
  EXPECT_FALSE(open()->is_suspect("delay", "f1")) << "once is chance";
  ASSERT_TRUE(open()->begin("delay", "f1"));
  EXPECT_TRUE(open()->is_suspect("delay", "f1"));
  EXPECT_FALSE(open()->is_suspect("delay", "f2")) << "other files";
  ASSERT_TRUE(open()->begin("delay", "f2"));
  EXPECT_FALSE(open()->is_suspect("delay", "f2"));
  ASSERT_TRUE(open()->fail("delay"));
  EXPECT_TRUE(open()->find("delay")->begun.empty()) << "a failure that was seen is none";
}

TEST_F(ServingStateTest, FilesOfACallerStayWhileTheirModelDoes) {
  std::string kept, unused;
  {
    const auto state = open();
    kept = state->make_folder().value();
    ASSERT_TRUE(state->succeed("delay", {"1"}, {.config = {}, .files_folder = kept}));
    unused = state->make_folder().value();
    EXPECT_NE(kept, unused);
  }
  const auto state = open();
  EXPECT_TRUE(posix_env().exists(kept));
  EXPECT_FALSE(posix_env().exists(unused)) << "its load never ended";
  ASSERT_TRUE(state->forget("delay"));
  EXPECT_FALSE(posix_env().exists(kept));
}

TEST_F(ServingStateTest, AnotherFileIsNotTakenForOurs) {
  ASSERT_TRUE(posix_env().make_folders(folder_ / "state"));
  ASSERT_TRUE(write_file_atomically(folder_ / "state/models.json", "{}"));
  const auto state = ServingState::open(folder_ / "state");
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason(), "deploy.state");
  EXPECT_NE(state.error().message().find("take it away"), std::string::npos);
}

}  // namespace
}  // namespace slipway::deploy
