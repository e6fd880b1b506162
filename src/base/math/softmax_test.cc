// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/math/elementary.h"

namespace slipway::math {
namespace {

std::vector<double> softmax_of(const std::vector<double>& in) {
  std::vector<double> out(in.size());
  softmax(in, out);
  return out;
}

TEST(Softmax, GivesSharesThatAddUp) {
  const auto p = softmax_of({1, 2, 3});
  EXPECT_DOUBLE_EQ(p[0], 0.090030573170380462);
  EXPECT_DOUBLE_EQ(p[1], 0.24472847105479764);
  EXPECT_DOUBLE_EQ(p[2], 0.66524095577482178);
  EXPECT_EQ(softmax_of({5, 5, 5, 5}), (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
  EXPECT_EQ(softmax_of({-7}), (std::vector<double>{1}));
  EXPECT_TRUE(softmax_of({}).empty());
}

TEST(Softmax, LargeMarginsDoNotOverflow) {
  EXPECT_EQ(softmax_of({1e308, 1e308, -1e308}), (std::vector<double>{0.5, 0.5, 0}));
  const auto p = softmax_of({-2000, -2001});
  EXPECT_DOUBLE_EQ(p[0], sigmoid(1.0));
}

TEST(Softmax, WorksInPlaceAndOnFloatsRoundsOnce) {
  std::vector<float> floats{0.5f, -1.25f, 3.0f, 0.1f};
  const std::vector<double> exact = softmax_of({floats.begin(), floats.end()});
  softmax(floats, floats);
  for (std::size_t i = 0; i < floats.size(); ++i)
    EXPECT_EQ(floats[i], static_cast<float>(exact[i]));
  std::vector<double> doubles{1, 2, 3};
  softmax(doubles, doubles);
  EXPECT_EQ(doubles, softmax_of({1, 2, 3}));
}

TEST(Softmax, ANaNSpreads) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const auto& in :
       {std::vector<double>{1, kNaN, 3}, {kNaN, 1, 2}, {1, kInfinity}, {-kInfinity, -kInfinity}}) {
    for (const double p : softmax_of(in)) EXPECT_TRUE(std::isnan(p));
  }
  EXPECT_EQ(softmax_of({0, -kInfinity}), (std::vector<double>{1, 0}));
}

}  // namespace
}  // namespace slipway::math
