// Transformers that make a column's distribution another: powers and quantiles.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// ((1 + x)^power - 1) / power for x >= 0, log(1 + x) at power 0.
Result<ValueId> grown(ValueId in, double power, Builder& b) {
  ASSIGN_OR_RETURN(ValueId x, b.map(in, MapKind::kLog1p));
  if (std::abs(power) < kEpsilon) return x;
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kMul, {power}));
  ASSIGN_OR_RETURN(x, b.map(x, MapKind::kExpm1));
  return b.arith(x, Arith::kDiv, {power});
}

// Yeo and Johnson, "A new family of power transformations to improve normality or symmetry", 2000.
Result<ValueId> yeo_johnson(ValueId x, double lambda, Builder& b) {
  ASSIGN_OR_RETURN(ValueId above, b.map(x, MapKind::kRelu));
  ASSIGN_OR_RETURN(ValueId below, b.map(x, MapKind::kNegate));
  ASSIGN_OR_RETURN(below, b.map(below, MapKind::kRelu));
  ASSIGN_OR_RETURN(above, grown(above, lambda, b));
  ASSIGN_OR_RETURN(below, grown(below, 2 - lambda, b));
  return b.combine(Arith::kSub, above, below);
}

Result<ValueId> box_cox(ValueId in, double lambda, Builder& b) {
  ASSIGN_OR_RETURN(ValueId x, b.map(in, MapKind::kLog));
  if (lambda == 0) return x;
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kMul, {lambda}));
  ASSIGN_OR_RETURN(x, b.map(x, MapKind::kExpm1));
  return b.arith(x, Arith::kDiv, {lambda});
}

Result<Table> power_transformer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(const auto lambdas, e.vector("lambdas_", in.width()));
  b.bound(1e-12, 4, "powers are taken through log and exp");
  const bool yeo = e.text("method", "yeo-johnson") == "yeo-johnson";
  std::vector<ValueId> columns;
  for (std::uint32_t c = 0; c < in.width(); ++c) {
    ASSIGN_OR_RETURN(ValueId x, b.select(rows, {c}));
    ASSIGN_OR_RETURN(x, yeo ? yeo_johnson(x, lambdas[c], b) : box_cox(x, lambdas[c], b));
    columns.push_back(x);
  }
  ASSIGN_OR_RETURN(const ValueId value, b.concat(std::move(columns)));
  Table out = same_columns(value, in);
  if (!e.flag("standardize", true)) return out;
  ASSIGN_OR_RETURN(const Estimator scaler, e.child("_scaler"));
  return transform(scaler, out, b);
}

// Numbers of a column as a list of lines, for Interpolate.
struct Lines {
  std::vector<std::uint32_t> begin{0};
  std::vector<double> x, y;
};

Result<ValueId> interpolated(ValueId in, const Matrix& quantiles,
                             const std::vector<double>& references, bool mirrored, Builder& b) {
  Lines lines;
  for (std::size_t c = 0; c < quantiles.columns; ++c) {
    for (std::size_t i = 0; i < quantiles.rows; ++i) {
      const std::size_t at = mirrored ? quantiles.rows - 1 - i : i;
      lines.x.push_back(mirrored ? -quantiles.at(at, c) : quantiles.at(at, c));
      lines.y.push_back(mirrored ? -references[at] : references[at]);
    }
    lines.begin.push_back(static_cast<std::uint32_t>(lines.x.size()));
  }
  return b.add({in}, Interpolate{std::move(lines.begin), std::move(lines.x), std::move(lines.y)});
}

// 1 where x is beyond the last quantile, -1 where before the first, else 0: the ends are set, not
// interpolated.
Result<ValueId> beyond(ValueId in, const std::vector<double>& edges, bool upper, bool or_equal,
                       Builder& b) {
  std::vector<std::uint32_t> begin;
  for (std::uint32_t c = 0; c <= edges.size(); ++c) begin.push_back(c);
  if (upper) return b.add({in}, Bin{std::move(begin), edges, !or_equal});
  ASSIGN_OR_RETURN(const ValueId inside, b.add({in}, Bin{std::move(begin), edges, or_equal}));
  return b.arith(inside, Arith::kRsub, {1});
}

Result<Table> quantile_transformer(const Estimator& e, const Table& in, Builder& b) {
  constexpr double kBounds = 1e-7;
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(const Matrix quantiles, e.matrix("quantiles_"));
  ASSIGN_OR_RETURN(const auto references, e.vector("references_", quantiles.rows));
  if (quantiles.columns != in.width() || quantiles.rows == 0)
    return e.error("model.sklearn.attribute", "its quantiles do not fit the columns");
  const bool normal = e.text("output_distribution", "uniform") == "normal";
  ASSIGN_OR_RETURN(const ValueId up, interpolated(rows, quantiles, references, false, b));
  ASSIGN_OR_RETURN(const ValueId negated, b.map(rows, MapKind::kNegate));
  ASSIGN_OR_RETURN(const ValueId down, interpolated(negated, quantiles, references, true, b));
  ASSIGN_OR_RETURN(ValueId value, b.combine(Arith::kSub, up, down));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {0.5}));
  // The first and the last quantile are 0 and 1: the lower one wins where they are the same.
  ASSIGN_OR_RETURN(ValueId low,
                   normal ? b.arith(rows, Arith::kSub, {kBounds}) : Result<ValueId>(rows));
  ASSIGN_OR_RETURN(ValueId high,
                   normal ? b.arith(rows, Arith::kAdd, {kBounds}) : Result<ValueId>(rows));
  ASSIGN_OR_RETURN(low, beyond(low, quantiles.row(0), false, !normal, b));
  ASSIGN_OR_RETURN(high, beyond(high, quantiles.row(quantiles.rows - 1), true, !normal, b));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kMax, value, high));
  ASSIGN_OR_RETURN(const ValueId not_low, b.arith(low, Arith::kRsub, {1}));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kMin, value, not_low));
  if (!normal) return same_columns(value, in);
  b.bound(1e-12, 4, "the normal quantile is a rational approximation");
  // Quantiles of 1e-7 - spacing(1) and of 1 minus that.
  constexpr double kLowest = -5.199337582605575, kHighest = 5.19933758270342;
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kNormalQuantile));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMax, {kLowest}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMin, {kHighest}));
  return same_columns(value, in);
}

constexpr std::array kKnown{
    Known{"PowerTransformer", power_transformer},
    Known{"QuantileTransformer", quantile_transformer},
};

}  // namespace

std::span<const Known> distribution_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
