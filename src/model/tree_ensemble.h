// Trees whose leaves are added up: the operator behind gradient boosting and random forests of
// every library.
//
// A row is `width` doubles. A tree is walked from its root: each split sends the row left or right
// by one feature, until a leaf; what the leaf holds is added to the sums, in the order of the trees.
// All semantics that libraries differ in are fields here, so that nothing that computes needs to
// know which library made the model:
//
//   float32_inputs         a row is rounded to float before anything else (XGBoost, scikit-learn)
//   flush_below            |x| <= flush_below reads as 0 (LightGBM's dense rows: 1e-35f)
//   SplitRule::missing     which values count as missing at this split; these go to the default side
//   SplitRule::comparison  left if x <= threshold, or if x < threshold
//   categories             a set of small integers; members go left (LightGBM) or right (XGBoost),
//                          others to the opposite side, NaN to the default side
//   linear leaves          constant + sum of coefficient * x in the stored order; plain value if one
//                          of its x is NaN
//   vector leaves          leaf_width values, added to as many neighbouring sums
//   base, float32_sums     what sums start at; whether each addition, and each product of a linear
//                          leaf, rounds to float
//
// Immutable; safe to share. Made by importers and by the blob reader, both of which call check().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

enum class Missing : std::uint8_t {
  kNone = 0,  // nothing is missing: NaN reads as 0
  kZero = 1,  // zero (|x| <= 1e-35f) and NaN
  kNaN = 2,   // NaN
};

// One byte per split, as it lies in the blob.
struct SplitRule {
  std::uint8_t bits = 0;

  static constexpr SplitRule number(bool or_equal, bool default_left, Missing missing) {
    return {static_cast<std::uint8_t>((or_equal ? 0 : 1) | (default_left ? 2 : 0) |
                                      (static_cast<unsigned>(missing) << 2))};
  }
  // As LightGBM has it: members left, all else (NaN too) right; -0.5 is category 0.
  static constexpr SplitRule category() { return {16}; }
  // Members right, all else left, NaN to its side; every negative number is no member.
  static constexpr SplitRule category_right(bool default_left) {
    return {static_cast<std::uint8_t>(16 | 32 | 64 | (default_left ? 2 : 0))};
  }
  // Members left, all else right, NaN to its side; every negative number is no member.
  static constexpr SplitRule category_left(bool default_left) {
    return {static_cast<std::uint8_t>(16 | 64 | (default_left ? 2 : 0))};
  }

  bool strictly_less() const { return (bits & 1) != 0; }
  bool default_left() const { return (bits & 2) != 0; }
  Missing missing() const { return static_cast<Missing>((bits >> 2) & 3); }
  bool is_category() const { return (bits & 16) != 0; }
  bool members_right() const { return (bits & 32) != 0; }
  bool negative_is_outside() const { return (bits & 64) != 0; }
};
static_assert(sizeof(SplitRule) == 1);

// The bound within which LightGBM-style models call a value zero: the float 1e-35f, widened.
inline constexpr double kZeroBound = 1e-35f;

struct TreeEnsemble {
  static constexpr std::string_view kName = "trees";
  std::uint32_t width = 0;       // features a row has
  std::uint32_t outputs = 1;     // sums that come out
  std::uint32_t leaf_width = 1;  // values of a leaf
  bool float32_inputs = false;
  bool float32_sums = false;
  double flush_below = 0;  // 0: nothing is flushed but that -0 reads as 0
  Array<double> base;      // per output: where its sum starts; empty: at 0

  // References: >= 0 is a split, negative is leaf ~reference. Both count through the whole
  // ensemble.
  Array<std::int32_t> roots;         // per tree
  Array<std::uint32_t> tree_output;  // per tree: which sum (of vector leaves: the first) it adds to

  Array<std::uint32_t> feature;  // per split
  Array<double> threshold;       // per split; for a category split unused (0)
  Array<SplitRule> rule;         // per split
  Array<std::int32_t> left;      // per split
  Array<std::int32_t> right;     // per split

  // Category sets: split s with rule is_category() owns words [category_begin[c], category_begin[c
  // + 1]) where c = category_set[s]. Bit k of the words: category k is a member. Arrays are
  // empty without category splits.
  Array<std::uint32_t> category_set;  // per split
  Array<std::uint32_t> category_begin;
  Array<std::uint32_t> category_words;

  Array<double> leaf_value;  // per leaf, leaf_width of them

  // Per leaf: how much of the training data ended there, in the library's own measure (rows, sums of weights or
  // hessians), rounded to float; empty if it does not say. No answer depends on it: engines put together what
  // most rows read.
  Array<float> cover;

  // Linear leaves; empty without any. Leaf l owns terms [linear_begin[l], linear_begin[l + 1]).
  Array<double> linear_constant;  // per leaf
  Array<std::uint32_t> linear_begin;
  Array<std::uint32_t> linear_feature;
  Array<double> linear_coefficient;

  std::size_t trees() const { return roots.size(); }
  std::size_t splits() const { return feature.size(); }
  std::size_t leaves() const { return leaf_value.size() / leaf_width; }

  static constexpr auto fields() {
    return std::tuple{field("width", &TreeEnsemble::width),
                      field("outputs", &TreeEnsemble::outputs),
                      field("leaf_width", &TreeEnsemble::leaf_width),
                      field("float32_inputs", &TreeEnsemble::float32_inputs),
                      field("float32_sums", &TreeEnsemble::float32_sums),
                      field("flush_below", &TreeEnsemble::flush_below),
                      field("base", &TreeEnsemble::base),
                      field("roots", &TreeEnsemble::roots),
                      field("tree_output", &TreeEnsemble::tree_output),
                      field("feature", &TreeEnsemble::feature),
                      field("threshold", &TreeEnsemble::threshold),
                      field("rule", &TreeEnsemble::rule),
                      field("left", &TreeEnsemble::left),
                      field("right", &TreeEnsemble::right),
                      field("category_set", &TreeEnsemble::category_set),
                      field("category_begin", &TreeEnsemble::category_begin),
                      field("category_words", &TreeEnsemble::category_words),
                      field("leaf_value", &TreeEnsemble::leaf_value),
                      field("linear_constant", &TreeEnsemble::linear_constant),
                      field("linear_begin", &TreeEnsemble::linear_begin),
                      field("linear_feature", &TreeEnsemble::linear_feature),
                      field("linear_coefficient", &TreeEnsemble::linear_coefficient),
                      field("cover", &TreeEnsemble::cover)};
  }
};

// That the arrays agree, that every reference is in range, that each split and leaf hangs in
// exactly one tree once (so no cycle), that no threshold is NaN. After this the walk needs no
// check. kInvalidArgument "model.tree.*" says which tree and node, counted within the tree.
Result<void> check(const TreeEnsemble& ensemble);

// What an importer read of `cover`, one per leaf; nothing is kept if it is no such thing.
Array<float> cover_of(std::vector<float> per_leaf, std::size_t leaves);

// The first `count` trees alone, renumbered. Precondition: check() passed.
TreeEnsemble first_trees(const TreeEnsemble& ensemble, std::size_t count);

// Splits on the longest way from a root to a leaf. Precondition: check() passed.
std::size_t depth_of(const TreeEnsemble& ensemble);

}  // namespace slipway::model
