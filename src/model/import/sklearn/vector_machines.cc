// Support vector machines of LIBSVM: SVC, NuSVC, SVR, NuSVR, OneClassSVM. A kernel value for each
// support vector, then sums of them in LIBSVM's order.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "base/math/elementary.h"
#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/sparse.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kMaxDegree = 1000;
// LIBSVM keeps pairwise probabilities this far from 0 and 1.
constexpr double kLeastProbability = 1e-7;

Error unread_kernel(const Estimator& e) {
  const auto* kernel = e.find("kernel");
  const std::string word = e.text("kernel", "");
  return Error(
      Code::kUnimplemented, "model.sklearn.kernel",
      fmt::format("{} uses the kernel {}, which slipway does not read: linear, poly, rbf and "
                  "sigmoid are read; or export the model to ONNX (skl2onnx.to_onnx)",
                  e.where(),
                  !word.empty() || kernel == nullptr ? fmt::format("'{}'", word)
                                                     : pickle::describe(*kernel)));
}

// LIBSVM's powi: squares and multiplies, so that the bits are its own.
Result<ValueId> power(const Estimator& e, ValueId base, double degree, Builder& b) {
  if (!(degree >= 0 && degree <= kMaxDegree && degree == std::floor(degree)))
    return e.error("model.sklearn.attribute", "attribute 'degree' is no small whole number");
  if (degree == 0) return b.constant(base, std::vector<double>(b.width(base), 1.0));
  std::optional<ValueId> product;
  ValueId square = base;
  for (auto rest = static_cast<int>(degree); rest > 0; rest /= 2) {
    if (rest % 2 == 1) {
      if (product) {
        ASSIGN_OR_RETURN(product, b.combine(Arith::kMul, *product, square));
      } else {
        product = square;
      }
    }
    if (rest > 1) {
      ASSIGN_OR_RETURN(square, b.map(square, MapKind::kSquare));
    }
  }
  return *product;
}

// One column for each support vector.
Result<ValueId> kernel_values(const Estimator& e, const Table& in, const Matrix& vectors,
                              Builder& b) {
  const std::string kernel = e.text("kernel", "");
  if (kernel != "linear" && kernel != "poly" && kernel != "rbf" && kernel != "sigmoid")
    return unread_kernel(e);
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  if (vectors.rows > 0 && vectors.columns != in.width())
    return e.error("model.sklearn.attribute", "support_vectors_ do not fit the columns");
  ASSIGN_OR_RETURN(const double gamma, e.number("_gamma"));
  const Metric metric = kernel == "rbf" ? Metric::kSquaredEuclidean : Metric::kDot;
  ASSIGN_OR_RETURN(ValueId value, b.add({rows}, Distances{metric, 2, vectors.values}));
  if (kernel == "linear") return value;
  if (kernel == "rbf") {
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {-gamma}));
    return b.map(value, MapKind::kExp);
  }
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {gamma}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, {e.number("coef0", 0.0)}));
  if (kernel == "sigmoid") return b.map(value, MapKind::kTanh);
  return power(e, value, e.number("degree", 3.0), b);
}

// No kernel value of training rows is larger.
double largest_value(const Estimator& e, const Matrix& vectors) {
  const std::string kernel = e.text("kernel", "");
  if (kernel == "rbf" || kernel == "sigmoid") return 1;
  double largest = 0;
  for (std::size_t row = 0; row < vectors.rows; ++row) {
    double size = 0;
    for (std::size_t c = 0; c < vectors.columns; ++c)
      size += vectors.at(row, c) * vectors.at(row, c);
    largest = std::max(largest, size);
  }
  if (kernel == "linear") return largest;
  const double base = e.number("_gamma", 1.0) * largest + std::abs(e.number("coef0", 0.0));
  return math::pow(base, e.number("degree", 3.0));
}

// A sum in another order differs by roundings of its terms, which may be far larger than it.
void bound_sums(const Estimator& e, const Matrix& vectors, const Matrix& weights, Builder& b) {
  std::vector<double> sums(weights.columns);
  for (std::size_t i = 0; i < weights.values.size(); ++i)
    sums[i % weights.columns] += std::abs(weights.values[i]);
  const double terms = *std::max_element(sums.begin(), sums.end()) * largest_value(e, vectors);
  b.bound_margin();
  b.bound(std::max(1e-12, terms * std::numeric_limits<double>::epsilon()), 4,
          "sums over columns have BLAS's order in scikit-learn, which is not defined");
}

// LIBSVM's own coefficients: `dual_coef_` has another sign for two classes.
struct Machine {
  Matrix vectors;
  Matrix coefficients;  // (classes - 1 or 1) x vectors
  std::vector<double> intercepts;
};

Result<Machine> machine_of(const Estimator& e, std::size_t rows, std::size_t sums) {
  Machine m;
  ASSIGN_OR_RETURN(m.vectors, dense_or_sparse(e, "support_vectors_"));
  ASSIGN_OR_RETURN(m.coefficients, dense_or_sparse(e, "_dual_coef_"));
  ASSIGN_OR_RETURN(m.intercepts, e.vector("_intercept_", sums));
  if (m.coefficients.rows == rows && m.coefficients.columns == m.vectors.rows) return m;
  return e.error("model.sklearn.attribute", "_dual_coef_ does not fit support_vectors_");
}

