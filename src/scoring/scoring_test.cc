// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "scoring/engine/test_forest.h"
#include "scoring/link.h"
#include "scoring/scorer.h"

namespace slipway::scoring {
namespace {

using model::Link;
using model::LinkKind;
using model::Missing;
using model::SplitRule;
using model::TreeEnsemble;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// One split on feature 0: left gives 1, right gives 2.
TreeEnsemble stump(SplitRule rule, double threshold) {
  TreeEnsemble e;
  e.width = 1;
  e.roots = std::vector<std::int32_t>{0};
  e.tree_output = std::vector<std::uint32_t>{0};
  e.feature = std::vector<std::uint32_t>{0};
  e.threshold = std::vector<double>{threshold};
  e.rule = std::vector<SplitRule>{rule};
  e.left = std::vector<std::int32_t>{~0};
  e.right = std::vector<std::int32_t>{~1};
  e.leaf_value = std::vector<double>{1, 2};
  return e;
}

std::vector<double> run(const TreeEnsemble& ensemble, const std::vector<double>& values) {
  EXPECT_TRUE(check(ensemble));
  std::vector<double> sums(values.size() / ensemble.width * ensemble.outputs);
  const auto engine = make_reference_engine(ensemble);
  Scratch scratch;
  engine->run({values.data(), values.size() / ensemble.width, ensemble.width}, sums.data(),
              scratch.of(engine->scratch_bytes()));
  return sums;
}

TEST(ReferenceEngine, ComparesAsTheRuleSays) {
  const std::vector<double> around{1.5, std::nextafter(1.5, 2), std::nextafter(1.5, 1), -kInf,
                                   kInf};
  EXPECT_EQ(run(stump(SplitRule::number(true, false, Missing::kNaN), 1.5), around),
            (std::vector<double>{1, 2, 1, 1, 2}));
  EXPECT_EQ(run(stump(SplitRule::number(false, false, Missing::kNaN), 1.5), around),
            (std::vector<double>{2, 2, 1, 1, 2}));
}

TEST(ReferenceEngine, MissingGoesToItsSide) {
  const std::vector<double> rows{kNaN, 0.0, -0.0, 1e-35, 2e-35, 1.0};
  EXPECT_EQ(run(stump(SplitRule::number(true, true, Missing::kNaN), -1), rows),
            (std::vector<double>{1, 2, 2, 2, 2, 2}));
  EXPECT_EQ(run(stump(SplitRule::number(true, true, Missing::kZero), -1), rows),
            (std::vector<double>{1, 1, 1, 1, 2, 2}));
  EXPECT_EQ(run(stump(SplitRule::number(true, true, Missing::kNone), 0), rows),
            (std::vector<double>{1, 1, 1, 2, 2, 2}))
      << "where nothing is missing NaN reads as 0";
}

TEST(ReferenceEngine, SmallValuesAreFlushedFirst) {
  TreeEnsemble e = stump(SplitRule::number(true, false, Missing::kNaN), 0);
  e.flush_below = model::kZeroBound;
  EXPECT_EQ(run(e, {1e-36, 1e-34}), (std::vector<double>{1, 2}));
}

TEST(ReferenceEngine, CategoriesAreTruncatedAndOutsideTheSetGoRight) {
  TreeEnsemble e = stump(SplitRule::category(), 0);
  e.category_set = std::vector<std::uint32_t>{0};
  e.category_begin = std::vector<std::uint32_t>{0, 2};
  e.category_words = std::vector<std::uint32_t>{1U | (1U << 31), 1U};  // 0, 31 and 32
  EXPECT_EQ(run(e, {0, 31, 32, 33, 64, -0.5, -1, 31.9, kNaN, kInf, -kInf, 1e12}),
            (std::vector<double>{1, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2, 2}));
}

TEST(ReferenceEngine, ALinearLeafWithNaNGivesItsPlainValue) {
  TreeEnsemble e = stump(SplitRule::number(true, true, Missing::kNaN), 10);
  e.linear_constant = std::vector<double>{5, 6};
  e.linear_begin = std::vector<std::uint32_t>{0, 1, 1};
  e.linear_feature = std::vector<std::uint32_t>{0};
  e.linear_coefficient = std::vector<double>{2};
  EXPECT_EQ(run(e, {3, kNaN, 11}), (std::vector<double>{11, 1, 6}));
}

TEST(ReferenceEngine, FloatSumsRoundTheProductsOfLinearLeavesToo) {
  TreeEnsemble e = stump(SplitRule::number(true, true, Missing::kNaN), 10);
  e.float32_sums = true;
  e.linear_constant = std::vector<double>{0, 0};
  e.linear_begin = std::vector<std::uint32_t>{0, 1, 1};
  e.linear_feature = std::vector<std::uint32_t>{0};
  e.linear_coefficient = std::vector<double>{static_cast<double>(0.1F)};
  EXPECT_EQ(run(e, {static_cast<double>(1.1F)})[0], static_cast<double>(0.1F * 1.1F));
}

TEST(Link, GivesTheLibrariesFormulas) {
  const auto apply = [](LinkKind kind, double scale, std::vector<double> in, std::size_t width) {
    std::vector<double> out(in.size());
    apply_link({kind, scale}, {in.data(), in.size() / width, width}, out.data());
    return out;
  };
  EXPECT_EQ(apply(LinkKind::kSigmoid, 1, {0, kInf, -kInf, 800, -800}, 1),
            (std::vector<double>{0.5, 1, 0, 1, 0}));
  EXPECT_EQ(apply(LinkKind::kSoftmax, 1, {1, 1, 1, 1}, 2),
            (std::vector<double>{0.5, 0.5, 0.5, 0.5}));
  EXPECT_EQ(apply(LinkKind::kSignedSquare, 1, {-3, 2}, 1), (std::vector<double>{-9, 4}));
  EXPECT_EQ(apply(LinkKind::kDivide, 3, {1}, 1), (std::vector<double>{1.0 / 3}));
  EXPECT_EQ(apply(LinkKind::kScale, 3, {2}, 1), (std::vector<double>{6}));
  EXPECT_EQ(apply(LinkKind::kExp, 1, {0}, 1), (std::vector<double>{1}));
  EXPECT_EQ(apply(LinkKind::kLog1pExp, 1, {-800}, 1), (std::vector<double>{0}));
  EXPECT_TRUE(std::isnan(apply(LinkKind::kSigmoid, 1, {kNaN}, 1)[0]));
  EXPECT_EQ(apply(LinkKind::kSigmoidFloat, 88.7F, {0, 1, -1000, 1000}, 1),
            (std::vector<double>{0.5, 0.731058597564697265625, 1.0F / 3.325976864406685e38F, 1}))
      << "the exponent is bounded, so that nothing overflows";
  EXPECT_EQ(apply(LinkKind::kSigmoidFloat, 1000, {-1000}, 1), (std::vector<double>{0}));
  EXPECT_EQ(apply(LinkKind::kSoftmaxFloat, 1, {7, 7, 7, -kInf}, 2),
            (std::vector<double>{0.5, 0.5, 1, 0}));
  EXPECT_EQ(apply(LinkKind::kExpFloat, 1, {1, 100}, 1),
            (std::vector<double>{static_cast<double>(2.7182817F), kInf}));
  const std::vector<double> sorted = apply(LinkKind::kSortRow, 1, {3, 1, 2, kNaN, 2, -kInf}, 3);
  EXPECT_EQ(std::vector<double>(sorted.begin(), sorted.begin() + 5),
            (std::vector<double>{1, 2, 3, -kInf, 2}));
  EXPECT_TRUE(std::isnan(sorted[5]));
}

TEST(Scorer, BlocksOfRowsAreSeamless) {
  model::Model model;
  model.inputs = {{.name = "x"}};
  model.nodes.push_back(
      {.inputs = {0}, .op = stump(SplitRule::number(true, false, Missing::kNaN), 0.5)});
  model.nodes.push_back({.inputs = {1}, .op = Link{LinkKind::kDivide, 4}});
  model.margin = 1;
  model.prediction = 2;
  const Scorer scorer(model);
  std::vector<double> rows, margins(1001), predictions(1001);
  for (int i = 0; i < 1001; ++i) rows.push_back(i % 2);
  ASSERT_TRUE(scorer.score({rows.data(), rows.size(), 1}, {margins.data(), predictions.data()}));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(margins[i], rows[i] + 1) << i;
    ASSERT_EQ(predictions[i], (rows[i] + 1) / 4) << i;
  }
}

// Refuses rows beyond its knots.
model::Model refusing_model() {
  model::Model m;
  m.inputs = {{.name = "age"}};
  m.nodes.push_back({{0},
                     model::Splines{.degree = 1,
                                    .beyond = model::Beyond::kRefuse,
                                    .begin = std::vector<std::uint32_t>{0, 4},
                                    .knots = std::vector<double>{-1, 0, 1, 2},
                                    .edge = std::vector<std::uint32_t>{1},
                                    .reach = std::vector<std::uint32_t>{1},
                                    .names = {"age"}}});
  m.margin = m.prediction = 1;
  return m;
}

TEST(Scorer, ThreadsChangeNothing) {
  ThreadPool pool("test", 3);
  TestForest random(7);
  const TreeEnsemble trees = random.ensemble();
  model::Model m;
  for (std::uint32_t i = 0; i < trees.width; ++i) m.inputs.push_back({.name = std::to_string(i)});
  m.nodes.push_back({{0}, trees});
  m.margin = m.prediction = 1;
  const Scorer alone(m), together(m, {.pool = &pool});
  constexpr std::size_t kRows = 100'001;
  const std::vector<double> rows = random.rows(trees, kRows);
  std::vector<double> a(kRows * trees.outputs), b(a);
  ASSERT_TRUE(alone.score({rows.data(), kRows, trees.width}, {a.data(), nullptr}));
  ASSERT_TRUE(together.score({rows.data(), kRows, trees.width}, {b.data(), nullptr}));
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)), 0);
}

