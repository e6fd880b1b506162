// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/distinct_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::scoring {

std::int64_t rising(double threshold) {
  if (std::isnan(threshold)) return std::numeric_limits<std::int64_t>::max();
  const auto bits = std::bit_cast<std::int64_t>(threshold);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}

std::vector<std::uint32_t> add_numbers(const std::vector<NumberCondition>& found, Conditions* out) {
  struct Key {  // by group, threshold, missing side
    std::uint32_t group;
    std::uint32_t from;
    std::int64_t threshold;
    bool missing_right;
    bool operator<(const Key& other) const {
      if (group != other.group) return group < other.group;
      if (threshold != other.threshold) return threshold < other.threshold;
      return missing_right < other.missing_right;
    }
  };
  std::vector<Key> order;
  order.reserve(found.size());
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    const NumberCondition& c = found[i];
    order.push_back({c.group, i, rising(c.threshold), c.missing_right});
  }
  std::sort(order.begin(), order.end());
  out->thresholds.reserve(found.size());
  out->missing.reserve(found.size());
  std::vector<std::uint32_t> number(found.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const NumberCondition& c = found[order[i].from];
    if (i == 0 || c.group != order[i - 1].group) {
      out->numbers.push_back(
          {.feature = c.group >> 1, .zero_is_missing = (c.group & 1) != 0, .first = out->count});
    }
    out->thresholds.push_back(c.threshold);
    out->missing.push_back(c.missing_right ? 1 : 0);
    ++out->numbers.back().count;
    number[order[i].from] = out->count++;
  }
  return number;
}

}  // namespace slipway::scoring
