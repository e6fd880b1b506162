// SPDX-License-Identifier: Apache-2.0
#include "scoring/draw.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

constexpr std::uint64_t kMissingOneIn = 50;

// splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014):
// std::uniform_* differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return next() % limit; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

// What a feature's values may be.
struct Choices {
  std::vector<double> thresholds;
  std::size_t categories = 0;
};

std::vector<Choices> choices_of(const TreeEnsemble& e) {
  std::vector<Choices> choices(e.width);
  for (std::size_t s = 0; s < e.splits(); ++s) {
    Choices& feature = choices[e.feature[s]];
    if (e.rule[s].is_category()) {
      const std::uint32_t set = e.category_set[s];
      const std::size_t size = std::size_t{e.category_begin[set + 1] - e.category_begin[set]} * 32;
      feature.categories = std::max(feature.categories, size);
    } else if (std::isfinite(e.threshold[s])) {
      feature.thresholds.push_back(e.threshold[s]);
    }
  }
  for (Choices& feature : choices) {
    auto& t = feature.thresholds;
    std::sort(t.begin(), t.end());
    t.erase(std::unique(t.begin(), t.end()), t.end());
  }
  return choices;
}

// Below the first threshold, between two neighbours, or above the last one.
double draw(const Choices& feature, Random& random) {
  if (random.below(kMissingOneIn) == 0) return std::numeric_limits<double>::quiet_NaN();
  if (feature.categories > 0) return static_cast<double>(random.below(feature.categories + 1));
  const auto& t = feature.thresholds;
  if (t.empty()) return 0;
  const std::size_t bin = random.below(t.size() + 1);
  if (bin == 0) return t.front() - std::abs(t.front()) * random.unit() - 1e-3;
  if (bin == t.size()) return t.back() + std::abs(t.back()) * random.unit() + 1e-3;
  return t[bin - 1] + (t[bin] - t[bin - 1]) * random.unit();
}

}  // namespace

std::vector<double> draw_rows(const TreeEnsemble& ensemble, std::size_t count, std::uint64_t seed) {
  const std::vector<Choices> choices = choices_of(ensemble);
  Random random(seed);
  std::vector<double> rows;
  rows.reserve(count * choices.size());
  for (std::size_t r = 0; r < count; ++r) {
    for (const Choices& feature : choices) rows.push_back(draw(feature, random));
  }
  return rows;
}

std::vector<double> draw_inputs(const model::Model& model, std::size_t count, std::uint64_t seed) {
  for (const model::Node& node : model.nodes) {
    const auto* trees = std::get_if<TreeEnsemble>(&node.op);
    if (trees != nullptr && node.inputs.front() == 0) return draw_rows(*trees, count, seed);
  }
  Random random(seed);
  std::vector<double> rows;
  rows.reserve(count * model.inputs.size());
  for (std::size_t r = 0; r < count; ++r) {
    for (const model::Input& input : model.inputs) {
      rows.push_back(input.categories.empty()
                         ? 4 * random.unit() - 2
                         : static_cast<double>(random.below(input.categories.size())));
    }
  }
  return rows;
}

}  // namespace slipway::scoring
