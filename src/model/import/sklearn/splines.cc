// SplineTransformer.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Value;

Result<Beyond> beyond_of(const Estimator& e) {
  const std::string word = e.text("extrapolation", "constant");
  if (word == "error") return Beyond::kRefuse;
  if (word == "constant") return Beyond::kConstant;
  if (word == "linear") return Beyond::kLinear;
  if (word == "continue") return Beyond::kContinue;
  if (word == "periodic") return Beyond::kPeriodic;
  return e.error("model.sklearn.attribute", fmt::format("extrapolation is '{}'", word));
}

Result<std::vector<double>> knots_of(const Estimator& e, std::size_t column) {
  ASSIGN_OR_RETURN(const Value* list, e.require("bsplines_"));
  if (column >= list->items.size())
    return e.error("model.sklearn.attribute", "bsplines_ do not fit the columns");
  const Estimator spline(*list->items[column], fmt::format("{} bsplines_[{}]", e.where(), column));
  return spline.vector(spline.has("_t") ? "_t" : "t");  // scipy has renamed it
}

Result<Splines> splines_of_columns(const Estimator& e, const Table& in) {
  Splines op;
  ASSIGN_OR_RETURN(op.beyond, beyond_of(e));
  ASSIGN_OR_RETURN(const std::int64_t degree, e.integer("degree"));
  if (degree < 0 || degree > 100) return e.error("model.sklearn.attribute", "degree is no degree");
  op.degree = static_cast<std::uint32_t>(degree);
  std::vector<std::uint32_t> begin{0}, edge, reach;
  std::vector<double> knots;
  std::uint32_t ends = op.degree;  // scikit-learn counts it up from column to column
  for (std::size_t c = 0; c < in.width(); ++c) {
    ASSIGN_OR_RETURN(const auto own, knots_of(e, c));
    knots.insert(knots.end(), own.begin(), own.end());
    begin.push_back(static_cast<std::uint32_t>(knots.size()));
    edge.push_back(ends);
    if (op.beyond == Beyond::kLinear && ends <= 1) ++ends;
    reach.push_back(ends);
    op.names.push_back(in.columns[c].name);
  }
  op.begin = std::move(begin);
  op.knots = std::move(knots);
  op.edge = std::move(edge);
  op.reach = std::move(reach);
  return op;
}

Result<Table> spline_transformer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(Splines op, splines_of_columns(e, in));
  const bool takes_missing = e.text("handle_missing", "error") == "zeros";
  ValueId rows = in.value;
  if (takes_missing) {
    RETURN_IF_ERROR(b.use_as_numbers(in, e));
  } else {
    ASSIGN_OR_RETURN(rows, b.numbers(in, Requirement::kFinite, e));
  }
  Table out;
  std::vector<std::uint32_t> kept;
  std::uint32_t at = 0;
  const bool all = e.flag("include_bias", true);
  for (std::size_t c = 0; c < in.width(); ++c) {
    const std::uint64_t count = splines_of(op.begin[c + 1] - op.begin[c], op.degree, op.beyond);
    for (std::uint64_t j = 0; j < count; ++j, ++at) {
      if (!all && j + 1 == count) continue;  // it drops the last one of each column
      kept.push_back(at);
      out.columns.push_back({fmt::format("{}_sp_{}", in.columns[c].name, j)});
    }
  }
  b.bound(1e-12, 4, "scipy may be built to round products and sums at once");
  ASSIGN_OR_RETURN(out.value, b.add({rows}, std::move(op)));
  if (!all) {
    ASSIGN_OR_RETURN(out.value, b.select(out.value, std::move(kept)));
  }
  return out;
}

constexpr std::array kKnown{Known{"SplineTransformer", spline_transformer}};

}  // namespace

std::span<const Known> spline_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
