// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/on_demand.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr const char* kModel =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx="
    "0\nobjective=regression\nfeature_names=x\nfeature_infos=[0:3]\ntree_sizes=1\n\nTree=0\n"
    "num_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=1.5\ndecision_type=2\nleft_child=-1\n"
    "right_child=-2\nleaf_value=1 20\nshrinkage=1\n\nend of trees\n";

class OnDemandTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text = kModel) {
    ASSERT_TRUE(posix_env().make_folders(folder_ / "models"));
    ASSERT_TRUE(write_file_atomically(folder_ / ("models/" + name + ".txt"), text));
  }
  std::unique_ptr<OnDemand> models(OnDemand::Options options) {
    auto made = std::make_unique<OnDemand>(
        options, &catalogue_, clock_,
        [this](const RepositoryModel& model) -> Result<Catalogue::Versions> {
          reads_ += model.name;
          ASSIGN_OR_RETURN(Loaded loaded, load_model(model.path, {.home = folder_ / "home"}));
          auto served = std::make_shared<Served>();
          served->loaded = std::move(loaded);
          served->loaded_at_us = clock_.now_us();
          return Catalogue::Versions{std::move(served)};
        });
    follow(*made);
    return made;
  }
  void follow(OnDemand& models) { models.follow(list_repository(folder_ / "models").value()); }

  // Waits for it; an Error's message, or what is in memory then.
  std::string need(OnDemand& models, const std::string& name, OnDemand::Hold* keep = nullptr) {
    Mutex mutex;
    Condition told;
    std::optional<std::string> result;
    models.need(name, [&](Result<OnDemand::Hold> held) {
      if (held && keep != nullptr) *keep = held.value();
      std::string text = held ? join(catalogue_.names(), " ") : held.error().message();
      held = OnDemand::Hold();
      MutexLock lock(mutex);
      result = std::move(text);
      told.notify_all();
    });
    MutexLock lock(mutex);
    while (!result) told.wait(mutex);
    return *result;
  }
  void use(const std::string& name) {
    clock_.advance_us(1000);
    catalogue_.find(name)->statistics->add_success({}, clock_.now_us());
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
  FakeClock clock_;
  Catalogue catalogue_;
  std::string reads_;  // by one thread at a time: the tests wait for each
};

TEST_F(OnDemandTest, TheOneLongestWithoutARequestLeaves) {
  for (const char* name : {"a", "b", "c", "d"}) write(name);
  const auto some = models({.models_max = 2, .loads_at_once = 1});
  EXPECT_EQ(need(*some, "a"), "a");
  clock_.advance_us(1000);
  EXPECT_EQ(need(*some, "b"), "a b");
  use("a");
  clock_.advance_us(1000);
  EXPECT_EQ(need(*some, "c"), "a c") << "b was used before a";
  clock_.advance_us(1000);
  EXPECT_EQ(need(*some, "c"), "a c");
  EXPECT_EQ(reads_, "abc") << "what is in memory is not read again";
  EXPECT_EQ(need(*some, "d"), "c d") << "a load is a use";
}

TEST_F(OnDemandTest, WhatIsHeldStaysBeyondTheLimit) {
  for (const char* name : {"a", "b", "c"}) write(name);
  const auto some = models({.models_max = 1, .loads_at_once = 1});
  OnDemand::Hold a, b;
  EXPECT_EQ(need(*some, "a", &a), "a");
  EXPECT_EQ(need(*some, "b", &b), "a b");
  a.reset();
  EXPECT_EQ(need(*some, "c"), "b c");
  b.reset();
  EXPECT_EQ(need(*some, "a"), "a");
}

TEST_F(OnDemandTest, StatisticsOutliveTheModel) {
  for (const char* name : {"a", "b"}) write(name);
  const auto some = models({.models_max = 1, .loads_at_once = 1});
  EXPECT_EQ(need(*some, "a"), "a");
  use("a");
  EXPECT_EQ(need(*some, "b"), "b");
  const auto all = counted(catalogue_, some.get());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[0].statistics->snapshot().executions, 1U);
  EXPECT_EQ(need(*some, "a"), "a");
  EXPECT_EQ(catalogue_.find("a")->statistics->snapshot().executions, 1U);
  const auto index = some->index();
  ASSERT_EQ(index.size(), 2U);
  EXPECT_EQ(index[1].name + " " + index[1].reason, "b not in memory: the next request loads it");
}

TEST_F(OnDemandTest, AFailureIsToldAndNotTriedAgainAtOnce) {
  write("a", "tree\nversion=v4\n");
  const LogCapture log;
  const auto some = models({.loads_at_once = 1, .retry_ms = 10});
  EXPECT_TRUE(need(*some, "a").starts_with("failed to load 'a'"));
  EXPECT_TRUE(some->refusal("a"));
  EXPECT_TRUE(need(*some, "a").starts_with("failed to load 'a'"));
  EXPECT_EQ(reads_, "a");
  clock_.advance_us(20'000);
  EXPECT_FALSE(some->refusal("a"));
  EXPECT_TRUE(need(*some, "a").starts_with("failed to load 'a'"));
  EXPECT_EQ(reads_, "aa");
  write("a");
  follow(*some);
  EXPECT_EQ(need(*some, "a"), "a") << "its file has changed";
}

TEST_F(OnDemandTest, BytesAreALimitToo) {
  for (const char* name : {"a", "b"}) write(name);
  std::uint64_t one = 0;
  {
    const auto any = models({.loads_at_once = 1});
    EXPECT_EQ(need(*any, "a"), "a");
    const Loaded& loaded = catalogue_.find("a")->loaded;
    one = loaded.bytes + loaded.plan->scorer().memory_bytes();
    EXPECT_GT(one, loaded.bytes);
    catalogue_.remove("a");
  }
  const auto some = models({.bytes_max = one * 3 / 2, .loads_at_once = 1});
  EXPECT_EQ(need(*some, "a"), "a");
  clock_.advance_us(1000);
  EXPECT_EQ(need(*some, "b"), "b");
  const LogCapture log;
  const auto none = models({.bytes_max = one / 2, .loads_at_once = 1});
  EXPECT_NE(need(*none, "a").find("--max-resident-bytes"), std::string::npos);
}

TEST_F(OnDemandTest, FollowsTheFolder) {
  write("a");
  const auto some = models({.loads_at_once = 1});
  EXPECT_EQ(need(*some, "a"), "a");
  const std::string before = catalogue_.find("a")->loaded.plan->digest();
  write("a", std::string(kModel) + "\n");
  write("b");
  EXPECT_FALSE(some->knows("b"));
  follow(*some);
  EXPECT_TRUE(some->knows("b"));
  EXPECT_EQ(need(*some, "b"), "a b") << "and one thread has read a again before";
  EXPECT_NE(catalogue_.find("a")->loaded.plan->digest(), before);
  ASSERT_TRUE(posix_env().remove(folder_ / "models/a.txt"));
  follow(*some);
  EXPECT_FALSE(some->knows("a"));
  EXPECT_EQ(catalogue_.find("a"), nullptr);
  EXPECT_TRUE(need(*some, "a").starts_with("there is no model 'a'"));
}

}  // namespace
}  // namespace slipway::deploy
