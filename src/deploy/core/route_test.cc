// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/route.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "deploy/core/routes.h"

namespace slipway::deploy {
namespace {

constexpr int kCallers = 100'000;

std::string caller(int number) { return fmt::format("user-{}", number); }

Route route_of(const std::string& text) {
  auto route = Route::of_text(text);
  EXPECT_TRUE(route) << route.error().message();
  return std::move(route).value();
}

std::string refusal(const std::string& text) {
  const auto route = Route::of_text(text);
  return route ? "" : route.error().message();
}

TEST(Route, SharesAreTheWeights) {
  const Route route = route_of("live=delay:1*70 delay:2*20 delay:3*9 other*1 delay:4*0");
  std::vector<int> counts(route.targets.size());
  for (int i = 0; i < kCallers; ++i) ++counts[route.pick(caller(i))];
  double chi_square = 0;
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    const double expected = kCallers * static_cast<double>(route.targets[i].weight) / 100;
    if (expected == 0) {
      EXPECT_EQ(counts[i], 0) << route.targets[i].text();
      continue;
    }
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  // Three degrees of freedom: 16.3 is passed by one in a thousand; the callers are always the same.
  EXPECT_LT(chi_square, 16.3) << fmt::format("{} {} {} {}", counts[0], counts[1], counts[2],
                                             counts[3]);
}

TEST(Route, ACallerMovesOnlyWhenItsTargetsWeightDoes) {
  const Route before = route_of("live=delay:1*90 delay:2*10 delay:3*0");
  const Route after = route_of("live=delay:1*90 delay:2*10 delay:3*5");
  int moved = 0;
  for (int i = 0; i < kCallers; ++i) {
    const std::size_t was = before.pick(caller(i)), is = after.pick(caller(i));
    if (was == is) continue;
    ++moved;
    EXPECT_EQ(is, 2U) << "only to the target that gained";
  }
  EXPECT_NEAR(moved, kCallers * 5.0 / 105, kCallers * 0.004);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(before.pick(caller(i)), before.pick(caller(i)));
}

TEST(Route, RoutesDrawApart) {
  const Route one = route_of("one=delay:1 delay:2"), two = route_of("two=delay:1 delay:2");
  int same = 0;
  for (int i = 0; i < kCallers; ++i) same += one.pick(caller(i)) == two.pick(caller(i)) ? 1 : 0;
  EXPECT_NEAR(same, kCallers / 2, kCallers / 100)
      << "a caller's luck in one says nothing of another";
}

TEST(Route, TextAndJsonSayTheSame) {
  const Route route =
      route_of("live=delay:1*90 delay:2*10  shadow=delay:3 sticky=header:x-user-id");
  std::string text;
  JsonWriter json(&text);
  route.write(&json);
  EXPECT_EQ(text, R"({"name":"live","targets":[{"model":"delay","version":"1","weight":90},)"
                  R"({"model":"delay","version":"2","weight":10}],)"
                  R"("shadows":[{"model":"delay","version":"3"}],"sticky":"header:x-user-id"})");
  const auto document = JsonDocument::parse(text);
  const auto again = Route::of_json("live", document.value().root());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again.value().pick("somebody"), route.pick("somebody"));
  EXPECT_EQ(route.heaviest().text(), "delay:1");
  EXPECT_EQ(route.of_version("2"), &route.targets[1]);
  EXPECT_EQ(route.sticky_header(), "x-user-id");
}

TEST(Route, WhatIsNoRouteIsToldWhy) {
  EXPECT_NE(refusal("live").find("NAME=MODEL"), std::string::npos);
  EXPECT_NE(refusal("live=").find("1 to 16 targets"), std::string::npos);
  EXPECT_NE(refusal("live=delay*0").find("all weights are 0"), std::string::npos);
  EXPECT_NE(refusal("live=delay*-1").find("a weight must be"), std::string::npos);
  EXPECT_NE(refusal("live=delay delay*3").find("delay is there twice"), std::string::npos);
  EXPECT_NE(refusal("a/b=delay").find("without '/'"), std::string::npos);
  EXPECT_NE(refusal("live=delay sticky=cookie").find("sticky must be"), std::string::npos);
  EXPECT_NE(refusal("live=delay sticky=header:a b:c d").find("'header:a'"), 0U);
  for (const char* text : {R"([])", R"({"targets":3})", R"({"targets":[{"model":1}]})",
                           R"({"targets":[{}]})", R"({"targets":[{"model":"a","weight":1.5}]})",
                           R"({"targets":[{"model":"a"}],"stick":""})"}) {
    const auto document = JsonDocument::parse(text);
    const auto route = Route::of_json("live", document.value().root());
    ASSERT_FALSE(route) << text;
    EXPECT_EQ(route.error().reason(), "deploy.route");
  }
}

TEST(Routes, AreThereAgainAfterARestart) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  const Routes::Options options{.file = folder / "routes.json"};
  {
    const auto routes = Routes::open(options).value();
    const auto before = routes->generation();
    ASSERT_TRUE(routes->put(route_of("live=delay:1*90 delay:2*10 sticky=key")));
    ASSERT_TRUE(routes->put(route_of("gone=delay:1")));
    ASSERT_TRUE(routes->remove("gone"));
    EXPECT_NE(routes->generation(), before);
    EXPECT_EQ(routes->remove("gone").error().reason(), "deploy.no_route");
  }
  const auto routes = Routes::open(options).value()->snapshot();
  ASSERT_EQ(routes->routes.size(), 1U);
  EXPECT_EQ(routes->find("live")->sticky, "key");
  EXPECT_EQ(routes->find("live")->targets[1].weight, 10U);
  ASSERT_TRUE(write_file_atomically(options.file, "{\"routes\":[{\"name\":\"x\"}]}"));
  EXPECT_FALSE(Routes::open(options)) << "a file that says something else is not passed over";
}

}  // namespace
}  // namespace slipway::deploy
