// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/looked_up.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "scoring/engine/category_key.h"

namespace slipway::scoring {
namespace {

using model::CategoryStatistics;

constexpr std::size_t kAnswersMax = std::size_t{1} << 22;  // of two bytes each
constexpr std::size_t kKnownMax = std::size_t{1}
                                  << 20;  // keys of categories, and what could be some
constexpr std::uint32_t kGroupMax = 16;   // conditions
constexpr std::size_t kGroupsMax = 4096;
constexpr std::size_t kJoinedMax = std::size_t{1}
                                   << 14;  // codes of two lists that another's is told by

// What a key of a table was made of, but for the categories themselves.
struct Origin {
  std::uint64_t categories;  // their key
  std::uint32_t answers;
  std::uint32_t position;
};

bool goes_right(const model::TreeEnsemble& ensemble, const Question& q, double value) {
  if (q.asks != Asks::kNumber) return q.asks == Asks::kAlways;
  const double x = read_value(ensemble, value);
  const bool missing = x != x || (q.zero_is_missing && std::abs(x) <= model::kZeroBound);
  return missing ? q.missing_right : x >= q.threshold;
}

class Builder {
 public:
  Builder(const RowSource& source, const model::TreeEnsemble& ensemble,
          std::span<const TableQuestion> questions, std::span<const std::uint32_t> asked)
      : op_(source.statistics), ensemble_(ensemble), questions_(questions), asked_(asked) {}

  std::shared_ptr<const LookedUp> run() {
    if (!add_lists()) return nullptr;
    add_groups();
    if (out_->groups.size() > kGroupsMax || !add_answers()) return nullptr;
    return out_;
  }

 private:
  std::uint32_t asks_of(std::size_t t) const {
    return op_.condition_begin[t + 1] - op_.condition_begin[t];
  }
  std::span<const std::uint64_t> keys_of(std::size_t t) const {
    return op_.keys.span().subspan(op_.key_begin[t], op_.key_begin[t + 1] - op_.key_begin[t]);
  }
  std::vector<std::uint32_t> columns_of(std::size_t t) const {
    return {op_.category_column.begin() + op_.category_begin[t],
            op_.category_column.begin() + op_.category_begin[t + 1]};
  }

  // Calls take(Origin) with all that gives the table's keys: mixing can be undone, so there is no other way to one. Of several
  // categories any key may be one; of none, or of a single one, few are.
  template <typename Take>
  void for_origins(std::size_t t, const Take& take) const {
    const std::size_t categories = op_.category_begin[t + 1] - op_.category_begin[t];
    const auto keys = keys_of(t);
    const std::uint32_t asks = asks_of(t);
    for (std::uint32_t position = 0; position < keys.size(); ++position) {
      for (std::uint32_t answers = 0; answers < 1U << asks; ++answers) {
        std::uint64_t key = keys[position];
        for (std::uint32_t i = asks; i-- > 0;) key = unmix(key, (answers >> i) & 1);
        const bool can_be = categories == 0   ? key == 0
                            : categories == 1 ? is_signed_hash(first_mixed(key))
                                              : true;
        if (can_be) take(Origin{key, answers, position});
      }
    }
  }

  bool add_lists() {
    // By the number of columns.
    std::map<std::pair<std::size_t, std::vector<std::uint32_t>>, std::vector<std::uint32_t>> tables;
    std::size_t known = 0;
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const std::uint32_t t = questions_[i].table;
      if (i > 0 && t == questions_[i - 1].table) continue;
      if (asks_of(t) > LookedUp::kAsksMax) return false;
      known += keys_of(t).size() << asks_of(t);
      if (known > kKnownMax) return false;
      tables[{columns_of(t).size(), columns_of(t)}].push_back(t);
    }
    if (tables.size() > LookedUp::kListsMax) return false;
    for (const auto& [columns, of_list] : tables) {
      const auto number = static_cast<std::uint32_t>(out_->lists.size());
      CategoryList& list = out_->lists.emplace_back();
      list.columns = columns.second;
      for (const std::uint32_t t : of_list) {
        list_of_.emplace(t, number);
        for_origins(t, [&](const Origin& origin) { list.known.push_back(origin.categories); });
      }
      std::sort(list.known.begin(), list.known.end());
      list.known.erase(std::unique(list.known.begin(), list.known.end()), list.known.end());
      list.index = std::make_unique<const KeyIndex>(list.known);
      if (list.columns.size() == 2) join(&list);
    }
    return true;
  }

