// Scalers: one subtraction, one division (or what their transform does), in its order and in
// double, so that the bits are scikit-learn's.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

Result<ValueId> shifted(const Estimator& e, std::string_view flag, std::string_view attribute,
                        Arith kind, std::size_t width, ValueId value, Builder& b) {
  if (!e.flag(flag, true) || !e.has(attribute)) return value;
  ASSIGN_OR_RETURN(auto operand, e.vector(attribute, width));
  return b.arith(value, kind, std::move(operand));
}

Result<Table> standard_scaler(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(value, shifted(e, "with_mean", "mean_", Arith::kSub, in.width(), value, b));
  ASSIGN_OR_RETURN(value, shifted(e, "with_std", "scale_", Arith::kDiv, in.width(), value, b));
  return same_columns(value, in);
}

Result<Table> robust_scaler(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(value,
                   shifted(e, "with_centering", "center_", Arith::kSub, in.width(), value, b));
  ASSIGN_OR_RETURN(value, shifted(e, "with_scaling", "scale_", Arith::kDiv, in.width(), value, b));
  return same_columns(value, in);
}

Result<ValueId> clipped(ValueId value, double low, double high, Builder& b) {
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMax, {low}));
  return b.arith(value, Arith::kMin, {high});
}

Result<Table> min_max_scaler(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(auto scale, e.vector("scale_", in.width()));
  ASSIGN_OR_RETURN(auto offset, e.vector("min_", in.width()));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, std::move(scale)));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, std::move(offset)));
  if (e.flag("clip", false)) {
    ASSIGN_OR_RETURN(const auto range, e.vector("feature_range", 2));
    ASSIGN_OR_RETURN(value, clipped(value, range[0], range[1], b));
  }
  return same_columns(value, in);
}

Result<Table> max_abs_scaler(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kNoInfinity, e));
  ASSIGN_OR_RETURN(auto scale, e.vector("scale_", in.width()));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kDiv, std::move(scale)));
  if (e.flag("clip", false)) {
    ASSIGN_OR_RETURN(value, clipped(value, -1, 1, b));
  }
  return same_columns(value, in);
}

// A row of zeros stays as it is: its norm counts as 1.
Result<Table> normalizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  const std::string norm = e.text("norm", "l2");
  ValueId size = 0;
  if (norm == "max") {
    ASSIGN_OR_RETURN(const ValueId positive, b.map(value, MapKind::kAbs));
    ASSIGN_OR_RETURN(size, b.reduce(positive, ReduceKind::kMax));
  } else {
    const bool l1 = norm == "l1";
    ASSIGN_OR_RETURN(size, b.reduce(value, l1 ? ReduceKind::kSumAbs : ReduceKind::kSumSquares));
    if (!l1) {
      ASSIGN_OR_RETURN(size, b.map(size, MapKind::kSqrt));
    }
    b.bound(1e-12, 4, "sums over a row have numpy's order in scikit-learn");
  }
  ASSIGN_OR_RETURN(size, b.add({size}, Replace{std::vector<double>{0}, std::vector<double>{1}}));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kDiv, value, size));
  return same_columns(value, in);
}

Result<Table> binarizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  // x > t as a count of edges below x: subtracting would lose small differences.
  const double threshold = e.number("threshold", 0.0);
  std::vector<std::uint32_t> begin;
  for (std::uint32_t c = 0; c <= in.width(); ++c) begin.push_back(c);
  ASSIGN_OR_RETURN(value, b.add({value}, Bin{std::move(begin),
                                             std::vector<double>(in.width(), threshold), true}));
  return same_columns(value, in);
}

constexpr std::array kKnown{
    Known{"StandardScaler", standard_scaler}, Known{"RobustScaler", robust_scaler},
    Known{"MinMaxScaler", min_max_scaler},    Known{"MaxAbsScaler", max_abs_scaler},
    Known{"Normalizer", normalizer},          Known{"Binarizer", binarizer},
};

}  // namespace

std::span<const Known> scaler_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
