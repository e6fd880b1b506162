// SPDX-License-Identifier: Apache-2.0
#include "scoring/engine/row_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "scoring/engine/category_key.h"

namespace slipway::scoring {
namespace {

using model::CategoryStatistics;

std::uint64_t key_of(const CategoryStatistics& op, std::size_t t, const double* row) {
  std::uint64_t key = 0;
  for (std::uint32_t i = op.category_begin[t]; i < op.category_begin[t + 1]; ++i)
    key = mix(key, signed_hash(row[op.category_column[i]]));
  for (std::uint32_t i = op.condition_begin[t]; i < op.condition_begin[t + 1]; ++i) {
    const double x = row[op.condition_column[i]];
    key = mix(key, statistic_condition_holds(x, op.condition_value[i], op.condition_rule[i]));
  }
  return key;
}

// Per table, its columns' values for the row.
std::vector<const double*> values_of(const CategoryStatistics& op, const double* row) {
  std::vector<const double*> values;
  const double* value = op.values.data();
  const double* otherwise = op.otherwise.data();
  for (std::size_t t = 0; t < op.tables(); ++t) {
    const auto keys =
        op.keys.span().subspan(op.key_begin[t], op.key_begin[t + 1] - op.key_begin[t]);
    const std::uint64_t key = key_of(op, t, row);
    const auto at = std::lower_bound(keys.begin(), keys.end(), key);
    const bool known = at != keys.end() && *at == key;
    const auto position = static_cast<std::size_t>(at - keys.begin());
    values.push_back(known ? value + position * op.widths[t] : otherwise);
    value += keys.size() * op.widths[t];
    otherwise += op.widths[t];
  }
  return values;
}

// Per column of the row, values of categories that some table of that column alone knows.
void add_categories(const CategoryStatistics& op, std::vector<std::vector<double>>* values) {
  constexpr std::uint32_t kConditionsMax = 4, kKeysMax = 64;
  for (std::size_t t = 0; t < op.tables(); ++t) {
    const std::uint32_t conditions = op.condition_begin[t + 1] - op.condition_begin[t];
    for (std::uint32_t i = op.category_begin[t]; i < op.category_begin[t + 1]; ++i)
      (*values)[op.category_column[i]].push_back(0x1p31);
    if (op.category_begin[t + 1] - op.category_begin[t] != 1 || conditions > kConditionsMax)
      continue;
    auto& of_column = (*values)[op.category_column[op.category_begin[t]]];
    const std::uint32_t last = std::min(op.key_begin[t + 1], op.key_begin[t] + kKeysMax);
    for (std::uint32_t k = op.key_begin[t]; k < last; ++k) {
      for (std::uint32_t answers = 0; answers < 1U << conditions; ++answers) {
        std::uint64_t hash = op.keys[k];
        for (std::uint32_t i = conditions; i-- > 0;) hash = unmix(hash, (answers >> i) & 1);
        const std::uint64_t category = first_mixed(hash);
        if (is_signed_hash(category)) of_column.push_back(static_cast<std::uint32_t>(category));
      }
    }
  }
}

// Per column of the row, the values that something asks for.
std::vector<std::vector<double>> choices_of(const RowSource& source,
                                            const model::TreeEnsemble& ensemble) {
  std::vector<std::vector<double>> choices(source.width);
  for (std::size_t split = 0; split < ensemble.splits(); ++split) {
    const RowSource::Column& column = source.columns[ensemble.feature[split]];
    if (column.from == RowSource::From::kRow)
      choices[column.at].push_back(ensemble.threshold[split]);
  }
  for (const RowSource::Column& column : source.columns) {
    if (column.from == RowSource::From::kEqual) choices[column.at].push_back(column.value);
  }
  add_categories(source.statistics, &choices);
  const CategoryStatistics& op = source.statistics;
  for (std::size_t i = 0; i < op.condition_column.size(); ++i)
    choices[op.condition_column[i]].push_back(op.condition_value[i]);
  return choices;
}

}  // namespace

void read_columns(const RowSource& source, const double* row, double* columns) {
  const std::vector<const double*> values = values_of(source.statistics, row);
  for (const RowSource::Column& column : source.columns) {
    const bool of_table = column.from == RowSource::From::kTable;
    const double x = of_table ? values[column.table][column.at] : row[column.at];
    *columns++ = column.from == RowSource::From::kEqual ? (x == column.value ? 1 : 0) : x;
  }
}

std::vector<double> edge_rows(const RowSource& source, const model::TreeEnsemble& ensemble,
                              std::size_t count) {
  const std::vector<std::vector<double>> choices = choices_of(source, ensemble);
  std::vector<double> rows;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < count * source.width; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
    const std::vector<double>& of_column = choices[i % source.width];
    const double x = of_column.empty() ? 0 : of_column[(state >> 33) % of_column.size()];
    const auto infinity = std::numeric_limits<float>::infinity();
    const auto near = static_cast<float>(x);
    switch ((state >> 20) % 16) {
      case 0:
        rows.push_back(std::numeric_limits<double>::quiet_NaN());
        break;
      case 1:
      case 2:
        rows.push_back(std::nextafter(near, infinity));
        break;
      case 3:
      case 4:
        rows.push_back(std::nextafter(near, -infinity));
        break;
      default:
        rows.push_back(x);
    }
  }
  return rows;
}

}  // namespace slipway::scoring
