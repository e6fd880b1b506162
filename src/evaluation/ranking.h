// How well scores order positives before negatives.
//
//   const auto groups = group_scores(scores, actual);      // sorts once
//   auc(groups), average_precision(groups)
//
// Rows of one score are one group: the result never depends on the order of ties. Pure functions; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway::evaluation {

struct ScoreGroup {
  double score = 0;
  std::int64_t rows = 0;
  std::int64_t positives = 0;
};
// Ascending. Spans of one length; scores finite; actual is 0 or 1.
std::vector<ScoreGroup> group_scores(std::span<const double> scores,
                                     std::span<const std::uint8_t> actual);

// The probability that a positive scores above a negative, ties counting half. Absent unless both occur.
std::optional<double> auc(std::span<const ScoreGroup> groups);
// sum over descending thresholds of (recall - previous recall) * precision; no interpolation. Absent without positives.
std::optional<double> average_precision(std::span<const ScoreGroup> groups);

}  // namespace slipway::evaluation
