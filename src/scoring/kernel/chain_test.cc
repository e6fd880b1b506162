// A linear model or a network behind its scalers: in one pass, and operator by operator.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/chain.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "scoring/engine/isa/isa.h"
#include "scoring/engine/isa/kernels.h"
#include "scoring/kernel/dense_product.h"
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

// scaled_linear's steps, then products of so many columns with ReLU between. `apart`: Selects of all columns stand between.
model::Model network(std::uint32_t width, const std::vector<std::uint32_t>& layers,
                     std::mt19937* random, bool apart) {
  model::Model m = scaled_linear(width, random, false);
  m.nodes.pop_back();
  std::uint32_t columns = width;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (apart) {
      std::vector<std::uint32_t> all(columns);
      for (std::uint32_t i = 0; i < columns; ++i) all[i] = i;
      m.nodes.push_back({{static_cast<model::ValueId>(m.nodes.size())}, model::Select{all}});
    }
    std::vector<double> weights, bias;
    for (std::uint32_t i = 0; i < columns * layers[l]; ++i)
      weights.push_back((static_cast<double>((*random)() % 2001) - 1000) / 700);
    for (std::uint32_t i = 0; i < layers[l]; ++i)
      bias.push_back((static_cast<double>((*random)() % 2001) - 1000) / 90);
    if (l % 2 == 1) bias.clear();
    columns = layers[l];
    m.nodes.push_back(
        {{static_cast<model::ValueId>(m.nodes.size())}, model::MatMul{columns, weights, bias}});
    if (l + 1 == layers.size()) break;
    m.nodes.push_back(
        {{static_cast<model::ValueId>(m.nodes.size())}, model::Map{model::MapKind::kRelu}});
  }
  m.margin = m.prediction = static_cast<model::ValueId>(m.nodes.size());
  return m;
}

TEST(Chain, GivesTheBitsOfANetworksOperators) {
  const std::vector<std::vector<std::uint32_t>> shapes{
      {2}, {7}, {8, 1}, {9, 3}, {64, 64, 1}, {33, 100, 5}, {1, 1}, {256, 17}, {31, 1, 40, 2}};
  std::uint32_t seed = 0;
  for (const std::uint32_t width : {1U, 5U, 8U, 30U, 33U, 256U}) {
    for (const auto& layers : shapes) {
      std::mt19937 one(++seed), other(seed), values(seed);
      const model::Model together = network(width, layers, &one, false);
      const model::Model apart = network(width, layers, &other, true);
      ASSERT_TRUE(check(together));
      const auto chain = chain_before(together, together.nodes.size() - 1);
      ASSERT_TRUE(chain.has_value());
      EXPECT_EQ(chain->layers.size(), layers.size());
      EXPECT_EQ(chain->steps.size(), 6u);
      const std::size_t count = 1 + seed % 11, columns = layers.back();
      std::vector<double> rows, a(count * columns, -1), b(count * columns, -2);
      for (std::size_t i = 0; i < count * width; ++i)
        rows.push_back((static_cast<double>(values() % 100000) - 5e4) / 777);
      ASSERT_TRUE(Scorer(together).score({rows.data(), count, width}, {a.data(), nullptr}));
      ASSERT_TRUE(Scorer(apart).score({rows.data(), count, width}, {b.data(), nullptr}));
      EXPECT_EQ(a, b) << "width " << width << ", " << layers.size() << " layers, seed " << seed;
    }
  }
}

TEST(Chain, ProductsAreTheSameOnEveryInstructionSet) {
  std::mt19937 random(11);
  const auto numbers = [&](std::size_t count) {
    std::vector<double> made(count);
    for (double& x : made) x = (static_cast<double>(random() % 100000) - 5e4) / 777;
    return made;
  };
  for (const std::uint32_t columns : {1U, 2U, 8U, 15U, 33U, 72U}) {
    for (const std::size_t inputs : {1U, 9U, 40U}) {
      const model::MatMul op{columns, numbers(inputs * columns), numbers(columns)};
      const DenseProduct product(op, true);
      const std::size_t rows = 1 + (columns + inputs) % 9;
      const std::vector<double> x = numbers(rows * inputs);
      std::vector<double> want(rows * columns);
      isa::kernels(isa::Isa::kBaseline).matmul(product.of({x.data(), rows, inputs}), want.data());
      for (const isa::Isa isa : isa::usable_isas()) {
        std::vector<double> got(want.size(), -1);
        isa::kernels(isa).matmul(product.of({x.data(), rows, inputs}), got.data());
        EXPECT_EQ(got, want) << columns << " columns, " << inputs << " inputs, " << name_of(isa);
      }
    }
  }
}

