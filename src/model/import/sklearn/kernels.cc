// Estimators on kernel values between a row and the training rows: KernelRidge, KernelPCA, Nystroem,
// LabelPropagation, LabelSpreading.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

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

constexpr std::string_view kWhy =
    "sums over training rows have BLAS's order in scikit-learn, and distances are taken apart "
    "there";

// metrics.pairwise_kernels: a column for each point.
Result<ValueId> kernel_values(const Estimator& e, ValueId rows, const Matrix& points, double gamma,
                              Builder& b) {
  const std::string kernel = e.text("kernel", "");
  const bool poly = kernel == "poly" || kernel == "polynomial";
  if (points.columns != b.width(rows))
    return e.error("model.sklearn.attribute", "its training rows do not fit the columns");
  if (kernel != "linear" && kernel != "rbf" && kernel != "laplacian" && kernel != "sigmoid" &&
      !poly)
    return Error(Code::kUnimplemented, "model.sklearn.kernel",
                 fmt::format("{} uses the kernel '{}', which slipway does not read: linear, poly, "
                             "rbf, sigmoid and laplacian are read; or export the model to ONNX",
                             e.where(), kernel));
  b.bound(1e-9, 4, kWhy);
  b.bound_margin();
  const Metric metric = kernel == "rbf"         ? Metric::kSquaredEuclidean
                        : kernel == "laplacian" ? Metric::kManhattan
                                                : Metric::kDot;
  ASSIGN_OR_RETURN(ValueId value, b.add({rows}, Distances{metric, 2, points.values}));
  if (kernel == "linear") return value;
  const bool distance = kernel == "rbf" || kernel == "laplacian";
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {distance ? -gamma : gamma}));
  if (distance) return b.map(value, MapKind::kExp);
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, {e.number("coef0", 1.0)}));
  if (poly) return b.arith(value, Arith::kPow, {e.number("degree", 3.0)});
  return b.map(value, MapKind::kTanh);
}

double gamma_of(const Estimator& e, const Table& in) {
  return e.number("gamma_", e.number("gamma", 1 / static_cast<double>(in.width())));
}

Result<Predicted> kernel_ridge(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(e, "X_fit_"));
  ASSIGN_OR_RETURN(const ValueId values, kernel_values(e, rows, points, gamma_of(e, in), b));
  ASSIGN_OR_RETURN(Matrix dual, e.matrix("dual_coef_"));
  if (dual.rows == 1 && points.rows != 1) dual = transposed(dual);
  if (dual.rows != points.rows)
    return e.error("model.sklearn.attribute", "dual_coef_ does not fit its training rows");
  ASSIGN_OR_RETURN(const ValueId value, b.matmul(values, dual, {}));
  return Predicted{.value = value};
}

Result<Table> nystroem(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(e, "components_"));
  ASSIGN_OR_RETURN(const ValueId values, kernel_values(e, rows, points, gamma_of(e, in), b));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("normalization_"));
  ASSIGN_OR_RETURN(const ValueId value,
                   linear(e, values, weights, std::vector<double>(weights.rows), b));
  return made_columns(value, b.width(value), "nystroem");
}

// K - column means - row mean + mean of all.
Result<ValueId> centred(const Estimator& e, ValueId values, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator centerer, e.child("_centerer"));
  ASSIGN_OR_RETURN(auto columns, centerer.vector("K_fit_rows_", b.width(values)));
  ASSIGN_OR_RETURN(const double all, centerer.number("K_fit_all_"));
  ASSIGN_OR_RETURN(ValueId row, b.reduce(values, ReduceKind::kSum));
  ASSIGN_OR_RETURN(row, b.arith(row, Arith::kDiv, {static_cast<double>(columns.size())}));
  ASSIGN_OR_RETURN(ValueId out, b.arith(values, Arith::kSub, std::move(columns)));
  ASSIGN_OR_RETURN(out, b.combine(Arith::kSub, out, row));
  return b.arith(out, Arith::kAdd, {all});
}

Result<Table> kernel_pca(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(e, "X_fit_"));
  ASSIGN_OR_RETURN(ValueId values, kernel_values(e, rows, points, gamma_of(e, in), b));
  ASSIGN_OR_RETURN(values, centred(e, values, b));
  ASSIGN_OR_RETURN(Matrix vectors, e.matrix("eigenvectors_"));
  ASSIGN_OR_RETURN(const auto sizes, e.vector("eigenvalues_", vectors.columns));
  if (vectors.rows != points.rows)
    return e.error("model.sklearn.attribute", "eigenvectors_ do not fit its training rows");
  for (std::size_t i = 0; i < vectors.values.size(); ++i) {
    const double size = sizes[i % vectors.columns];
    vectors.values[i] = size == 0 ? 0 : vectors.values[i] / std::sqrt(size);
  }
  ASSIGN_OR_RETURN(const ValueId value, b.matmul(values, vectors, {}));
  return made_columns(value, b.width(value), "kernelpca");
}

Result<Predicted> label_propagation(const Estimator& e, const Table& in, Builder& b) {
  if (e.text("kernel", "") != "rbf")
    return Error(Code::kUnimplemented, "model.sklearn.kernel",
                 e.where() + ": of its kernels only 'rbf' is read; or export the model to ONNX");
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(e, "X_"));
  ASSIGN_OR_RETURN(const double gamma, e.number("gamma"));
  ASSIGN_OR_RETURN(const ValueId values, kernel_values(e, rows, points, gamma, b));
  ASSIGN_OR_RETURN(const Matrix shares, e.matrix("label_distributions_"));
  if (shares.rows != points.rows || shares.columns != out.classes.size())
    return e.error("model.sklearn.attribute", "label_distributions_ do not fit its training rows");
  ASSIGN_OR_RETURN(const ValueId sums, b.matmul(values, shares, {}));
  ASSIGN_OR_RETURN(const ValueId total, b.reduce(sums, ReduceKind::kSum));
  ASSIGN_OR_RETURN(out.probabilities, b.combine(Arith::kDiv, sums, total));
  return out;
}

constexpr std::array kKnown{
    Known{"KernelRidge", nullptr, kernel_ridge},
    Known{"KernelPCA", kernel_pca, nullptr},
    Known{"Nystroem", nystroem, nullptr},
    Known{"LabelPropagation", nullptr, label_propagation},
    Known{"LabelSpreading", nullptr, label_propagation},
};

}  // namespace

std::span<const Known> kernel_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
