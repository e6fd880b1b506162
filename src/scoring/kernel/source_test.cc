// Trees on rows that their columns come out of, against the columns themselves: every engine on every instruction set of this
// machine, bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/source.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "scoring/engine/engines.h"
#include "scoring/engine/test_sanitized.h"
#include "scoring/kernel/test_sourced_model.h"
#include "scoring/scorer.h"

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

std::vector<double> scores(const Scorer& scorer, const std::vector<double>& rows) {
  std::vector<double> sums(rows.size() / 4 * scorer.margin_columns());
  EXPECT_TRUE(scorer.score({rows.data(), rows.size() / 4, 4}, {.margins = sums.data()}));
  return sums;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

TEST(SourcedTrees, GiveWhatTheColumnsDo) {
  std::map<std::string, std::uint32_t> made;
  constexpr std::uint32_t kModels = SLIPWAY_SANITIZED ? 100 : 600;
  std::uint32_t sourced = 0;
  for (std::uint32_t seed = 0; seed < kModels; ++seed) {
    RandomModel random(seed);
    ASSERT_TRUE(model::check(random.model)) << seed << model::check(random.model).error().message();
    const auto source = source_of_trees(random.model, 5);
    ASSERT_TRUE(source) << seed;
    const std::vector<double> rows = random.rows();
    const std::vector<double> want = scores(Scorer(random.model, {.forced = "reference"}), rows);
    ASSERT_TRUE(same_bits(scores(Scorer(random.model), rows), want)) << "seed " << seed;
    const SharedForest forest = compile_forest(random.trees, *source);
    if (forest == nullptr) continue;  // a table of more conditions than are taken
    ++sourced;
    for (const isa::Isa isa : isa::usable_isas()) {
      for (const std::string_view name : engine_names()) {
        if (name == "reference" || name == "walk") continue;
        const auto engine = make_engine(name, random.trees, forest, isa);
        if (engine == nullptr) continue;
        ++made[std::string(name) + " " + std::string(name_of(isa))];
        Scratch scratch;
        std::vector<double> got(want.size());
        engine->run({rows.data(), rows.size() / 4, 4}, got.data(),
                    scratch.of(engine->scratch_bytes()));
        ASSERT_TRUE(same_bits(got, want))
            << "seed " << seed << ", " << name << " on " << name_of(isa);
      }
    }
  }
  EXPECT_GT(sourced, kModels / 4);
  for (const auto& [name, count] : made) EXPECT_GT(count, kModels / 40) << name;
  EXPECT_GE(made.size(), 6 * isa::usable_isas().size());
}

// Only what is made of few operators that RowSource has a form of.
TEST(SourcedTrees, AreNotMadeOfOtherOperators) {
  RandomModel random(1);
  EXPECT_TRUE(source_of_trees(random.model, 5));
  EXPECT_FALSE(source_of_trees(random.model, 4)) << "no trees";
  model::Model other = random.model;
  other.nodes[5].inputs = {1};
  EXPECT_FALSE(source_of_trees(other, 5)) << "no statistics";
  other = random.model;
  other.nodes[0].op = model::Arithmetic{model::Arith::kAdd, std::vector<double>{1}};
  EXPECT_FALSE(source_of_trees(other, 5)) << "arithmetic";
  other = random.model;
  other.nodes[1].inputs = {1};
  other.nodes[2].op = model::IsMissing{std::vector<double>{RandomTables::kNaN, 1}};
  EXPECT_FALSE(source_of_trees(other, 5)) << "a comparison with NaN";
}

// One key more than are taken: columns are computed as ever.
TEST(SourcedTrees, LeaveLargeTablesAlone) {
  const auto source_with = [](std::uint32_t keys) {
    RowSource source;
    source.width = 1;
    source.columns = {{.from = RowSource::From::kTable}};
    model::CategoryStatistics& op = source.statistics;
    op.category_begin = std::vector<std::uint32_t>{0, 1};
    op.category_column = std::vector<std::uint32_t>{0};
    op.condition_begin = std::vector<std::uint32_t>{0, 0};
    op.key_begin = std::vector<std::uint32_t>{0, keys};
    std::vector<std::uint64_t> all(keys);
    for (std::uint32_t i = 0; i < keys; ++i) all[i] = i;
    op.keys = all;
    op.widths = std::vector<std::uint32_t>{1};
    op.values = std::vector<double>(keys, 1);
    op.otherwise = std::vector<double>{0};
    return source;
  };
  TreeEnsemble e = TestForest(1).chain(1);
  e.float32_inputs = true;
  EXPECT_NE(compile_forest(e, source_with(1000)), nullptr);
  EXPECT_EQ(compile_forest(e, source_with((1U << 20) + 1)), nullptr);
}

// The edges that engines are checked on: values that tables know, and columns that differ from row to row.
TEST(SourcedTrees, EdgeRowsMeetWhatTablesKnow) {
  RandomModel random(2);
  const auto source = source_of_trees(random.model, 5);
  ASSERT_TRUE(source);
  const std::vector<double> rows = edge_rows(*source, random.trees, 400);
  std::vector<double> columns(source->columns.size());
  std::size_t known = 0;
  for (std::size_t r = 0; r < 400; ++r) {
    read_columns(*source, &rows[4 * r], columns.data());
    for (std::size_t c = 0; c < columns.size(); ++c)
      known += source->columns[c].from == RowSource::From::kTable && columns[c] >= 0 ? 1 : 0;
  }
  EXPECT_GT(known, 40u);
}

}  // namespace
}  // namespace slipway::scoring
