// Scoring allocates nothing once a thread is warm.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "scoring/draw.h"
#include "scoring/engine/test_forest.h"
#include "scoring/engine/test_sanitized.h"
#include "scoring/kernel/test_sourced_model.h"
#include "scoring/scorer.h"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

#if !SLIPWAY_SANITIZED
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace slipway::scoring {
namespace {

// Features scaled, then trees, a linear model beside them, and the link of their sum.
model::Model mixed_model(const model::TreeEnsemble& trees) {
  model::Model m;
  for (std::uint32_t i = 0; i < trees.width; ++i) m.inputs.push_back({.name = std::to_string(i)});
  m.nodes.push_back(
      {{0}, model::Arithmetic{model::Arith::kSub, std::vector<double>(trees.width, 1)}});
  m.nodes.push_back({{1}, trees});
  m.nodes.push_back(
      {{1},
       model::MatMul{trees.outputs, std::vector<double>(trees.width * trees.outputs, 0.5), {}}});
  m.nodes.push_back({{2, 3}, model::Combine{model::Arith::kAdd}});
  m.nodes.push_back({{4}, model::Link{model::LinkKind::kSigmoid, 1}});
  m.margin = 4;
  m.prediction = 5;
  return m;
}

TEST(Scorer, AllocatesNothingOnceWarm) {
  if (SLIPWAY_SANITIZED) GTEST_SKIP() << "the sanitizer counts and owns allocations";
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    TestForest random(seed);
    const model::TreeEnsemble trees = random.ensemble();
    const Scorer scorer(mixed_model(trees));
    const std::vector<double> rows = random.rows(trees, 1500);
    std::vector<double> margins(1500 * trees.outputs), predictions(margins);
    for (const std::size_t count : {1500U, 1U, 7U, 64U, 300U, 1024U}) {
      const auto score = [&] {
        return scorer.score({rows.data(), count, trees.width},
                            {margins.data(), predictions.data()});
      };
      ASSERT_TRUE(score());
      const std::size_t before = allocations;
      ASSERT_TRUE(score());
      EXPECT_EQ(allocations, before) << "seed " << seed << ", " << count << " rows";
    }
  }
}

// Trees whose columns are looked up by categories.
TEST(Scorer, AllocatesNothingForCategoriesOnceWarm) {
  if (SLIPWAY_SANITIZED) GTEST_SKIP() << "the sanitizer counts and owns allocations";
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    RandomModel random(seed);
    const Scorer scorer(random.model);
    const std::vector<double> few = random.rows();
    std::vector<double> rows;
    while (rows.size() < std::size_t{4} * 1024) rows.insert(rows.end(), few.begin(), few.end());
    std::vector<double> margins(1024 * scorer.margin_columns());
    for (const std::size_t count : {1024U, 1U, 7U, 64U, 300U}) {
      ASSERT_TRUE(scorer.score({rows.data(), count, 4}, {.margins = margins.data()}));
      const std::size_t before = allocations;
      ASSERT_TRUE(scorer.score({rows.data(), count, 4}, {.margins = margins.data()}));
      EXPECT_EQ(allocations, before) << "seed " << seed << ", " << count << " rows";
    }
  }
}

}  // namespace
}  // namespace slipway::scoring
