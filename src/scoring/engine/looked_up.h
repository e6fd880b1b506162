// Conditions on columns of model::CategoryStatistics, as tables of their answers. What a table says of a row depends on the code
// of the row's categories, which is looked up once for all tables that read the same ones, and on the answers of few other
// conditions; whether that reaches a threshold is worked out for all of these when the model is loaded.
//
//   const auto looked_up = look_up(source, questions, numbers);   // null if that would take too much
//   looked_up->answer(row, bytes, asks, words);                   // one row
//   looked_up->find_codes(rows, stride, codes);                   // many: isa/slice_impl.h does the rest
//
// Immutable; safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scoring/engine/engine.h"
#include "scoring/engine/key_index.h"
#include "scoring/engine/question.h"
#include "scoring/engine/row_source.h"

namespace slipway::scoring {

// What a split asks of column `column` of table `table`.
struct TableQuestion {
  std::uint32_t table = 0;
  std::uint32_t column = 0;
  Question question;  // its feature does not count
};

// Categories that are looked up together: of these columns, in this order.
struct CategoryList {
  std::vector<std::uint32_t> columns;
  std::vector<std::uint64_t> known;  // their keys, in order; a key's code is its place
  std::unique_ptr<const KeyIndex> index;
  // Of two columns that have lists of their own, `first` and `second`, of few categories: the code by theirs, where both know
  // the row's; `second` turns first. Else empty.
  std::uint32_t first = 0, second = 0;
  std::vector<std::uint32_t> by_codes;
};

// Conditions of one table.
struct LookedUpGroup {
  std::uint32_t list = 0;
  std::uint32_t asks = 0;      // other conditions that its keys depend on
  std::size_t asks_at = 0;     // in LookedUp::asks; the first one's answer is the lowest bit
  std::uint32_t first = 0;     // condition, counted from the first that is looked up
  std::uint32_t count = 0;     // up to 16, which lie in one word of 64
  std::size_t answers_at = 0;  // in LookedUp::answers: by (code << asks) + the asked ones' answers
};

struct LookedUp {
  static constexpr std::uint32_t kAsksMax = 8;
  static constexpr std::size_t kListsMax = 64;

  std::vector<CategoryList> lists;         // of fewer columns first
  std::vector<LookedUpGroup> groups;       // by the number of their asks
  std::vector<std::uint16_t> asks;         // numbers of conditions
  std::vector<std::uint16_t> answers;      // the group's first condition is the lowest bit
  std::uint32_t count = 0;                 // conditions
  std::vector<std::uint32_t> of_question;  // the condition of each, counted as above

  std::size_t words() const { return (count + 63) / 64; }
  std::size_t codes_of(const CategoryList& list) const { return list.known.size() + 1; }
  std::size_t memory_bytes() const;

  // codes[l * stride + r]: of list l and row r.
  void find_codes(Rows rows, std::size_t stride, std::uint32_t* codes) const;

  // The answers for a row, a bit each. bytes[asked[i]]: the answer (0 or 1) of the condition asks[i].
  void answer(const double* row, const std::uint8_t* bytes, const std::uint16_t* asked,
              std::uint64_t* words) const;
};

// asked: per condition of the statistics, the number of the forest's condition that is the same. Null if a table depends on too
// many conditions, tables have more than 2^20 keys, or the answers take more than 8 MiB: then columns are computed, and compared, row by row. `ensemble` says how
// values are read. Precondition: questions rise by table.
std::shared_ptr<const LookedUp> look_up(const RowSource& source,
                                        const model::TreeEnsemble& ensemble,
                                        std::span<const TableQuestion> questions,
                                        std::span<const std::uint32_t> asked);

}  // namespace slipway::scoring
