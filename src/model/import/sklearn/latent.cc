// Estimators on latent columns: partial least squares and canonical correlation, neighbourhood
// components, restricted Boltzmann machines, groups of features, factors, random projections.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/sparse.h"

namespace slipway::model::sklearn {
namespace {

Result<ValueId> centred(const Estimator& e, const Table& in, std::string_view mean, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(auto means, e.vector(mean, in.width()));
  return b.arith(rows, Arith::kSub, std::move(means));
}

Result<ValueId> scaled(const Estimator& e, ValueId value, Builder& b) {
  ASSIGN_OR_RETURN(auto scale, e.vector("_x_std", b.width(value)));
  return b.arith(value, Arith::kDiv, std::move(scale));
}

// A row of coefficients per target: since 1.3 of unscaled columns; in 1.2 `_coef_`, of scaled ones.
Result<Predicted> partial_least_squares(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, centred(e, in, "_x_mean", b));
  const bool old = e.has("_coef_");
  if (!old && b.version() > 0 && b.version() < 103)
    return Error(Code::kUnimplemented, "model.sklearn.version",
                 e.where() +
                     " was saved by a scikit-learn before 1.2, which kept other "
                     "coefficients: fit it again with a newer one");
  if (old) {
    ASSIGN_OR_RETURN(value, scaled(e, value, b));
  }
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix(old ? "_coef_" : "coef_"));
  ASSIGN_OR_RETURN(auto bias, e.vector("intercept_"));
  ASSIGN_OR_RETURN(value, linear(e, value, weights, std::move(bias), b));
  return Predicted{.value = value};
}

Result<Table> projected(const Estimator& e, ValueId value, const Matrix& columns,
                        std::string_view stem, Builder& b) {
  ASSIGN_OR_RETURN(
      value, linear(e, value, transposed(columns), std::vector<double>(columns.columns, 0.0), b));
  return made_columns(value, b.width(value), stem);
}

Result<Table> pls_scores(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, centred(e, in, "_x_mean", b));
  ASSIGN_OR_RETURN(value, scaled(e, value, b));
  const bool svd = e.name() == "PLSSVD";
  ASSIGN_OR_RETURN(const Matrix rotations, e.matrix(svd ? "x_weights_" : "x_rotations_"));
  return projected(e, value, rotations, svd ? "plssvd" : "pls", b);
}

Result<Table> neighbourhood(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix components, dense_or_sparse(e, "components_"));
  return projected(e, rows, transposed(components), "component", b);
}

Result<Table> boltzmann(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix components, e.matrix("components_"));
  ASSIGN_OR_RETURN(auto bias, e.vector("intercept_hidden_", components.rows));
  ASSIGN_OR_RETURN(value, linear(e, value, components, std::move(bias), b));
  ASSIGN_OR_RETURN(value, logistic(value, b));
  return made_columns(value, b.width(value), "bernoullirbm");
}

// The mean of each group of columns.
Result<Table> feature_groups(const Estimator& e, const Table& in, Builder& b) {
  const auto* pooling = e.find("pooling_func");
  if (pooling == nullptr || pooling->text != "numpy.mean")
    return Error(Code::kUnimplemented, "model.sklearn.callable",
                 e.where() +
                     " pools columns by a function that slipway does not read; numpy.mean "
                     "is read");
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const auto labels, e.vector("labels_", in.width()));
  std::vector<double> sizes;
  for (const double label : labels) {
    if (!(label >= 0 && label < static_cast<double>(in.width())))
      return e.error("model.sklearn.attribute", "labels_ name no groups");
    const auto group = static_cast<std::size_t>(label);
    if (group >= sizes.size()) sizes.resize(group + 1);
    ++sizes[group];
  }
  Matrix members{labels.size(), sizes.size(), std::vector<double>(labels.size() * sizes.size())};
  for (std::size_t i = 0; i < labels.size(); ++i)
    members.values[i * sizes.size() + static_cast<std::size_t>(labels[i])] = 1;
  ASSIGN_OR_RETURN(ValueId value, b.matmul(rows, members, {}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kDiv, std::move(sizes)));
  return made_columns(value, b.width(value), "featureagglomeration");
}

