// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "scoring/engine/engine.h"
#include "scoring/engine/question.h"

namespace slipway::scoring {
namespace {

using model::Missing;
using model::SplitRule;
using model::TreeEnsemble;

bool goes_left_by_number(const TreeEnsemble& e, std::size_t split, double x) {
  const SplitRule rule = e.rule[split];
  const Missing missing = rule.missing();
  if (std::isnan(x) && missing != Missing::kNaN) x = 0;
  const bool is_missing = (missing == Missing::kZero && std::abs(x) <= model::kZeroBound) ||
                          (missing == Missing::kNaN && std::isnan(x));
  if (is_missing) return rule.default_left();
  return rule.strictly_less() ? x < e.threshold[split] : x <= e.threshold[split];
}

bool is_member(const TreeEnsemble& e, std::size_t split, double x) {
  // Truncation towards zero, as a C cast does: -0.5 is category 0. What no int can hold is in no
  // set.
  if (!(x > -1.0 && x < 2147483648.0)) return false;
  if (x < 0 && e.rule[split].negative_is_outside()) return false;
  const auto category = static_cast<std::uint32_t>(x);
  const std::uint32_t set = e.category_set[split];
  const std::uint32_t word = e.category_begin[set] + category / 32;
  if (word >= e.category_begin[set + 1]) return false;
  return ((e.category_words[word] >> (category % 32)) & 1U) != 0;
}

bool goes_left_by_category(const TreeEnsemble& e, std::size_t split, double x) {
  const SplitRule rule = e.rule[split];
  if (std::isnan(x)) return rule.default_left();
  return is_member(e, split, x) != rule.members_right();
}

std::size_t leaf_of(const TreeEnsemble& e, std::size_t tree, const double* row) {
  std::int32_t at = e.roots[tree];
  while (at >= 0) {
    const auto split = static_cast<std::size_t>(at);
    const double x = row[e.feature[split]];
    const bool left = e.rule[split].is_category() ? goes_left_by_category(e, split, x)
                                                  : goes_left_by_number(e, split, x);
    at = left ? e.left[split] : e.right[split];
  }
  return static_cast<std::size_t>(~at);
}

double linear_value(const TreeEnsemble& e, std::size_t leaf, const double* row) {
  double value = e.linear_constant[leaf];
  for (std::uint32_t term = e.linear_begin[leaf]; term < e.linear_begin[leaf + 1]; ++term) {
    const double x = row[e.linear_feature[term]];
    if (std::isnan(x)) return e.leaf_value[leaf];
    // The product of two floats is exact in double; here it rounds as float has it.
    const double product = e.linear_coefficient[term] * x;
    value =
        e.float32_sums ? static_cast<float>(value + static_cast<float>(product)) : value + product;
  }
  return value;
}

class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(TreeEnsemble ensemble) : e_(std::move(ensemble)) {}
  std::string_view name() const override { return "reference"; }

  std::size_t scratch_bytes() const override { return kRows * e_.width * sizeof(double); }
  std::size_t memory_bytes() const override { return 0; }

  void run(Rows in, double* sums, std::byte* scratch) const override {
    auto* read = reinterpret_cast<double*>(scratch);
    for (std::size_t first = 0; first < in.rows; first += kRows) {
      const std::size_t rows = std::min(kRows, in.rows - first);
      const double* values = in.values + first * in.width;
      for (std::size_t i = 0; i < rows * in.width; ++i) read[i] = read_value(e_, values[i]);
      score(read, rows, sums + first * e_.outputs);
    }
  }

 private:
  // Rows that are walked through a tree before the next: it is fetched once for them.
  static constexpr std::size_t kRows = 16;

  void score(const double* values, std::size_t rows, double* sums) const {
    for (std::size_t i = 0; i < rows * e_.outputs; ++i)
      sums[i] = e_.base.empty() ? 0.0 : e_.base[i % e_.outputs];
    for (std::size_t tree = 0; tree < e_.trees(); ++tree) {
      for (std::size_t r = 0; r < rows; ++r)
        add_leaf(tree, values + r * e_.width, sums + r * e_.outputs);
    }
  }

  void add_leaf(std::size_t tree, const double* row, double* sums) const {
    const bool linear = !e_.linear_constant.empty();
    const std::size_t leaf = leaf_of(e_, tree, row);
    double* sum = sums + e_.tree_output[tree];
    for (std::uint32_t j = 0; j < e_.leaf_width; ++j) {
      const std::size_t at = leaf * e_.leaf_width + j;
      add(linear ? linear_value(e_, leaf, row) : e_.leaf_value[at], sum + j);
    }
  }

  // The sum of two floats in double is exact enough that rounding it once is what float gives.
  void add(double value, double* sum) const {
    *sum = e_.float32_sums ? static_cast<float>(*sum + value) : *sum + value;
  }

  const TreeEnsemble e_;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(TreeEnsemble ensemble) {
  return std::make_unique<ReferenceEngine>(std::move(ensemble));
}

}  // namespace slipway::scoring