  // The number of the list of that column alone, if it is there.
  std::optional<std::uint32_t> list_of_column(std::uint32_t column) const {
    for (std::uint32_t l = 0; l < out_->lists.size(); ++l) {
      if (out_->lists[l].columns == std::vector<std::uint32_t>{column}) return l;
    }
    return std::nullopt;
  }

  void join(CategoryList* list) const {
    const auto first = list_of_column(list->columns[0]), second = list_of_column(list->columns[1]);
    if (!first || !second) return;
    const auto &a = out_->lists[*first].known, &b = out_->lists[*second].known;
    if (a.empty() || b.empty() || a.size() > kJoinedMax / b.size()) return;
    list->first = *first;
    list->second = *second;
    for (const std::uint64_t key : a) {
      for (const std::uint64_t other : b)
        list->by_codes.push_back(
            static_cast<std::uint32_t>(list->index->find(mix(key, first_mixed(other)))));
    }
  }

  // Tables of few asks first. A group ends where its table's questions do, or a word does.
  void add_groups() {
    std::vector<std::uint32_t> order(questions_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return asks_of(questions_[a].table) < asks_of(questions_[b].table);
    });
    out_->of_question.resize(questions_.size());
    for (const std::uint32_t i : order) {
      const std::uint32_t t = questions_[i].table;
      const bool same = !tables_.empty() && tables_.back() == t &&
                        out_->groups.back().count < kGroupMax && out_->count % 64 != 0;
      if (!same) start_group(t);
      ++out_->groups.back().count;
      members_.push_back(i);
      out_->of_question[i] = out_->count++;
    }
  }

  void start_group(std::uint32_t t) {
    tables_.push_back(t);
    out_->groups.push_back({.list = list_of_.at(t),
                            .asks = asks_of(t),
                            .asks_at = out_->asks.size(),
                            .first = out_->count});
    for (std::uint32_t i = op_.condition_begin[t]; i < op_.condition_begin[t + 1]; ++i)
      out_->asks.push_back(static_cast<std::uint16_t>(asked_[i]));
  }

  bool add_answers() {
    std::size_t size = 0;
    for (LookedUpGroup& group : out_->groups) {
      group.answers_at = size;
      size += out_->codes_of(out_->lists[group.list]) << group.asks;
      if (size > kAnswersMax) return false;
    }
    out_->answers.resize(size);
    std::size_t value = 0;
    for (std::size_t t = 0; t < op_.tables(); ++t) {
      values_.push_back(value);
      value += keys_of(t).size() * op_.widths[t];
    }
    for (std::size_t g = 0; g < out_->groups.size(); ++g) fill(out_->groups[g], tables_[g]);
    return true;
  }

  // Answers for a row of the table's values.
  std::uint16_t answers_for(const LookedUpGroup& group, const double* values) const {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const TableQuestion& asked = questions_[members_[group.first + i]];
      if (goes_right(ensemble_, asked.question, values[asked.column])) bits |= 1U << i;
    }
    return static_cast<std::uint16_t>(bits);
  }

  void fill(const LookedUpGroup& group, std::uint32_t t) {
    const CategoryList& list = out_->lists[group.list];
    const std::uint32_t width = op_.widths[t];
    std::size_t column = 0;
    for (std::uint32_t before = 0; before < t; ++before) column += op_.widths[before];
    std::vector<std::uint16_t> at_position;
    for (std::size_t position = 0; position < keys_of(t).size(); ++position)
      at_position.push_back(answers_for(group, op_.values.data() + values_[t] + position * width));
    std::uint16_t* to = out_->answers.data() + group.answers_at;
    std::fill_n(to, out_->codes_of(list) << group.asks,
                answers_for(group, op_.otherwise.data() + column));
    for_origins(t, [&](const Origin& origin) {
      const std::size_t code = list.index->find(origin.categories);
      to[(code << group.asks) + origin.answers] = at_position[origin.position];
    });
  }

  const CategoryStatistics& op_;
  const model::TreeEnsemble& ensemble_;
  const std::span<const TableQuestion> questions_;
  const std::span<const std::uint32_t> asked_;
  const std::shared_ptr<LookedUp> out_ = std::make_shared<LookedUp>();
  std::map<std::uint32_t, std::uint32_t> list_of_;  // per table that is asked
  std::vector<std::uint32_t> tables_;               // per group
  std::vector<std::uint32_t> members_;              // per condition: its question
  std::vector<std::size_t> values_;                 // per table: its first value
};