std::vector<std::uint64_t> bits_of(const std::vector<double>& values) {
  std::vector<std::uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

TEST(Chain, ZerosThatAreSkippedChangeNoBit) {
  std::mt19937 random(12);
  const double rare[] = {-0.0, std::numeric_limits<double>::quiet_NaN(),
                         std::numeric_limits<double>::infinity(), 1e-310};
  for (const std::uint32_t columns : {1U, 2U, 8U, 15U, 64U, 72U, 130U}) {
    for (const std::size_t inputs : {1U, 8U, 40U, 64U, 67U, 200U}) {
      std::vector<double> weights(inputs * columns), bias(columns), x(inputs);
      for (double& w : weights) w = random() % 9 == 0 ? -0.0 : (random() % 1000) / 77.0 - 6;
      for (double& b : bias) b = (random() % 3) - 1.0;
      for (double& value : x) {
        value = random() % 2 == 0 ? 0.0 : (random() % 1000) / 9.0;
        if (random() % 50 == 0) value = rare[random() % std::size(rare)];
      }
      const model::MatMul op{columns, weights, bias};
      const DenseProduct skipping(op, false, true), all(op, false, false);
      EXPECT_TRUE(skipping.of({}).skips_zeros);
      for (const isa::Isa isa : isa::usable_isas()) {
        std::vector<double> got(columns, -1), want(columns, -2);
        isa::kernels(isa).matmul(skipping.of({x.data(), 1, inputs}), got.data());
        isa::kernels(isa).matmul(all.of({x.data(), 1, inputs}), want.data());
        EXPECT_EQ(bits_of(got), bits_of(want))
            << columns << " columns, " << inputs << " inputs, " << name_of(isa);
      }
    }
  }
}

TEST(Chain, ZerosAreNotSkippedWhereAWeightIsNotFinite) {
  const model::MatMul op{
      2, std::vector{1.0, std::numeric_limits<double>::infinity(), 2.0, 3.0}, {}};
  const DenseProduct product(op, false, true);
  const std::vector<double> x{0, 1};
  std::vector<double> out(2);
  isa::kernels(isa::best_isa()).matmul(product.of({x.data(), 1, 2}), out.data());
  EXPECT_EQ(out[0], 2);
  EXPECT_TRUE(std::isnan(out[1])) << "0 times infinity";
}

// Wider than what lies on the stack: left to the operators.
TEST(Chain, LeavesWideLayersAlone) {
  std::mt19937 random(3);
  const model::Model wide = network(8, {257, 4}, &random, false);
  const auto chain = chain_before(wide, wide.nodes.size() - 1);
  EXPECT_FALSE(chain.has_value());
  EXPECT_FALSE(chain_before(wide, wide.nodes.size() - 3).has_value());
  const model::Model last = network(8, {16, 4}, &random, false);
  EXPECT_TRUE(chain_before(last, last.nodes.size() - 1).has_value());
}

TEST(Chain, NetworkRefusesTheRowThatItsOperatorsRefuse) {
  std::mt19937 random(5);
  const model::Model m = network(11, {9, 2}, &random, false);
  std::vector<double> rows(6 * 11, 1.0), out(6 * 2);
  EXPECT_TRUE(Scorer(m).score({rows.data(), 6, 11}, {out.data(), nullptr}));
  rows[4 * 11 + 9] = std::numeric_limits<double>::infinity();
  const auto refused = Scorer(m).score({rows.data(), 6, 11}, {out.data(), nullptr});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("row 4"), std::string::npos)
      << refused.error().message();
  EXPECT_NE(refused.error().message().find("'x9'"), std::string::npos) << refused.error().message();
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