// 200 blocks take more than a tenth of a millisecond on any machine: help is asked for. One block never is split.
TEST(Scorer, AsksAPoolForHelpWithManyRowsOnly) {
  ThreadPool pool("test", 3);
  TestForest random(7);
  const TreeEnsemble trees = random.small_trees(0, 63, 9);
  model::Model m;
  for (std::uint32_t i = 0; i < trees.width; ++i) m.inputs.push_back({.name = std::to_string(i)});
  m.nodes.push_back({{0}, trees});
  m.margin = m.prediction = 1;
  const Scorer scorer(m, {.forced = "reference", .pool = &pool});
  constexpr std::size_t kRows = 200 * 512;
  const std::vector<double> rows = random.rows(trees, kRows);
  std::vector<double> out(kRows * trees.outputs);
  ASSERT_TRUE(scorer.score({rows.data(), 512, trees.width}, {out.data(), nullptr}));
  EXPECT_EQ(pool.handed(), 0u);
  ASSERT_TRUE(scorer.score({rows.data(), kRows, trees.width}, {out.data(), nullptr}));
  EXPECT_EQ(pool.handed(), pool.size());
  // Texts that come out are made one block after the other.
  TextColumns texts;
  ASSERT_TRUE(
      scorer.score({rows.data(), kRows, trees.width}, {.margins = out.data(), .texts = &texts}));
  EXPECT_EQ(pool.handed(), pool.size());
}

TEST(Scorer, ThreadsNameTheFirstRefusedRow) {
  ThreadPool pool("test", 3);
  const Scorer scorer(refusing_model(), {.pool = &pool});
  std::vector<double> rows(100'000, 0.5), out(2 * rows.size());
  for (std::size_t i = 20'000; i < rows.size(); i += 3) rows[i] = 5;
  const auto scored = scorer.score({rows.data(), rows.size(), 1}, {out.data(), nullptr});
  ASSERT_FALSE(scored);
  EXPECT_TRUE(scored.error().message().starts_with("row 20000:")) << scored.error().message();
}

}  // namespace
}  // namespace slipway::scoring
