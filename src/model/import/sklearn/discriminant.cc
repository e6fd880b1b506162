// LinearDiscriminantAnalysis and QuadraticDiscriminantAnalysis.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/math/elementary.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr std::string_view kSumsWhy =
    "sums over columns have BLAS's order in scikit-learn, which is not defined";

// ---- linear ----

Result<Predicted> linear(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("coef_"));
  const bool two = out.classes.size() == 2;
  const std::size_t outputs = two ? 1 : out.classes.size();
  ASSIGN_OR_RETURN(auto offsets, e.vector("intercept_", outputs));
  if (weights.rows != outputs || weights.columns != in.width())
    return e.error("model.sklearn.attribute", "coef_ does not fit its classes and columns");
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(out.decision, b.matmul(rows, transposed(weights), std::move(offsets)));
  b.bound_margin();
  b.bound(1e-12, 4, kSumsWhy);
  if (!two) {
    ASSIGN_OR_RETURN(out.probabilities, b.link(*out.decision, LinkKind::kSoftmax));
    ASSIGN_OR_RETURN(out.label, b.reduce(*out.decision, ReduceKind::kArgMax));
    return out;
  }
  ASSIGN_OR_RETURN(const ValueId second, b.map(*out.decision, MapKind::kLogistic));
  ASSIGN_OR_RETURN(const ValueId first, b.arith(second, Arith::kRsub, {1}));
  ASSIGN_OR_RETURN(out.probabilities, b.concat({first, second}));
  ASSIGN_OR_RETURN(out.label, b.map(*out.decision, MapKind::kIsPositive));
  return out;
}

Result<Table> projection(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(Matrix scalings, e.matrix("scalings_"));
  ASSIGN_OR_RETURN(const std::int64_t asked, e.integer("_max_components"));
  if (scalings.rows != in.width() || asked < 0)
    return e.error("model.sklearn.attribute", "scalings_ do not fit the columns");
  const std::size_t kept = std::min(static_cast<std::size_t>(asked), scalings.columns);
  Matrix weights{scalings.rows, kept, {}};
  for (std::size_t row = 0; row < scalings.rows; ++row) {
    for (std::size_t c = 0; c < kept; ++c) weights.values.push_back(scalings.at(row, c));
  }
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  if (e.text("solver", "svd") == "svd") {
    ASSIGN_OR_RETURN(auto mean, e.vector("xbar_", in.width()));
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, std::move(mean)));
  }
  b.bound_margin();
  b.bound(1e-12, 4, kSumsWhy);
  ASSIGN_OR_RETURN(value, b.matmul(value, weights, {}));
  return made_columns(value, kept, "lineardiscriminantanalysis");
}

// ---- quadratic ----

// The squared length of a row, seen from a class: one column.
Result<ValueId> squared_length(const Estimator& e, ValueId rows, std::vector<double> mean,
                               const Value& rotation, const Value& scaling, Builder& b) {
  ASSIGN_OR_RETURN(Matrix r, matrix_of(rotation));
  ASSIGN_OR_RETURN(const Matrix s, matrix_of(scaling));
  if (r.rows != mean.size() || r.columns != s.values.size())
    return e.error("model.sklearn.attribute", "rotations_ do not fit scalings_");
  for (std::size_t i = 0; i < r.values.size(); ++i)
    r.values[i] *= math::pow(s.values[i % r.columns], -0.5);
  ASSIGN_OR_RETURN(ValueId value, b.arith(rows, Arith::kSub, std::move(mean)));
  ASSIGN_OR_RETURN(value, b.matmul(value, r, {}));
  return b.reduce(value, ReduceKind::kSumSquares);
}

// Log posteriors, but for a term that all classes share.
Result<ValueId> posteriors(const Estimator& e, const Table& in, std::size_t classes, Builder& b) {
  ASSIGN_OR_RETURN(const Matrix means, e.matrix("means_"));
  ASSIGN_OR_RETURN(auto priors, e.vector("priors_", classes));
  ASSIGN_OR_RETURN(const Value* rotations, e.require("rotations_"));
  ASSIGN_OR_RETURN(const Value* scalings, e.require("scalings_"));
  if (means.rows != classes || means.columns != in.width() || rotations->items.size() != classes ||
      scalings->items.size() != classes)
    return e.error("model.sklearn.attribute", "its classes do not fit rotations_ and scalings_");
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  std::vector<ValueId> lengths;
  std::vector<double> determinants;
  for (std::size_t k = 0; k < classes; ++k) {
    const Value& scaling = *scalings->items[k];
    ASSIGN_OR_RETURN(lengths.emplace_back(),
                     squared_length(e, rows, means.row(k), *rotations->items[k], scaling, b));
    ASSIGN_OR_RETURN(const Matrix s, matrix_of(scaling));
    double sum = 0;
    for (const double each : s.values) sum += math::log(each);
    determinants.push_back(sum);
  }
  for (double& prior : priors) prior = math::log(prior);
  ASSIGN_OR_RETURN(ValueId value, b.concat(std::move(lengths)));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, std::move(determinants)));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {-0.5}));
  return b.arith(value, Arith::kAdd, std::move(priors));
}

Result<Predicted> quadratic(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const ValueId value, posteriors(e, in, out.classes.size(), b));
  b.bound_margin();
  b.bound(1e-12, 4, kSumsWhy);
  out.decision = value;
  if (out.classes.size() == 2) {
    ASSIGN_OR_RETURN(const ValueId first, b.select(value, {0}));
    ASSIGN_OR_RETURN(const ValueId second, b.select(value, {1}));
    ASSIGN_OR_RETURN(out.decision, b.combine(Arith::kSub, second, first));
  }
  ASSIGN_OR_RETURN(out.probabilities, b.link(value, LinkKind::kSoftmax));
  ASSIGN_OR_RETURN(out.label, b.reduce(value, ReduceKind::kArgMax));
  return out;
}

constexpr std::array kKnown{
    Known{"LinearDiscriminantAnalysis", projection, linear},
    Known{"QuadraticDiscriminantAnalysis", nullptr, quadratic},
};

}  // namespace

std::span<const Known> discriminant_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