// In place of a symmetric, positive definite matrix its inverse, by Gauss and Jordan.
bool invert(Matrix* matrix) {
  const std::size_t n = matrix->rows;
  auto& a = matrix->values;
  for (std::size_t pivot = 0; pivot < n; ++pivot) {
    const double by = a[pivot * n + pivot];
    if (!(std::abs(by) > 0)) return false;
    a[pivot * n + pivot] = 1;
    for (std::size_t j = 0; j < n; ++j) a[pivot * n + j] /= by;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == pivot) continue;
      const double times = a[i * n + pivot];
      a[i * n + pivot] = 0;
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] -= times * a[pivot * n + j];
    }
  }
  return true;
}

// (x - mean) Wpsi' (1 + Wpsi W')^-1, with Wpsi the components over the noise.
Result<Table> factor_analysis(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, centred(e, in, "mean_", b));
  ASSIGN_OR_RETURN(const Matrix components, e.matrix("components_"));
  ASSIGN_OR_RETURN(const auto noise, e.vector("noise_variance_", components.columns));
  Matrix weighed = components;
  for (std::size_t i = 0; i < weighed.values.size(); ++i)
    weighed.values[i] /= noise[i % noise.size()];
  const std::size_t n = components.rows;
  Matrix covariance{n, n, std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = i == j ? 1 : 0;
      for (std::size_t c = 0; c < components.columns; ++c)
        sum += weighed.at(i, c) * components.at(j, c);
      covariance.values[i * n + j] = sum;
    }
  }
  if (!invert(&covariance)) return e.error("model.sklearn.attribute", "its factors are singular");
  b.bound(1e-9, 4, "a matrix is inverted here by another method than LAPACK's");
  ASSIGN_OR_RETURN(value, linear(e, value, weighed, std::vector<double>(n), b));
  ASSIGN_OR_RETURN(value, b.matmul(value, covariance, {}));
  return made_columns(value, n, "factoranalysis");
}

// Outliers by the Mahalanobis distance.
Result<Predicted> elliptic_envelope(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId away, centred(e, in, "location_", b));
  ASSIGN_OR_RETURN(const Matrix precision, e.matrix("precision_"));
  ASSIGN_OR_RETURN(const double offset, e.number("offset_"));
  if (precision.rows != in.width() || precision.columns != in.width())
    return e.error("model.sklearn.attribute", "precision_ does not fit the columns");
  b.bound(1e-9, 4, "scikit-learn takes the root of the distance and squares it again");
  b.bound_margin();
  ASSIGN_OR_RETURN(const ValueId turned, b.matmul(away, precision, {}));
  ASSIGN_OR_RETURN(ValueId value, b.combine(Arith::kMul, turned, away));
  ASSIGN_OR_RETURN(value, b.reduce(value, ReduceKind::kSum));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kNegate));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, {offset}));
  return outlier_labels(value, b);
}

constexpr std::array kKnown{
    Known{"PLSRegression", pls_scores, partial_least_squares},
    Known{"PLSCanonical", pls_scores, partial_least_squares},
    Known{"CCA", pls_scores, partial_least_squares},
    Known{"PLSSVD", pls_scores, nullptr},
    Known{"NeighborhoodComponentsAnalysis", neighbourhood, nullptr},
    Known{"SparseRandomProjection", neighbourhood, nullptr},
    Known{"BernoulliRBM", boltzmann, nullptr},
    Known{"FeatureAgglomeration", feature_groups, nullptr},
    Known{"FactorAnalysis", factor_analysis, nullptr},
    Known{"EllipticEnvelope", nullptr, elliptic_envelope},
};

}  // namespace

std::span<const Known> latent_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
