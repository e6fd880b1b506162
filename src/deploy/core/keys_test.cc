// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/keys.h"

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"

namespace slipway::deploy {
namespace {

class KeysTest : public testing::Test {
 protected:
  TemporaryFolder folder_ = TemporaryFolder::create().value();
  const KeyFile file_{folder_ / "home"};
};

TEST_F(KeysTest, AKeyIsToldOnceAndKeptAsItsDigest) {
  const NewKey made = file_.create({.name = "ci", .role = Role::kOperate}, 5).value();
  EXPECT_EQ(made.key.size(), 3u + 8 + 1 + 64);
  const std::string text = posix_env().read_file(file_.path()).value();
  EXPECT_EQ(text.find(made.key.substr(12)), std::string::npos);
  LiveKeys keys(file_);
  EXPECT_FALSE(keys.required());
  ASSERT_TRUE(keys.refresh());
  EXPECT_TRUE(keys.required());
  const auto who = keys.find(made.key);
  ASSERT_NE(who, nullptr);
  EXPECT_EQ(who->record().name, "ci");
  EXPECT_TRUE(who->allows(Role::kPredict) && who->allows(Role::kOperate));
  EXPECT_FALSE(who->allows(Role::kAdmin));
  std::string other = made.key;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {other, made.key + "0", made.key.substr(0, 12), std::string(),
                                   std::string("sk-"), std::string(300, 'a')})
    EXPECT_EQ(keys.find(wrong), nullptr) << wrong;
}

TEST_F(KeysTest, AFileWithoutKeysLetsNobodyIn) {
  LiveKeys keys(file_);
  const NewKey made = file_.create({.name = "ci"}, 5).value();
  const NewKey other = file_.create({.name = "other"}, 5).value();
  ASSERT_TRUE(keys.refresh());
  EXPECT_EQ(file_.revoke("ci").value().id, made.record.id);
  EXPECT_NE(keys.find(made.key), nullptr) << "not read again yet";
  ASSERT_TRUE(keys.refresh());
  EXPECT_EQ(keys.find(made.key), nullptr);
  EXPECT_NE(keys.find(other.key), nullptr);
  ASSERT_TRUE(file_.revoke(other.record.id));
  ASSERT_TRUE(keys.refresh());
  EXPECT_TRUE(keys.required());
  EXPECT_EQ(keys.find(other.key), nullptr);
  ASSERT_TRUE(posix_env().remove(file_.path()));
  ASSERT_TRUE(keys.refresh());
  EXPECT_TRUE(keys.required()) << "taking the file away opens nothing";
}

TEST_F(KeysTest, WhatCannotBeIsRefused) {
  ASSERT_TRUE(file_.create({.name = "ci"}, 5));
  EXPECT_EQ(file_.create({.name = "ci"}, 5).error().reason(), "deploy.key");
  EXPECT_EQ(file_.create({.name = ""}, 5).error().reason(), "deploy.key");
  EXPECT_EQ(file_.revoke("nobody").error().reason(), "deploy.no_key");
  EXPECT_NE(file_.revoke("nobody").error().message().find("there are: ci"), std::string::npos);
  LiveKeys keys(file_);
  ASSERT_TRUE(keys.refresh());
  ASSERT_TRUE(write_file_atomically(file_.path(), "{\"keys\":[{\"id\":\"x\"}]}"));
  EXPECT_EQ(keys.refresh().error().reason(), "deploy.keys");
  EXPECT_TRUE(keys.required());
}

TEST_F(KeysTest, ARateIsKeptAndABurstOfASecondIsFine) {
  const Key key({.per_second = 10});
  std::int64_t now = 1'000'000'000;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(key.wait_ms(now), 0) << i;
  EXPECT_EQ(key.wait_ms(now), 101);
  now += 100'000'000;
  EXPECT_EQ(key.wait_ms(now), 0);
  EXPECT_GT(key.wait_ms(now), 0);
  const Key free({.per_second = 0});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(free.wait_ms(now), 0);
}

}  // namespace
}  // namespace slipway::deploy
