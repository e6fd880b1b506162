// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/answers.h"

#include <fmt/format.h>

#include <utility>

namespace slipway::model::sklearn {

Result<ValueId> linear(const Estimator& e, ValueId in, const Matrix& weights,
                       std::vector<double> bias, Builder& b) {
  if (weights.columns != b.width(in))
    return e.error("model.sklearn.attribute",
                   fmt::format("it has {} weights for {} columns", weights.columns, b.width(in)));
  if (bias.size() == 1 && weights.rows > 1) bias.resize(weights.rows, bias[0]);
  if (bias.size() != weights.rows)
    return e.error("model.sklearn.attribute",
                   fmt::format("it has {} intercepts for {} outputs", bias.size(), weights.rows));
  b.bound(1e-12, 4, kDotWhy);
  b.bound_margin();
  return b.matmul(in, transposed(weights), std::move(bias));
}

Result<ValueId> both_classes(ValueId second, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId first, b.arith(second, Arith::kRsub, {1}));
  return b.concat({first, second});
}

Result<ValueId> logistic(ValueId in, Builder& b) {
  b.bound(0, 4, kExpWhy);
  return b.map(in, MapKind::kLogistic);
}

Result<ValueId> shares(ValueId in, Builder& b) {
  const auto columns = static_cast<double>(b.width(in));
  ASSIGN_OR_RETURN(const ValueId sum, b.reduce(in, ReduceKind::kSum));
  // A sum of 0 becomes the number of columns, and each column then 1.
  ASSIGN_OR_RETURN(const ValueId empty, b.add({sum}, IsMissing{std::vector<double>{0}}));
  ASSIGN_OR_RETURN(const ValueId filled, b.combine(Arith::kAdd, in, empty));
  ASSIGN_OR_RETURN(const ValueId total,
                   b.add({sum}, Replace{std::vector<double>{0}, std::vector<double>{columns}}));
  return b.combine(Arith::kDiv, filled, total);
}

Result<ValueId> one_vs_rest_probabilities(ValueId decision, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId each, logistic(decision, b));
  return b.width(decision) == 1 ? both_classes(each, b) : shares(each, b);
}

Result<Predicted> by_decision(const Estimator& e, ValueId decision, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  const std::size_t expected = out.classes.size() <= 2 ? 1 : out.classes.size();
  if (b.width(decision) != expected)
    return e.error("model.sklearn.classes", fmt::format("{} classes, but {} decisions",
                                                        out.classes.size(), b.width(decision)));
  out.decision = decision;
  if (expected == 1) {
    ASSIGN_OR_RETURN(out.label, b.map(decision, MapKind::kIsPositive));
  } else {
    ASSIGN_OR_RETURN(out.label, b.reduce(decision, ReduceKind::kArgMax));
  }
  return out;
}

Result<Predicted> outlier_labels(ValueId decision, Builder& b) {
  Predicted out{.decision = decision};
  out.classes = {{Scalar::Kind::kNumber, -1, "-1"}, {Scalar::Kind::kNumber, 1, "1"}};
  ASSIGN_OR_RETURN(const ValueId negated, b.map(decision, MapKind::kNegate));
  ASSIGN_OR_RETURN(const ValueId outside, b.map(negated, MapKind::kIsPositive));
  ASSIGN_OR_RETURN(out.label, b.arith(outside, Arith::kRsub, {1}));
  return out;
}

}  // namespace slipway::model::sklearn
