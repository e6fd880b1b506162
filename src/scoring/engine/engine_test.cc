// Every engine on every instruction set of this machine against the reference, bit for bit: random
// forests of all shapes and semantics, rows at the edges of their thresholds.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "scoring/engine/engines.h"
#include "scoring/engine/test_forest.h"
#include "scoring/engine/test_sanitized.h"

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

std::vector<double> run(const Engine& engine, const TreeEnsemble& e,
                        const std::vector<double>& rows) {
  Scratch scratch;
  std::vector<double> sums(rows.size() / e.width * e.outputs, -1);
  engine.run({rows.data(), rows.size() / e.width, e.width}, sums.data(),
             scratch.of(engine.scratch_bytes()));
  return sums;
}

// Index of the first difference, or the size.
std::size_t first_difference(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool both_nan = std::isnan(a[i]) && std::isnan(b[i]);
    if (std::memcmp(&a[i], &b[i], sizeof(double)) != 0 && !both_nan) return i;
  }
  return a.size();
}

TEST(Engines, EqualTheReferenceOnRandomForests) {
  std::map<std::string, std::uint32_t> made;
  constexpr std::uint32_t kForests = SLIPWAY_SANITIZED ? 300 : 2500;
  for (std::uint32_t seed = 0; seed < kForests; ++seed) {
    TestForest random(seed);
    const TreeEnsemble e = random.ensemble();
    ASSERT_TRUE(check(e)) << seed;
    const std::vector<double> rows = random.rows(e, seed % 250 == 0 ? 1100 : 1 + seed % 150);
    const std::vector<double> want = run(*make_reference_engine(e), e, rows);
    const SharedForest forest = compile_forest(e);
    for (const isa::Isa isa : isa::usable_isas()) {
      for (const std::string_view name : engine_names()) {
        const auto engine = make_engine(name, e, forest, isa);
        if (engine == nullptr) continue;
        ASSERT_EQ(engine->name(), name);
        ++made[std::string(name) + " " + std::string(name_of(isa))];
        const std::vector<double> got = run(*engine, e, rows);
        const std::size_t at = first_difference(got, want);
        ASSERT_EQ(at, want.size()) << "seed " << seed << ", " << name << " on " << name_of(isa)
                                   << ", sum " << at << ": " << got[at] << " against " << want[at];
      }
    }
  }
  for (const std::string_view name : engine_names()) {
    for (const isa::Isa isa : isa::usable_isas()) {
      if (name == "permute" && isa::permute_kernels(isa) == nullptr) continue;
      const std::string key = std::string(name) + " " + std::string(name_of(isa));
      EXPECT_GT(made[key], kForests / 40) << key << " was hardly ever made";
    }
  }
}

// All that the permute engine has a form of, with up to 4 slots a feature: in one register and in two.
TEST(Engines, PermuteTakesSmallTreesOfEachShape) {
  if (isa::permute_kernels(isa::best_isa()) == nullptr)
    GTEST_SKIP() << "this machine has no AVX-512 VBMI";
  struct Kind {
    std::uint32_t shape, size;
  };
  std::map<std::uint32_t, std::uint32_t> made;
  for (std::uint32_t seed = 0; seed < (SLIPWAY_SANITIZED ? 100 : 600); ++seed) {
    const std::uint32_t kind = seed % 10, width = std::array{2U, 9U, 25U}[seed / 10 % 3];
    const auto [shape, size] = std::array<Kind, 10>{{{0, 1},
                                                     {0, 7},
                                                     {0, 15},
                                                     {0, 31},
                                                     {0, 63},
                                                     {1, 31},
                                                     {1, 31},
                                                     {3, 2},
                                                     {3, 6},
                                                     {3, 8}}}[kind];
    TestForest random(1000 + seed);
    const TreeEnsemble e = random.small_trees(shape, size, width);
    const SharedForest forest = compile_forest(e);
    ASSERT_NE(forest, nullptr);
    const auto engine = make_engine("permute", e, forest, isa::best_isa());
    if (engine == nullptr) continue;  // categories, or more slots than two registers have
    ++made[kind];
    const std::vector<double> rows = random.rows(e, 60);
    const std::vector<double> want = run(*make_reference_engine(e), e, rows);
    ASSERT_EQ(first_difference(run(*engine, e, rows), want), want.size()) << "seed " << seed;
  }
  for (std::uint32_t kind = 0; kind < 10; ++kind)
    EXPECT_GT(made[kind], SLIPWAY_SANITIZED ? 2u : 15u) << "of kind " << kind;
}

TEST(Engines, TakeForestsOfManyConditions) {
  for (const std::size_t conditions :
       {1U, 15U, 16U, 17U, 255U, 256U, 257U, 4095U, 4096U, 70'000U}) {
    TestForest random(static_cast<std::uint32_t>(conditions));
    const TreeEnsemble e = random.with_conditions(conditions);
    ASSERT_TRUE(check(e));
    const SharedForest forest = compile_forest(e);
    ASSERT_EQ(forest != nullptr, conditions < 65'535) << conditions;
    if (forest != nullptr) {
      EXPECT_EQ(forest->conditions.count, conditions);
    }
    const std::vector<double> rows = random.rows(e, 130);
    const std::vector<double> want = run(*make_reference_engine(e), e, rows);
    for (const std::string_view name : engine_names()) {
      const auto engine = make_engine(name, e, forest, isa::best_isa());
      if (engine == nullptr) continue;
      EXPECT_EQ(first_difference(run(*engine, e, rows), want), want.size())
          << name << ", " << conditions << " conditions";
    }
  }
}

TEST(Forest, LosesWhatCannotBeReachedAndWhatIsTheSame) {
  TestForest random(1);
  // x < 1 ? (x < 2 ? a : b) : (y < 3 ? c : c): the inner questions decide nothing.
  const TreeEnsemble e = random.redundant();
  const SharedForest forest = compile_forest(e);
  ASSERT_NE(forest, nullptr);
  EXPECT_EQ(forest->unreachable, 1u);
  EXPECT_EQ(forest->identical, 1u);
  EXPECT_EQ(forest->nodes.size(), 1u);
  const std::vector<double> rows = random.rows(e, 64);
  EXPECT_EQ(first_difference(run(*make_linked_engine(forest, isa::best_isa()), e, rows),
                             run(*make_reference_engine(e), e, rows)),
            64u);
}

TEST(Forest, IsNotMadeOfEndlessChains) {
  TestForest random(1);
  const TreeEnsemble e = random.chain(5000);
  ASSERT_TRUE(check(e));
  EXPECT_EQ(compile_forest(e), nullptr);
  const std::vector<double> rows = random.rows(e, 20);
  EXPECT_EQ(first_difference(run(*make_walk_engine(e, isa::best_isa()), e, rows),
                             run(*make_reference_engine(e), e, rows)),
            20u);
}

TEST(Isa, NamesWhatTheMachineHas) {
  ASSERT_FALSE(isa::usable_isas().empty());
  for (const isa::Isa isa : isa::usable_isas()) {
    ASSERT_TRUE(isa::isa_named(isa::name_of(isa)));
  }
  const auto none = isa::isa_named("mmx");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("it has "), std::string::npos);
}

}  // namespace
}  // namespace slipway::scoring
