// Rows that are scored, where a forest's columns are not theirs but come out of them: columns of the row, one-hot columns, and
// columns of model::CategoryStatistics.
//
//   read_columns(source, row, columns);      // as the operators before the trees would make them: slow and clear
//   compile_forest(ensemble, {}, &source);   // conditions on the row itself, and what categories are looked up for
//
// Plain data; safe to share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/operators/category_statistics.h"
#include "model/tree_ensemble.h"

namespace slipway::scoring {

struct RowSource {
  enum class From : std::uint8_t {
    kRow,    // column `at` of the row
    kEqual,  // 1 where that equals `value`, else 0
    kTable,  // column `at` of table `table` of the statistics
  };
  struct Column {
    From from = From::kRow;
    std::uint32_t at = 0;
    std::uint32_t table = 0;
    double value = 0;  // no NaN
  };
  static constexpr std::uint32_t kNoTable = 0xFFFFFFFF;

  std::uint32_t width = 0;  // of the rows
  std::vector<Column> columns;
  model::CategoryStatistics statistics;  // which reads the row itself
};

// The columns of one row.
void read_columns(const RowSource& source, const double* row, double* columns);

// `count` rows whose values are those that the trees' answers depend on: thresholds and floats beside them, categories that
// tables know, missing ones. The same on every machine.
std::vector<double> edge_rows(const RowSource& source, const model::TreeEnsemble& ensemble,
                              std::size_t count);

}  // namespace slipway::scoring