// ---- one sum: regression and novelty ----

Result<ValueId> single_sum(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Machine m, machine_of(e, 1, 1));
  ASSIGN_OR_RETURN(const ValueId kernel, kernel_values(e, in, m.vectors, b));
  const Matrix weights = transposed(m.coefficients);
  bound_sums(e, m.vectors, weights, b);
  return b.matmul(kernel, weights, m.intercepts);
}

Result<Predicted> regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, single_sum(e, in, b));
  return Predicted{.value = value};
}

Result<Predicted> one_class(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId decision, single_sum(e, in, b));
  ASSIGN_OR_RETURN(Predicted out, outlier_labels(decision, b));
  ASSIGN_OR_RETURN(out.label, b.map(decision, MapKind::kIsPositive));  // LIBSVM: 0 is outside
  return out;
}

// ---- one against one ----

// Vectors lie class by class; vectors of class i have their coefficient against class j in row
// j - 1 if j > i, else in row j. Zeros elsewhere leave each sum in LIBSVM's order.
Result<Matrix> pair_weights(const Estimator& e, const Machine& m, std::size_t classes) {
  ASSIGN_OR_RETURN(const auto counts,
                   e.vector(e.has("_n_support") ? "_n_support" : "n_support_", classes));
  std::vector<std::size_t> begin{0};
  for (const double count : counts) {
    const double end = static_cast<double>(begin.back()) + count;
    if (!(count >= 0 && end <= static_cast<double>(m.vectors.rows)))
      return e.error("model.sklearn.attribute", "_n_support does not fit support_vectors_");
    begin.push_back(static_cast<std::size_t>(end));
  }
  Matrix weights{m.vectors.rows, classes * (classes - 1) / 2, {}};
  weights.values.resize(weights.rows * weights.columns);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = i + 1; j < classes; ++j, ++pair) {
      for (std::size_t v = begin[i]; v < begin[i + 1]; ++v)
        weights.values[v * weights.columns + pair] = m.coefficients.at(j - 1, v);
      for (std::size_t v = begin[j]; v < begin[j + 1]; ++v)
        weights.values[v * weights.columns + pair] = m.coefficients.at(i, v);
    }
  }
  return weights;
}

// Platt's sigmoid for each pair, then coupling.
Result<std::optional<ValueId>> probabilities(const Estimator& e, ValueId decisions,
                                             std::uint32_t classes, Builder& b) {
  const std::size_t pairs = b.width(decisions);
  const auto* a = e.find("_probA");
  if (a == nullptr) return std::optional<ValueId>();
  ASSIGN_OR_RETURN(const auto slopes, e.vector("_probA"));
  if (slopes.empty()) return std::optional<ValueId>();
  ASSIGN_OR_RETURN(const auto offsets, e.vector("_probB", pairs));
  if (slopes.size() != pairs)
    return e.error("model.sklearn.attribute", "_probA does not fit the classes");
  ASSIGN_OR_RETURN(ValueId value, b.arith(decisions, Arith::kMul, slopes));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, offsets));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kNegate));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kLogistic));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMax, {kLeastProbability}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMin, {1 - kLeastProbability}));
  ASSIGN_OR_RETURN(value, b.add({value}, Pairs{PairRule::kCoupling, classes}));
  return std::optional<ValueId>(value);
}

Result<Predicted> classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  const std::size_t classes = out.classes.size();
  if (classes < 2 || classes > 2000)
    return e.error("model.sklearn.classes", fmt::format("it has {} classes", classes));
  ASSIGN_OR_RETURN(const Machine m, machine_of(e, classes - 1, classes * (classes - 1) / 2));
  ASSIGN_OR_RETURN(const Matrix weights, pair_weights(e, m, classes));
  ASSIGN_OR_RETURN(const ValueId kernel, kernel_values(e, in, m.vectors, b));
  bound_sums(e, m.vectors, weights, b);
  ASSIGN_OR_RETURN(const ValueId pairs, b.matmul(kernel, weights, m.intercepts));
  const auto count = static_cast<std::uint32_t>(classes);
  ASSIGN_OR_RETURN(out.probabilities, probabilities(e, pairs, count, b));
  const bool by_class = e.text("decision_function_shape", "ovr") == "ovr";
  out.decision = pairs;
  if (classes == 2) {
    ASSIGN_OR_RETURN(out.decision, b.map(pairs, MapKind::kNegate));
  } else if (by_class) {
    ASSIGN_OR_RETURN(out.decision, b.add({pairs}, Pairs{PairRule::kOneVsRest, count}));
  }
  ValueId votes = *out.decision;
  if (classes == 2 || !by_class || !e.flag("break_ties", false)) {
    ASSIGN_OR_RETURN(votes, b.add({pairs}, Pairs{PairRule::kVotes, count}));
  }
  ASSIGN_OR_RETURN(out.label, b.reduce(votes, ReduceKind::kArgMax));
  return out;
}

constexpr std::array kKnown{
    Known{"SVC", nullptr, classifier},        Known{"NuSVC", nullptr, classifier},
    Known{"SVR", nullptr, regressor},         Known{"NuSVR", nullptr, regressor},
    Known{"OneClassSVM", nullptr, one_class},
};

}  // namespace

std::span<const Known> vector_machine_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
