// Matrices that scikit-learn keeps either dense or as scipy's compressed rows.
//
//   ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(knn, "_fit_X"));
//
// A sparse matrix comes back dense; one that would take more than 1 GiB is refused. Errors:
// "model.sklearn.attribute", kUnimplemented "model.sklearn.too_large". Pure function.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/import/sklearn/estimator.h"

namespace slipway::model::sklearn {

Result<Matrix> dense_or_sparse(const Estimator& estimator, std::string_view attribute);

}  // namespace slipway::model::sklearn
