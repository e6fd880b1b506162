// Imputers and indicators of missing values.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// `missing_values` for a column; NaN where it is None, NaN or pandas' NA.
Result<double> missing_mark(const Estimator& e, const Column& column, Builder& b) {
  const auto* value = e.find("missing_values");
  if (value == nullptr) return kNaN;
  ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*value));
  return b.key_of(column, scalar, e);
}

Result<std::vector<double>> missing_marks(const Estimator& e, const Table& in, Builder& b) {
  std::vector<double> marks;
  for (const Column& column : in.columns) {
    ASSIGN_OR_RETURN(marks.emplace_back(), missing_mark(e, column, b));
  }
  return marks;
}

Result<std::vector<std::uint32_t>> indices(const Estimator& e, std::string_view attribute,
                                           std::size_t width) {
  ASSIGN_OR_RETURN(const auto numbers, e.vector(attribute));
  std::vector<std::uint32_t> out;
  for (const double number : numbers) {
    if (!(number >= 0 && number < static_cast<double>(width)))
      return e.error("model.sklearn.attribute", "a feature index is out of range");
    out.push_back(static_cast<std::uint32_t>(number));
  }
  return out;
}

Result<Table> missing_indicator(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(auto marks, missing_marks(e, in, b));
  ASSIGN_OR_RETURN(ValueId value, b.add({in.value}, IsMissing{std::move(marks)}));
  Table out{value, {}};
  for (const Column& column : in.columns)
    out.columns.push_back({"missingindicator_" + column.name});
  if (e.text("features", "missing-only") == "all") return out;
  ASSIGN_OR_RETURN(const auto features, indices(e, "features_", in.width()));
  return b.select(out, features);
}

Result<Table> with_indicator(const Estimator& e, const Table& in, Table imputed, Builder& b) {
  if (!e.flag("add_indicator", false) || !e.has("indicator_")) return imputed;
  ASSIGN_OR_RETURN(const Estimator indicator, e.child("indicator_"));
  ASSIGN_OR_RETURN(const Table flags, missing_indicator(indicator, in, b));
  return b.concat({imputed, flags});
}

Result<Table> simple_imputer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto statistics, e.scalars("statistics_"));
  if (statistics.size() != in.width())
    return e.error("model.sklearn.attribute", "statistics_ does not fit the columns");
  // Where nothing was ever seen there is nothing to fill in: scikit-learn drops the column.
  const bool keep_empty = e.flag("keep_empty_features", false);
  std::vector<std::uint32_t> kept;
  std::vector<double> from, to;
  for (std::size_t c = 0; c < in.width(); ++c) {
    const bool empty = statistics[c].kind == Scalar::Kind::kMissing;
    if (empty && !keep_empty) continue;
    kept.push_back(static_cast<std::uint32_t>(c));
    ASSIGN_OR_RETURN(to.emplace_back(), b.key_of(in.columns[c], statistics[c], e));
    ASSIGN_OR_RETURN(from.emplace_back(), missing_mark(e, in.columns[c], b));
  }
  ASSIGN_OR_RETURN(Table out, kept.size() == in.width() ? Result<Table>(in) : b.select(in, kept));
  ASSIGN_OR_RETURN(out.value, b.add({out.value}, Replace{std::move(from), std::move(to)}));
  return with_indicator(e, in, std::move(out), b);
}

constexpr std::array kKnown{
    Known{"SimpleImputer", simple_imputer},
    Known{"MissingIndicator", missing_indicator},
};

}  // namespace

std::span<const Known> imputer_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
