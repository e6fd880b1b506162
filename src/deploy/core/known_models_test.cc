// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/known_models.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace slipway::deploy {
namespace {

std::string told(const KnownModels& known) {
  KnownModels::Index index;
  known.add_to(&index);
  std::string text;
  for (const auto& [name, entries] : index) {
    for (const IndexEntry& entry : entries)
      text += fmt::format("{} {} {} {};", name, entry.version, name_of(entry.state), entry.reason);
  }
  return text;
}

TEST(KnownModels, SaysHowEachVersionIs) {
  KnownModels known;
  known.begin("delay");
  EXPECT_EQ(told(known), "delay  LOADING ;");
  known.fail("delay", Error(Code::kNotFound, "test.file", "no file"));
  EXPECT_EQ(told(known), "delay 1 UNAVAILABLE no file;");
  known.serve("delay", {"3", "4"});
  EXPECT_EQ(told(known), "delay 3 READY ;delay 4 READY ;");
  known.unload("delay");
  EXPECT_EQ(told(known), "delay 3 UNAVAILABLE unloaded;delay 4 UNAVAILABLE unloaded;");
}

TEST(KnownModels, WhatServesGoesOnWhileAnotherIsLoadedAndWhenThatFails) {
  KnownModels known;
  known.serve("delay", {"3"});
  known.begin("delay");
  EXPECT_EQ(told(known), "delay 3 READY ;");
  known.fail("delay", Error(Code::kNotFound, "test.file", "no file"));
  EXPECT_EQ(told(known), "delay 3 READY the one before goes on serving: no file;");
  known.begin("delay");
  EXPECT_EQ(told(known), "delay 3 READY ;") << "what was wrong may be over";
}

TEST(KnownModels, ModelsOfTheCommandLineAreNoneOfTheRepositorys) {
  KnownModels known;
  known.set_reference("own", "a/model.txt");
  EXPECT_EQ(known.reference("own"), "a/model.txt");
  EXPECT_FALSE(known.has_changed("own", "1", true));
  EXPECT_TRUE(known.has_changed("delay", "1", false));
  EXPECT_FALSE(known.has_changed("delay", "1", false));
  EXPECT_TRUE(known.has_changed("delay", "1", true));
  EXPECT_TRUE(known.has_changed("delay", "2", false));
  EXPECT_EQ(known.reference("delay"), std::nullopt);
  EXPECT_EQ(known.gone({}), std::vector<std::string>{"delay"});
  EXPECT_TRUE(known.gone({"delay"}).empty());
  known.forget("delay");
  EXPECT_EQ(known.names(), std::vector<std::string>{"own"});
}

}  // namespace
}  // namespace slipway::deploy
