// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "scoring/engine/conditions.h"
#include "scoring/engine/distinct_numbers.h"

namespace slipway::scoring {
namespace {

using model::TreeEnsemble;

class Sourced {
 public:
  Sourced(const TreeEnsemble& ensemble, const RowSource& source, Conditions* out)
      : e_(ensemble), source_(source), out_(*out), distinct_(ensemble.splits()) {}

  bool run(const ConditionLimits& limits) {
    for (std::uint32_t split = 0; split < e_.splits(); ++split) add_split(split);
    if (asks_for_unequal_) return false;
    add_asks();
    if (distinct_.conditions().size() > limits.conditions) return false;
    number_ = add_numbers(distinct_.conditions(), &out_);
    for (const auto& [split, number] : on_numbers_) out_.of_split[split] = number_[number];
    for (auto& [key, equal] : equals_) {
      out_.equals.push_back({key.first, std::bit_cast<double>(key.second)});
      equal.number = out_.count++;
      for (const std::uint32_t split : equal.splits) out_.of_split[split] = equal.number;
    }
    return add_looked_up() && out_.count <= limits.conditions;
  }

 private:
  struct Equal {
    std::vector<std::uint32_t> splits;
    std::uint32_t number = 0;
  };
  struct TableKey {
    std::uint32_t table, column;
    std::int64_t threshold;  // as rising() has it
    bool missing_right, zero_is_missing;
    friend bool operator<(const TableKey& a, const TableKey& b) {
      const auto all = [](const TableKey& k) {
        return std::tie(k.table, k.column, k.threshold, k.missing_right, k.zero_is_missing);
      };
      return all(a) < all(b);
    }
  };
  struct Asked {
    TableQuestion question;
    std::vector<std::uint32_t> splits;
  };

  void add_split(std::uint32_t split) {
    Question q = question_of(e_, split);
    if (q.asks != Asks::kNumber) {
      out_.of_split[split] = q.asks == Asks::kAlways ? Conditions::kAlways : Conditions::kNever;
      return;
    }
    const RowSource::Column& column = source_.columns[q.feature];
    if (column.from == RowSource::From::kRow) {
      q.feature = column.at;
      on_numbers_.emplace_back(split, distinct_.add({q.threshold, group_key(q), q.missing_right}));
    } else if (column.from == RowSource::From::kEqual) {
      add_one_hot(split, column, q);
    } else {
      const TableKey key{column.table, column.at, rising(q.threshold), q.missing_right,
                         q.zero_is_missing};
      Asked& asked = tables_[key];
      asked.question = {column.table, column.at, q};
      asked.splits.push_back(split);
    }
  }

  // Of a column that is 0 or 1.
  void add_one_hot(std::uint32_t split, const RowSource::Column& column, const Question& q) {
    const bool at_zero = q.zero_is_missing ? q.missing_right : 0 >= q.threshold;
    const bool at_one = 1 >= q.threshold;
    if (at_zero == at_one) {
      out_.of_split[split] = at_one ? Conditions::kAlways : Conditions::kNever;
    } else if (at_zero) {
      asks_for_unequal_ =
          true;  // only where zeros are missing, which no library does that has such columns
    } else {
      equal(column.at, column.value).splits.push_back(split);
    }
  }

  Equal& equal(std::uint32_t feature, double value) {
    return equals_[{feature, std::bit_cast<std::uint64_t>(value)}];
  }

  // What the tables' keys depend on, beside categories.
  template <typename Take>
  void for_asks(const Take& take) const {
    std::uint32_t last = RowSource::kNoTable;
    for (const auto& [key, asked] : tables_) {
      if (key.table == last) continue;
      last = key.table;
      const auto& op = source_.statistics;
      for (std::uint32_t i = op.condition_begin[last]; i < op.condition_begin[last + 1]; ++i)
        take(i);
    }
  }

  bool asks_equal(std::uint32_t i) const {
    return (source_.statistics.condition_rule[i] & model::CategoryStatistics::kEqual) != 0;
  }

  void add_asks() {
    const auto& op = source_.statistics;
    asked_.resize(op.condition_column.size());
    for_asks([&](std::uint32_t i) {
      if (asks_equal(i)) {
        equal(op.condition_column[i], op.condition_value[i]);
        return;
      }
      const bool nan_above = (op.condition_rule[i] & model::CategoryStatistics::kNaNAbove) != 0;
      asked_[i] = distinct_.add(
          {float_above(op.condition_value[i]), op.condition_column[i] << 1, nan_above});
    });
  }

  bool add_looked_up() {
    if (tables_.empty()) return true;
    const auto& op = source_.statistics;
    for_asks([&](std::uint32_t i) {
      asked_[i] = asks_equal(i) ? equal(op.condition_column[i], op.condition_value[i]).number
                                : number_[asked_[i]];
    });
    std::vector<TableQuestion> questions;
    for (const auto& [key, asked] : tables_) questions.push_back(asked.question);
    auto looked_up = look_up(source_, e_, questions, asked_);
    if (looked_up == nullptr) return false;
    std::size_t at = 0;
    for (const auto& [key, asked] : tables_) {
      const std::uint32_t number = out_.count + looked_up->of_question[at++];
      for (const std::uint32_t split : asked.splits) out_.of_split[split] = number;
    }
    out_.count += looked_up->count;
    out_.looked_up = std::move(looked_up);
    return true;
  }

  const TreeEnsemble& e_;
  const RowSource& source_;
  Conditions& out_;
  DistinctNumbers distinct_;
  std::vector<std::uint32_t> number_;                                // of each of these
  std::vector<std::pair<std::uint32_t, std::uint32_t>> on_numbers_;  // a split, and which it asks
  std::map<std::pair<std::uint32_t, std::uint64_t>, Equal> equals_;
  std::map<TableKey, Asked> tables_;
  bool asks_for_unequal_ = false;
  std::vector<std::uint32_t> asked_;  // per condition of the statistics
};

}  // namespace

std::optional<Conditions> find_sourced_conditions(const TreeEnsemble& ensemble,
                                                  const RowSource& source,
                                                  const ConditionLimits& limits) {
  // What a table's condition asks of a float would be another question of a double, or a flushed one.
  if (ensemble.splits() > limits.splits || source.width > kFeaturesMax ||
      !ensemble.float32_inputs || ensemble.flush_below > 0 || !ensemble.category_set.empty())
    return std::nullopt;
  Conditions out;
  out.of_split.resize(ensemble.splits());
  if (!Sourced(ensemble, source, &out).run(limits)) return std::nullopt;
  return out;
}

}  // namespace slipway::scoring
