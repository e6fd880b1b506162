// SPDX-License-Identifier: Apache-2.0
#include "evaluation/ranking.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "evaluation/finite.h"
#include "evaluation/sort_numbers.h"

namespace slipway::evaluation {
namespace {

struct Totals {
  std::int64_t positives = 0, negatives = 0;
};

Totals totals_of(std::span<const ScoreGroup> groups) {
  Totals totals;
  for (const auto& group : groups) {
    totals.positives += group.positives;
    totals.negatives += group.rows - group.positives;
  }
  return totals;
}

}  // namespace

std::vector<ScoreGroup> group_scores(std::span<const double> scores,
                                     std::span<const std::uint8_t> actual) {
  std::vector<double> by_class[2];
  for (std::size_t row = 0; row < scores.size(); ++row) {
    by_class[actual[row] != 0 ? 1 : 0].push_back(scores[row]);
  }
  sort_numbers(by_class[0]);
  sort_numbers(by_class[1]);
  std::vector<ScoreGroup> groups;
  std::size_t at[2] = {0, 0};
  const auto& [negatives, positives] = by_class;
  while (at[0] < negatives.size() || at[1] < positives.size()) {
    const bool negative = at[1] == positives.size() ||
                          (at[0] < negatives.size() && negatives[at[0]] <= positives[at[1]]);
    ScoreGroup group{.score = negative ? negatives[at[0]] : positives[at[1]]};
    for (int side = 0; side < 2; ++side) {
      const std::size_t begin = at[side];
      while (at[side] < by_class[side].size() && by_class[side][at[side]] == group.score)
        ++at[side];
      group.rows += static_cast<std::int64_t>(at[side] - begin);
      if (side == 1) group.positives = static_cast<std::int64_t>(at[side] - begin);
    }
    groups.push_back(group);
  }
  return groups;
}

std::optional<double> auc(std::span<const ScoreGroup> groups) {
  const Totals totals = totals_of(groups);
  if (totals.positives == 0 || totals.negatives == 0) return std::nullopt;
  double pairs = 0;  // twice the pairs in order; whole numbers, so exact up to 2^53
  std::int64_t below = 0;
  for (const auto& group : groups) {
    const std::int64_t negatives = group.rows - group.positives;
    pairs += static_cast<double>(group.positives) * static_cast<double>(2 * below + negatives);
    below += negatives;
  }
  return pairs / 2 / static_cast<double>(totals.positives) / static_cast<double>(totals.negatives);
}

std::optional<double> average_precision(std::span<const ScoreGroup> groups) {
  const Totals totals = totals_of(groups);
  if (totals.positives == 0) return std::nullopt;
  double sum = 0;
  std::int64_t rows = 0, found = 0;
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    rows += group->rows;
    found += group->positives;
    sum += ratio(group->positives, totals.positives) * ratio(found, rows);
  }
  return finite(sum);
}

}  // namespace slipway::evaluation
