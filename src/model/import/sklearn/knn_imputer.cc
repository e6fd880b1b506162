// KNNImputer: what is missing comes from the nearest training rows that have it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/version.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Fitted {
  Matrix points;                     // NaN is missing
  std::vector<double> means;         // per column
  std::vector<std::uint32_t> known;  // columns that some row has
};

Result<Fitted> fitted(const Estimator& e, std::size_t width) {
  Fitted out;
  ASSIGN_OR_RETURN(out.points, e.matrix("_fit_X"));
  ASSIGN_OR_RETURN(const Matrix mask, e.matrix("_mask_fit_X"));
  if (out.points.columns != width || mask.rows != out.points.rows || mask.columns != width)
    return e.error("model.sklearn.attribute", "its training rows do not fit the columns");
  std::vector<double> counts(width);
  out.means.resize(width);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (mask.values[i] != 0) {
      out.points.values[i] = kNaN;
      continue;
    }
    out.means[i % width] += out.points.values[i];
    counts[i % width] += 1;
  }
  for (std::size_t c = 0; c < width; ++c) {
    if (counts[c] == 0) continue;
    out.means[c] /= counts[c];
    out.known.push_back(static_cast<std::uint32_t>(c));
  }
  return out;
}

Error not_read(const Estimator& e, const char* reason, std::string_view what) {
  return Error(Code::kUnimplemented, reason,
               fmt::format("{} {}, and slipway never runs code from a file", e.where(), what));
}

Result<ValueId> rows_of(const Estimator& e, const Table& in, Builder& b) {
  const double mark = e.number("missing_values", kNaN);
  if (std::isnan(mark)) return b.numbers(in, Requirement::kNoInfinity, e);
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  return b.add({rows}, Replace{std::vector<double>(in.width(), mark),
                               std::vector<double>(in.width(), kNaN)});
}

Result<Table> knn_imputer(const Estimator& e, const Table& in, Builder& b) {
  const std::string weights = e.text("weights", "");
  if (weights != "uniform" && weights != "distance")
    return not_read(e, "model.sklearn.weights", "weighs neighbours by code of its own");
  if (e.text("metric", "") != "nan_euclidean")
    return not_read(e, "model.sklearn.metric", "measures distances by code of its own");
  ASSIGN_OR_RETURN(Fitted from, fitted(e, in.width()));
  ASSIGN_OR_RETURN(const std::int64_t k, e.integer("n_neighbors"));
  if (k < 1) return e.error("model.sklearn.attribute", "n_neighbors is not positive");
  ASSIGN_OR_RETURN(const ValueId rows, rows_of(e, in, b));
  if (weights == "distance") {
    b.bound(1e-6, 4,
            "scikit-learn takes these distances from a difference of squares, which loses half of "
            "its digits near a training row, and weighs by them");
  } else {
    b.bound(1e-12, 4, "sums over neighbours have another order in scikit-learn");
  }
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(k), from.points.rows);
  ASSIGN_OR_RETURN(
      const ValueId value,
      b.add({rows}, NeighborFill{.k = static_cast<std::uint32_t>(std::max<std::size_t>(count, 1)),
                                 .by_distance = weights == "distance",
                                 .points = std::move(from.points.values),
                                 .otherwise = std::move(from.means),
                                 .strangers = weights == "uniform" && fitted_before(e, 1, 6)}));
  Table out = same_columns(value, in);
  if (!e.flag("keep_empty_features", false) && from.known.size() != in.width()) {
    ASSIGN_OR_RETURN(out, b.select(out, from.known));
  }
  if (!e.flag("add_indicator", false) || !e.has("indicator_")) return out;
  ASSIGN_OR_RETURN(const Estimator indicator, e.child("indicator_"));
  ASSIGN_OR_RETURN(const Table flags, transform(indicator, in, b));
  return b.concat({out, flags});
}

constexpr std::array kKnown{Known{"KNNImputer", knn_imputer}};

}  // namespace

std::span<const Known> neighbor_imputer_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
