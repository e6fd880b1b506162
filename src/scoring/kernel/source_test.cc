// Trees on rows that their columns come out of, against the columns themselves: every engine on every instruction set of this
// machine, bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/source.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "scoring/engine/engines.h"
#include "scoring/engine/test_forest.h"
#include "scoring/engine/test_sanitized.h"
#include "scoring/kernel/test_tables.h"
#include "scoring/scorer.h"

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

constexpr double kHashes[] = {1, 4294967295.0};  // that columns 0 and 1 are compared with

// Inputs: two categories' hashes, two numbers. Trees read the numbers, one-hot columns, and tables.
struct RandomModel {
  RandomTables tables;
  model::Model model;
  TreeEnsemble trees;

  explicit RandomModel(std::uint32_t seed) : tables(seed) {
    for (int i = 0; i < 4; ++i) {
      const auto kind = i < 2 ? model::InputKind::kHash : model::InputKind::kNumber;
      model.inputs.push_back({.name = std::to_string(i), .kind = kind});
    }
    if (seed % 5 == 0) {
      std::vector<double> values(tables.op.values.begin(), tables.op.values.end());
      for (std::size_t i = 0; i < values.size(); i += 7) values[i] = RandomTables::kNaN;
      tables.op.values = values;
    }
    const bool one_hot = seed % 3 != 0;
    model.nodes.push_back({{0}, model::Select{std::vector<std::uint32_t>{3, 2}}});
    model.nodes.push_back({{0}, model::Select{std::vector<std::uint32_t>{0, 1}}});
    model.nodes.push_back(
        {{2}, model::IsMissing{std::vector<double>(std::begin(kHashes), std::end(kHashes))}});
    model.nodes.push_back({{0}, tables.op});
    using Sides = std::vector<model::ValueId>;
    model.nodes.push_back({one_hot ? Sides{1, 3, 4} : Sides{1, 4}, model::Concat{}});
    make_trees(seed, one_hot ? 4 : 2);
    model.nodes.push_back({{5}, trees});
    model.margin = model.prediction = 6;
    model.outputs.task = model::Task::kTransform;
    for (std::uint32_t j = 0; j < trees.outputs; ++j)
      model.outputs.names.push_back(std::to_string(j));
  }

  // As TestForest makes them, with thresholds that the columns' values are about. first: column of the tables.
  void make_trees(std::uint32_t seed, std::uint32_t first) {
    const auto width = first + static_cast<std::uint32_t>(tables.op.otherwise.size());
    std::uint32_t from = seed;
    do {
      TestForest forest(from);
      const bool oblivious = seed % 2 == 0;
      trees =
          forest.small_trees(oblivious ? 3 : 1, oblivious ? 1 + seed % 6 : 1 + seed % 31, width);
      from += 1'000'000;
    } while (!trees.category_set.empty());
    trees.float32_inputs = true;
    trees.float32_sums = false;
    trees.flush_below = 0;
    std::vector<double> thresholds(trees.threshold.begin(), trees.threshold.end());
    for (std::size_t s = 0; s < trees.splits(); ++s) {
      // The same for splits that asked the same.
      const auto pick =
          std::hash<std::uint64_t>{}(std::bit_cast<std::uint64_t>(thresholds[s]) >> 40);
      if (trees.feature[s] < 2) {
        thresholds[s] = 0.5 * static_cast<double>(pick % 8);
      } else if (trees.feature[s] < first) {
        thresholds[s] = std::array{-1.0, 0.0, 0.5, 1.0}[pick % 4];
      } else {
        const double value =
            tables.op.values.empty() ? 0 : tables.op.values[pick % tables.op.values.size()];
        thresholds[s] = std::isnan(value) ? 500 : value;
      }
    }
    trees.threshold = thresholds;
  }

  // Rows of the tables' own, and some of what is no hash.
  std::vector<double> rows() {
    std::vector<double> rows = tables.rows;
    for (std::size_t i = rows.size(); i-- > 0;) {
      if (i % 4 < 2 && tables.below(20) == 0)
        rows[i] = std::array{RandomTables::kNaN, -1.0, 1e300, 3.5}[tables.below(4)];
    }
    return rows;
  }
};

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
