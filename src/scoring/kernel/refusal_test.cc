// Rows that scikit-learn refuses are refused, and the message says what to do.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/kernel/kernel.h"

namespace slipway::scoring {
namespace {

std::string refusal_of(const model::Operator& op, double value, std::size_t columns,
                       std::vector<std::vector<std::string_view>> texts = {}) {
  const Rows in{&value, 1, 1};
  std::vector<double> out(columns);
  const auto refusal = make_kernel(op)->run_on_texts({&in, 1}, texts, 0, out.data());
  return refusal ? refusal->why : "";
}

TEST(Refusals, MissingTexts) {
  const model::TextCounts op{.hashed = 4};
  EXPECT_EQ(refusal_of(op, 0, 4, {{"a text"}}), "");
  EXPECT_EQ(refusal_of(op, 0, 4, {{""}}), "");
  EXPECT_NE(refusal_of(op, 0, 4, {{std::string_view()}}).find("send an empty one"),
            std::string::npos);
  EXPECT_NE(refusal_of(op, 0, 4).find("not given"), std::string::npos);
}

TEST(Refusals, NoTrainingRowNear) {
  const model::Neighbors op{.radius = 0.5,
                            .values = std::vector<double>{1},
                            .empty = std::vector<double>{0},
                            .who = {"RadiusNeighborsClassifier"}};
  EXPECT_EQ(refusal_of(op, 0.5, 1), "");
  EXPECT_NE(refusal_of(op, 0.75, 1).find("within 0.5 of it"), std::string::npos);
}

TEST(Refusals, BeyondTheKnots) {
  const model::Splines op{.degree = 1,
                          .beyond = model::Beyond::kRefuse,
                          .begin = std::vector<std::uint32_t>{0, 4},
                          .knots = std::vector<double>{-1, 0, 1, 2},
                          .edge = std::vector<std::uint32_t>{1},
                          .reach = std::vector<std::uint32_t>{1},
                          .names = {"age"}};
  EXPECT_EQ(refusal_of(op, 1, 2), "");
  EXPECT_EQ(refusal_of(op, std::numeric_limits<double>::quiet_NaN(), 2), "");
  EXPECT_NE(refusal_of(op, 1.5, 2).find("'age' is 1.5"), std::string::npos);
}

}  // namespace
}  // namespace slipway::scoring
