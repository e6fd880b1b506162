// A linear model behind its scalers: in one pass, and operator by operator.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/chain.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "scoring/scorer.h"

namespace slipway::scoring {
namespace {

// `apart`: a Select of all columns stands before the product, which no chain takes in.
model::Model scaled_linear(std::uint32_t width, std::mt19937* random, bool apart) {
  const auto numbers = [&](double from) {
    std::vector<double> made;
    for (std::uint32_t i = 0; i < width; ++i)
      made.push_back(from + static_cast<double>((*random)() % 1000) / 300);
    return made;
  };
  model::Model m;
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < width; ++i) {
    m.inputs.push_back({.name = "x" + std::to_string(i)});
    names.push_back(m.inputs.back().name);
  }
  using model::Arith;
  m.nodes.push_back({{0}, model::Require{model::Requirement::kNoInfinity, names, {"Scaler"}}});
  m.nodes.push_back({{1}, model::Arithmetic{Arith::kSub, numbers(-1)}});
  m.nodes.push_back({{2}, model::Arithmetic{Arith::kDiv, numbers(0.5)}});
  m.nodes.push_back({{3}, model::Arithmetic{Arith::kMul, std::vector<double>{1.5}}});
  m.nodes.push_back({{4}, model::Arithmetic{Arith::kAdd, std::vector<double>{0.25}}});
  m.nodes.push_back({{5}, model::Require{model::Requirement::kFinite, names, {"Linear"}}});
  if (apart) {
    std::vector<std::uint32_t> all(width);
    for (std::uint32_t i = 0; i < width; ++i) all[i] = i;
    m.nodes.push_back({{6}, model::Select{all}});
  }
  const auto last = static_cast<model::ValueId>(m.nodes.size());
  m.nodes.push_back({{last}, model::MatMul{1, numbers(-2), std::vector<double>{0.125}}});
  m.margin = m.prediction = last + 1;
  return m;
}

TEST(Chain, GivesTheBitsOfItsOperators) {
  for (std::uint32_t width = 1; width < 70; ++width) {
    std::mt19937 one(width), other(width), values(7 * width);
    const model::Model together = scaled_linear(width, &one, false);
    const model::Model apart = scaled_linear(width, &other, true);
    ASSERT_TRUE(check(together));
    ASSERT_TRUE(chain_before(together, together.nodes.size() - 1).has_value());
    ASSERT_FALSE(chain_before(apart, apart.nodes.size() - 1).has_value());
    std::vector<double> rows;
    for (std::uint32_t i = 0; i < 20 * width; ++i)
      rows.push_back((static_cast<double>(values() % 100000) - 5e4) / 777);
    std::vector<double> a(20), b(20);
    ASSERT_TRUE(Scorer(together).score({rows.data(), 20, width}, {a.data(), nullptr}));
    ASSERT_TRUE(Scorer(apart).score({rows.data(), 20, width}, {b.data(), nullptr}));
    EXPECT_EQ(a, b) << "width " << width;
  }
}

TEST(Chain, RefusesTheRowThatItsOperatorsRefuse) {
  std::mt19937 one(1), other(1);
  const model::Model together = scaled_linear(11, &one, false);
  const model::Model apart = scaled_linear(11, &other, true);
  std::vector<double> rows(5 * 11, 1.0), out(5);
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e308}) {
    rows[3 * 11 + 9] = bad;
    const auto a = Scorer(together).score({rows.data(), 5, 11}, {out.data(), nullptr});
    const auto b = Scorer(apart).score({rows.data(), 5, 11}, {out.data(), nullptr});
    ASSERT_EQ(a.has_value(), b.has_value()) << bad;
    if (!a) {
      EXPECT_EQ(a.error().message(), b.error().message());
    }
  }
}

}  // namespace
}  // namespace slipway::scoring
