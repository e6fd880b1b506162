// The distinct questions that a TreeEnsemble asks. A forest of 100,000 splits asks some 10,000: each
// is answered once per row, and the trees only look the answers up.
//
//   if (auto conditions = find_conditions(ensemble, limits)) ...
//   conditions->of_split[s]        the condition that sends a row right at split s
//
// Conditions on numbers are grouped by feature; within a group thresholds rise, so that a row's rank
// in it (how many thresholds its value reaches) answers all: condition i holds iff rank > i. For a
// missing value each condition has its own answer. Conditions on categories are bits in a table with
// a row per category. Where the ensemble's columns come out of other rows (row_source.h), conditions
// are on these, and there are two kinds more. Immutable; safe to share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/tree_ensemble.h"
#include "scoring/engine/looked_up.h"
#include "scoring/engine/row_source.h"

namespace slipway::scoring {

struct NumberGroup {
  std::uint32_t feature = 0;
  bool zero_is_missing = false;
  std::uint32_t first = 0;  // conditions [first, first + count) in rising order of threshold
  std::uint32_t count = 0;
};

struct CategoryGroup {
  std::uint32_t feature = 0;
  bool negative_is_outside = false;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t categories = 0;  // rows of the table: the categories, any other, missing
  std::size_t table = 0;         // word of `bits` where its rows begin
  std::uint32_t words() const { return (count + 63) / 64; }  // of a row
};

// Whether a value equals this one, as doubles.
struct EqualCondition {
  std::uint32_t feature = 0;
  double value = 0;
};

struct Conditions {
  static constexpr std::uint32_t kNever = 0xFFFFFFFF;   // of_split: nothing goes right
  static constexpr std::uint32_t kAlways = 0xFFFFFFFE;  // everything does

  std::uint32_t count = 0;
  std::vector<NumberGroup> numbers;       // their conditions come first
  std::vector<double> thresholds;         // per condition of these; NaN: no number reaches it
  std::vector<std::uint8_t> missing;      // per condition of these: 1 if a missing value is right
  std::vector<CategoryGroup> categories;  // of at least one condition each, as all groups
  std::vector<std::uint64_t> bits;
  std::vector<EqualCondition> equals;         // their conditions come next
  std::shared_ptr<const LookedUp> looked_up;  // whose conditions come last; null: there are none
  std::vector<std::uint32_t> of_split;        // per split of the ensemble

  std::uint32_t looked_up_count() const { return looked_up == nullptr ? 0 : looked_up->count; }
  std::uint32_t first_looked_up() const { return count - looked_up_count(); }
  std::uint32_t first_equal() const {
    return first_looked_up() - static_cast<std::uint32_t>(equals.size());
  }
};

struct ConditionLimits {
  std::size_t splits = std::size_t{1} << 22;
  std::size_t conditions = 65'534;
  std::size_t category_words = std::size_t{1} << 20;  // of `bits`
};

// Nothing if the ensemble is beyond the limits. Precondition: check(ensemble) passed.
std::optional<Conditions> find_conditions(const model::TreeEnsemble& ensemble,
                                          const ConditionLimits& limits = {});

// The same on the rows that the ensemble's columns come out of. Nothing also for ensembles that read doubles or ask for
// categories, and where look_up() gives nothing.
std::optional<Conditions> find_sourced_conditions(const model::TreeEnsemble& ensemble,
                                                  const RowSource& source,
                                                  const ConditionLimits& limits = {});

// Those on categories alone; of_split means nothing elsewhere. Only `category_words` limits it.
std::optional<Conditions> find_category_conditions(const model::TreeEnsemble& ensemble,
                                                   const ConditionLimits& limits = {});

}  // namespace slipway::scoring
