// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/utf8.h"
#include "model/import/catboost/ctr.h"

namespace slipway::model {
namespace {

Error bad(std::string what) { return catboost_error("model.catboost.feature", std::move(what)); }

std::string input_name(const std::string& name, std::int32_t flat_index) {
  return name.empty() ? std::to_string(flat_index) : name;
}

// Borders must rise: CatBoost counts those below a value, which is a comparison only then.
Result<void> add_borders(std::uint32_t column, const std::vector<float>& borders, bool nan_above,
                         std::string_view what, CatBoostColumns* out) {
  for (std::size_t i = 0; i < borders.size(); ++i) {
    if (std::isnan(borders[i]) || (i > 0 && borders[i] < borders[i - 1]))
      return bad(fmt::format("border {} of {} is {}, below the one before", i, what, borders[i]));
    out->conditions.push_back({column, borders[i], nan_above});
  }
  return {};
}

ValueId add_node(std::vector<ValueId> inputs, Operator op, CatBoostColumns* out) {
  out->nodes.push_back({.inputs = std::move(inputs), .op = std::move(op)});
  return static_cast<ValueId>(out->nodes.size());
}

// A column of 0 and 1 for each value that the trees compare a category with.
Result<ValueId> add_one_hots(const CatBoostParts& parts, const CatBoostInputs& inputs,
                             CatBoostColumns* out) {
  std::vector<std::uint32_t> columns;
  std::vector<double> hashes;
  for (std::size_t i = 0; i < parts.one_hots.size(); ++i) {
    const CatBoostOneHot& feature = parts.one_hots[i];
    ASSIGN_OR_RETURN(
        const std::uint32_t column,
        inputs.column_of_category(feature.category, fmt::format("one-hot feature {}", i)));
    for (const std::int32_t value : feature.values) {
      columns.push_back(column);
      hashes.push_back(static_cast<std::uint32_t>(value));
      out->conditions.push_back({out->width++, 0.5F, false});
    }
  }
  const ValueId selected = add_node({0}, Select{std::move(columns)}, out);
  return add_node({selected}, IsMissing{std::move(hashes)}, out);
}

Result<ValueId> add_ctrs(const CatBoostParts& parts, const CatBoostInputs& inputs,
                         CatBoostColumns* out) {
  ASSIGN_OR_RETURN(CtrColumns ctrs, make_ctr_columns(parts, inputs));
  for (std::size_t i = 0; i < parts.ctrs.size(); ++i) {
    RETURN_IF_ERROR(add_borders(out->width + ctrs.column[i], parts.ctrs[i].borders, false,
                                fmt::format("CTR feature {}", i), out));
  }
  out->width += static_cast<std::uint32_t>(ctrs.column.size());
  return add_node({0}, std::move(ctrs.op), out);
}

}  // namespace

Result<CatBoostInputs> CatBoostInputs::make(const CatBoostParts& parts) {
  struct Feature {
    std::string name;
    std::int32_t index;
    InputKind kind;
  };
  std::map<std::int32_t, Feature> by_flat;
  for (const auto& f : parts.floats)
    by_flat.emplace(f.flat_index, Feature{f.name, f.index, InputKind::kNumber});
  for (const auto& f : parts.categories)
    by_flat.emplace(f.flat_index, Feature{f.name, f.index, InputKind::kHash});
  CatBoostInputs made;
  for (const auto& [flat, feature] : by_flat) {
    if (flat < 0) return bad(fmt::format("a feature has flat index {}", flat));
    if (valid_utf8_prefix(feature.name) != feature.name.size())
      return bad(fmt::format("the name of the feature with flat index {} is no UTF-8", flat));
    const auto column = static_cast<std::uint32_t>(made.inputs_.size());
    auto& columns = feature.kind == InputKind::kNumber ? made.floats_ : made.categories_;
    columns.emplace(feature.index, column);
    made.inputs_.push_back({.name = input_name(feature.name, flat), .kind = feature.kind});
  }
  for (const auto& f : parts.floats) made.nan_above_.emplace(f.index, f.nan_above);
  const bool distinct = made.floats_.size() == parts.floats.size() &&
                        made.categories_.size() == parts.categories.size();
  if (!distinct) return bad("two features have the same index");
  return made;
}

Result<std::uint32_t> CatBoostInputs::column_of_float(std::int32_t index,
                                                      std::string_view who) const {
  const auto at = floats_.find(index);
  if (at != floats_.end()) return at->second;
  return bad(fmt::format("{} asks float feature {}, which is not there", who, index));
}

Result<std::uint32_t> CatBoostInputs::column_of_category(std::int32_t index,
                                                         std::string_view who) const {
  const auto at = categories_.find(index);
  if (at != categories_.end()) return at->second;
  return bad(fmt::format("{} asks categorical feature {}, which is not there", who, index));
}

bool CatBoostInputs::nan_above(std::int32_t float_index) const {
  const auto at = nan_above_.find(float_index);
  return at != nan_above_.end() && at->second;
}

// Without categories the trees read the inputs as they are; else the float features, a column per
// one-hot value, a column per CTR feature.
Result<CatBoostColumns> make_columns(const CatBoostParts& parts, const CatBoostInputs& inputs) {
  CatBoostColumns out;
  const bool plain = parts.categories.empty() && parts.one_hots.empty() && parts.ctrs.empty();
  std::vector<std::uint32_t> selected;
  for (const CatBoostFloat& feature : parts.floats) {
    ASSIGN_OR_RETURN(const std::uint32_t column, inputs.column_of_float(feature.index, "the file"));
    const auto place = static_cast<std::uint32_t>(selected.size());
    RETURN_IF_ERROR(add_borders(plain ? column : place, feature.borders, feature.nan_above,
                                fmt::format("feature '{}'", feature.name), &out));
    selected.push_back(column);
  }
  out.width = static_cast<std::uint32_t>(selected.size());
  if (plain) return out;
  std::vector<ValueId> sides{add_node({0}, Select{std::move(selected)}, &out)};
  if (!parts.one_hots.empty()) {
    ASSIGN_OR_RETURN(sides.emplace_back(), add_one_hots(parts, inputs, &out));
  }
  if (!parts.ctrs.empty()) {
    ASSIGN_OR_RETURN(sides.emplace_back(), add_ctrs(parts, inputs, &out));
  }
  out.rows = sides.size() == 1 ? sides[0] : add_node(sides, Concat{}, &out);
  return out;
}

}  // namespace slipway::model
