// Random models whose trees read numbers, one-hot columns and tables of categories, for tests. The same seed gives the same model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/model.h"
#include "scoring/engine/test_forest.h"
#include "scoring/kernel/test_tables.h"

namespace slipway::scoring {

// Inputs: two categories' hashes, two numbers. Trees read the numbers, one-hot columns, and tables.
struct RandomModel {
  RandomTables tables;
  model::Model model;
  model::TreeEnsemble trees;

  static constexpr double kHashes[] = {1, 4294967295.0};  // that columns 0 and 1 are compared with

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

}  // namespace slipway::scoring
