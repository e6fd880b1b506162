// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/source.h"

#include <cmath>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::scoring {
namespace {

using Columns = std::vector<RowSource::Column>;
using From = RowSource::From;

constexpr std::size_t kSideMax = 3;  // operators one after the other

class Finder {
 public:
  explicit Finder(const model::Model& model) : model_(model) {}

  // Where the columns come from of a value that is, or concatenates, few operators; nothing where that is not told by RowSource.
  std::optional<Columns> columns_of(model::ValueId value) {
    const bool several =
        value > 0 && std::holds_alternative<model::Concat>(model_.nodes[value - 1].op);
    return several ? side_by_side(model_.nodes[value - 1]) : columns_of_side(value, kSideMax);
  }

  RowSource source(Columns columns) const {
    RowSource source;
    source.width = static_cast<std::uint32_t>(model_.inputs.size());
    source.columns = std::move(columns);
    source.statistics = *statistics_;
    return source;
  }

  bool has_statistics() const { return statistics_ != nullptr; }

 private:
  Columns inputs() const {
    Columns columns;
    for (std::uint32_t i = 0; i < model_.inputs.size(); ++i)
      columns.push_back({.from = From::kRow, .at = i});
    return columns;
  }

  // A file may chain as many operators as it likes: `left` of them are looked at.
  std::optional<Columns> columns_of_side(model::ValueId value, std::size_t left) {
    if (value == 0) return inputs();
    if (left == 0) return std::nullopt;
    const model::Node& node = model_.nodes[value - 1];
    const model::ValueId input = node.inputs.empty() ? 0 : node.inputs[0];
    if (const auto* select = std::get_if<model::Select>(&node.op))
      return selected(columns_of_side(input, left - 1), *select);
    if (const auto* equal = std::get_if<model::IsMissing>(&node.op))
      return compared(columns_of_side(input, left - 1), *equal);
    const auto* statistics = std::get_if<model::CategoryStatistics>(&node.op);
    if (statistics == nullptr || input != 0) return std::nullopt;
    return looked_up(value, *statistics);
  }

  static std::optional<Columns> selected(const std::optional<Columns>& from,
                                         const model::Select& select) {
    if (!from) return std::nullopt;
    Columns columns;
    for (const std::uint32_t column : select.columns) columns.push_back((*from)[column]);
    return columns;
  }

  std::optional<Columns> side_by_side(const model::Node& node) {
    Columns columns;
    for (const model::ValueId input : node.inputs) {
      const auto from = columns_of_side(input, kSideMax);
      if (!from) return std::nullopt;
      columns.insert(columns.end(), from->begin(), from->end());
    }
    return columns;
  }

  static std::optional<Columns> compared(std::optional<Columns> columns,
                                         const model::IsMissing& equal) {
    for (std::size_t i = 0; columns && i < columns->size(); ++i) {
      RowSource::Column& column = (*columns)[i];
      if (column.from != From::kRow || std::isnan(equal.from[i])) return std::nullopt;
      column.from = From::kEqual;
      column.value = equal.from[i];
    }
    return columns;
  }

  // Of one operator: a second one would have tables of its own.
  std::optional<Columns> looked_up(model::ValueId value, const model::CategoryStatistics& op) {
    if (statistics_ != nullptr && value != value_) return std::nullopt;
    statistics_ = &op;
    value_ = value;
    Columns columns;
    for (std::uint32_t t = 0; t < op.tables(); ++t) {
      for (std::uint32_t j = 0; j < op.widths[t]; ++j)
        columns.push_back({.from = From::kTable, .at = j, .table = t});
    }
    return columns;
  }

  const model::Model& model_;
  const model::CategoryStatistics* statistics_ = nullptr;
  model::ValueId value_ = 0;  // theirs
};

}  // namespace

std::optional<RowSource> source_of_trees(const model::Model& model, std::size_t node) {
  if (!std::holds_alternative<model::TreeEnsemble>(model.nodes[node].op)) return std::nullopt;
  Finder finder(model);
  auto columns = finder.columns_of(model.nodes[node].inputs[0]);
  if (!columns || !finder.has_statistics()) return std::nullopt;
  return finder.source(std::move(*columns));
}

}  // namespace slipway::scoring
