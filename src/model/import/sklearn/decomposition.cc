// Projections: a subtraction and a matrix.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

Result<ValueId> projected(const Estimator& e, ValueId rows, Builder& b) {
  ASSIGN_OR_RETURN(const Matrix components, e.matrix("components_"));
  return linear(e, rows, components, std::vector<double>(components.rows, 0.0), b);
}

Result<Table> pca(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  if (e.has("mean_")) {
    ASSIGN_OR_RETURN(auto mean, e.vector("mean_", in.width()));
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, std::move(mean)));
  }
  ASSIGN_OR_RETURN(value, projected(e, value, b));
  if (e.flag("whiten", false)) {
    ASSIGN_OR_RETURN(auto scale, e.vector("explained_variance_", b.width(value)));
    for (double& s : scale) s = std::max(std::sqrt(s), std::numeric_limits<double>::epsilon());
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kDiv, std::move(scale)));
  }
  return made_columns(value, b.width(value), "pca");
}

Result<Table> fast_ica(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  if (e.has("mean_")) {
    ASSIGN_OR_RETURN(auto mean, e.vector("mean_", in.width()));
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, std::move(mean)));
  }
  ASSIGN_OR_RETURN(value, projected(e, value, b));
  return made_columns(value, b.width(value), "fastica");
}

Result<Table> plain_projection(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const ValueId value, projected(e, rows, b));
  return made_columns(value, b.width(value), "component");
}

constexpr std::array kKnown{
    Known{"PCA", pca},
    Known{"IncrementalPCA", pca},
    Known{"FastICA", fast_ica},
    Known{"TruncatedSVD", plain_projection},
    Known{"GaussianRandomProjection", plain_projection},
};

}  // namespace

std::span<const Known> decomposition_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