std::uint32_t code_by_key(const CategoryList& list, const double* row) {
  std::uint64_t key = 0;
  for (const std::uint32_t column : list.columns) key = mix(key, signed_hash(row[column]));
  return static_cast<std::uint32_t>(list.index->find(key));
}

// codes[l * stride]: those of the lists before.
std::uint32_t code_of(const LookedUp& in, const CategoryList& list, const double* row,
                      const std::uint32_t* codes, std::size_t stride) {
  if (list.by_codes.empty()) return code_by_key(list, row);
  const std::uint32_t a = codes[list.first * stride], b = codes[list.second * stride];
  const std::size_t others = in.lists[list.second].known.size();
  const bool known = a < in.lists[list.first].known.size() && b < others;
  return known ? list.by_codes[a * others + b] : code_by_key(list, row);
}

// The answers of a group's asks as a number. Asks: how many, LookedUp::kAsksMax for as many as it has.
template <std::uint32_t Asks>
std::uint32_t asked_of(const LookedUpGroup& group, const std::uint8_t* bytes,
                       const std::uint16_t* asked) {
  std::uint32_t bits = 0;
  const std::uint32_t asks = Asks == LookedUp::kAsksMax ? group.asks : Asks;
  for (std::uint32_t i = 0; i < asks; ++i)
    bits |= std::uint32_t{bytes[asked[group.asks_at + i]]} << i;
  return bits;
}

}  // namespace

std::size_t LookedUp::memory_bytes() const {
  std::size_t bytes = answers.size() * sizeof(answers[0]);
  for (const CategoryList& list : lists)
    bytes += list.known.size() * 3 * sizeof(list.known[0]) +
             list.by_codes.size() * sizeof(list.by_codes[0]);
  return bytes;
}

void LookedUp::find_codes(Rows rows, std::size_t stride, std::uint32_t* codes) const {
  for (std::size_t l = 0; l < lists.size(); ++l) {
    for (std::size_t r = 0; r < rows.rows; ++r)
      codes[l * stride + r] =
          code_of(*this, lists[l], rows.values + r * rows.width, codes + r, stride);
  }
}

void LookedUp::answer(const double* row, const std::uint8_t* bytes, const std::uint16_t* asked,
                      std::uint64_t* words) const {
  std::uint32_t codes[kListsMax];
  for (std::size_t l = 0; l < lists.size(); ++l) codes[l] = code_of(*this, lists[l], row, codes, 1);
  std::uint64_t word = 0;
  std::uint32_t last = 0;
  const auto add = [&](const LookedUpGroup& group, std::uint32_t known, std::uint32_t bits) {
    const std::size_t at = group.answers_at + (std::size_t{codes[group.list]} << known) + bits;
    if (group.first / 64 != last) {
      words[last] = word;
      word = 0;
      last = group.first / 64;
    }
    word |= std::uint64_t{answers[at]} << (group.first % 64);
  };
  // By the number of asks, so that no branch depends on it.
  auto group = groups.begin();
  for (; group != groups.end() && group->asks == 0; ++group) add(*group, 0, 0);
  for (; group != groups.end() && group->asks == 1; ++group)
    add(*group, 1, asked_of<1>(*group, bytes, asked));
  for (; group != groups.end() && group->asks == 2; ++group)
    add(*group, 2, asked_of<2>(*group, bytes, asked));
  for (; group != groups.end() && group->asks == 3; ++group)
    add(*group, 3, asked_of<3>(*group, bytes, asked));
  for (; group != groups.end(); ++group)
    add(*group, group->asks, asked_of<kAsksMax>(*group, bytes, asked));
  words[last] = word;
}

std::shared_ptr<const LookedUp> look_up(const RowSource& source,
                                        const model::TreeEnsemble& ensemble,
                                        std::span<const TableQuestion> questions,
                                        std::span<const std::uint32_t> asked) {
  return Builder(source, ensemble, questions, asked).run();
}

}  // namespace slipway::scoring
