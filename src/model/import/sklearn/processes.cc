// GaussianProcessRegressor and GaussianProcessClassifier: a kernel value for each training row, put
// together as the kernel was, and sums of them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "base/math/elementary.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/version.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int kDeepestKernel = 50;

// What a kernel becomes: its values between a row and each training row, those between the row and
// itself, and how large they get.
struct Covariance {
  ValueId values = 0;
  ValueId diagonal = 0;  // one column
  double largest = 1;
};

class KernelReader {
 public:
  KernelReader(const Estimator& process, ValueId rows, Matrix points, Builder& b)
      : process_(process), rows_(rows), points_(std::move(points)), b_(b) {}

  Result<Covariance> read(const Estimator& kernel, int depth = 0) {
    if (depth > kDeepestKernel)
      return kernel.error("model.sklearn.nesting", "its kernel is too deep");
    const std::string_view name = kernel.name();
    if (name == "Sum" || name == "Product") return pair(kernel, name == "Sum", depth);
    if (name == "Exponentiation") return power(kernel, depth);
    if (name == "RBF") return rbf(kernel);
    if (name == "Matern") return matern(kernel);
    if (name == "RationalQuadratic") return rational(kernel);
    if (name == "DotProduct") return dot(kernel);
    if (name == "ConstantKernel") return constant(kernel, "constant_value", false);
    if (name == "WhiteKernel") return constant(kernel, "noise_level", true);
    return not_read(fmt::format("the kernel {}", name));
  }

 private:
  Error not_read(std::string_view what) const {
    return Error(
        Code::kUnimplemented, "model.sklearn.kernel",
        fmt::format("{} uses {}, which slipway does not read: read are RBF, Matern (nu 0.5, "
                    "1.5, 2.5, inf), RationalQuadratic, DotProduct, ConstantKernel, "
                    "WhiteKernel, their sums, products and powers; or export the model to "
                    "ONNX (skl2onnx.to_onnx)",
                    process_.where(), what));
  }

  Result<ValueId> everywhere(double value, std::size_t columns) {
    return b_.constant(rows_, std::vector<double>(columns, value));
  }

  Result<Covariance> constant(const Estimator& kernel, std::string_view attribute, bool noise) {
    ASSIGN_OR_RETURN(const double value, kernel.number(attribute));
    Covariance out{.largest = noise ? 0 : std::abs(value)};
    ASSIGN_OR_RETURN(out.values, everywhere(noise ? 0 : value, points_.rows));
    ASSIGN_OR_RETURN(out.diagonal, everywhere(value, 1));
    return out;
  }

  Result<Covariance> pair(const Estimator& kernel, bool sum, int depth) {
    ASSIGN_OR_RETURN(const Estimator first, kernel.child("k1"));
    ASSIGN_OR_RETURN(const Estimator second, kernel.child("k2"));
    ASSIGN_OR_RETURN(const Covariance a, read(first, depth + 1));
    ASSIGN_OR_RETURN(const Covariance c, read(second, depth + 1));
    const Arith how = sum ? Arith::kAdd : Arith::kMul;
    Covariance out{.largest = sum ? a.largest + c.largest : a.largest * c.largest};
    ASSIGN_OR_RETURN(out.values, b_.combine(how, a.values, c.values));
    ASSIGN_OR_RETURN(out.diagonal, b_.combine(how, a.diagonal, c.diagonal));
    return out;
  }

  Result<Covariance> power(const Estimator& kernel, int depth) {
    ASSIGN_OR_RETURN(const Estimator inner, kernel.child("kernel"));
    ASSIGN_OR_RETURN(const double exponent, kernel.number("exponent"));
    ASSIGN_OR_RETURN(const Covariance base, read(inner, depth + 1));
    Covariance out{.largest = math::pow(std::max(base.largest, 1.0), exponent)};
    ASSIGN_OR_RETURN(out.values, b_.arith(base.values, Arith::kPow, {exponent}));
    ASSIGN_OR_RETURN(out.diagonal, b_.arith(base.diagonal, Arith::kPow, {exponent}));
    return out;
  }

  // Distances after dividing each column, or all, by its length scale.
  Result<ValueId> scaled_distances(const Estimator& kernel, Metric metric) {
    ASSIGN_OR_RETURN(auto scale, kernel.vector("length_scale"));
    if (scale.size() != 1 && scale.size() != points_.columns)
      return kernel.error("model.sklearn.attribute", "length_scale does not fit the columns");
    std::vector<double> points = points_.values;
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] /= scale[scale.size() == 1 ? 0 : i % points_.columns];
    ASSIGN_OR_RETURN(const ValueId rows, b_.arith(rows_, Arith::kDiv, std::move(scale)));
    return b_.add({rows}, Distances{metric, 2, std::move(points)});
  }

  // exp(-half of the squared distance).
  Result<ValueId> bell(const Estimator& kernel) {
    ASSIGN_OR_RETURN(ValueId value, scaled_distances(kernel, Metric::kSquaredEuclidean));
    ASSIGN_OR_RETURN(value, b_.arith(value, Arith::kMul, {-0.5}));
    return b_.map(value, MapKind::kExp);
  }

  Result<Covariance> stationary(ValueId values) {
    Covariance out{.values = values};
    ASSIGN_OR_RETURN(out.diagonal, everywhere(1, 1));
    return out;
  }

  Result<Covariance> rbf(const Estimator& kernel) {
    ASSIGN_OR_RETURN(const ValueId value, bell(kernel));
    return stationary(value);
  }

  Result<Covariance> matern(const Estimator& kernel) {
    ASSIGN_OR_RETURN(const double nu, kernel.number("nu"));
    if (std::isinf(nu)) return rbf(kernel);
    if (nu != 0.5 && nu != 1.5 && nu != 2.5)
      return not_read(fmt::format("a Matern kernel of nu {}", nu));
    ASSIGN_OR_RETURN(ValueId value, scaled_distances(kernel, Metric::kEuclidean));
    if (nu != 0.5) {
      ASSIGN_OR_RETURN(value, b_.arith(value, Arith::kMul, {std::sqrt(2 * nu)}));
    }
    ASSIGN_OR_RETURN(ValueId decay, b_.map(value, MapKind::kNegate));
    ASSIGN_OR_RETURN(decay, b_.map(decay, MapKind::kExp));
    if (nu == 0.5) return stationary(decay);
    ASSIGN_OR_RETURN(ValueId sum, b_.arith(value, Arith::kAdd, {1}));
    if (nu == 2.5) {
      ASSIGN_OR_RETURN(ValueId square, b_.map(value, MapKind::kSquare));
      ASSIGN_OR_RETURN(square, b_.arith(square, Arith::kDiv, {3}));
      ASSIGN_OR_RETURN(sum, b_.combine(Arith::kAdd, sum, square));
    }
    ASSIGN_OR_RETURN(value, b_.combine(Arith::kMul, sum, decay));
    return stationary(value);
  }

  Result<Covariance> rational(const Estimator& kernel) {
    ASSIGN_OR_RETURN(const double alpha, kernel.number("alpha"));
    ASSIGN_OR_RETURN(const double scale, kernel.number("length_scale"));
    ASSIGN_OR_RETURN(ValueId value,
                     b_.add({rows_}, Distances{Metric::kSquaredEuclidean, 2, points_.values}));
    ASSIGN_OR_RETURN(value, b_.arith(value, Arith::kDiv, {2 * alpha * (scale * scale)}));
    ASSIGN_OR_RETURN(value, b_.arith(value, Arith::kAdd, {1}));
    ASSIGN_OR_RETURN(value, b_.arith(value, Arith::kPow, {-alpha}));
    return stationary(value);
  }

  Result<Covariance> dot(const Estimator& kernel) {
    ASSIGN_OR_RETURN(const double sigma, kernel.number("sigma_0"));
    Covariance out{.largest = sigma * sigma};
    for (std::size_t i = 0; i < points_.rows; ++i) {
      double size = sigma * sigma;
      for (std::size_t c = 0; c < points_.columns; ++c) size += points_.at(i, c) * points_.at(i, c);
      out.largest = std::max(out.largest, size);
    }
    ASSIGN_OR_RETURN(out.values, b_.add({rows_}, Distances{Metric::kDot, 2, points_.values}));
    ASSIGN_OR_RETURN(out.values, b_.arith(out.values, Arith::kAdd, {sigma * sigma}));
    ASSIGN_OR_RETURN(out.diagonal, b_.reduce(rows_, ReduceKind::kSumSquares));
    ASSIGN_OR_RETURN(out.diagonal, b_.arith(out.diagonal, Arith::kAdd, {sigma * sigma}));
    return out;
  }

  const Estimator& process_;
  ValueId rows_;
  Matrix points_;
  Builder& b_;
};

// Weights of a process may be huge and cancel: then so do the roundings of what they multiply.
void bound_sum(double terms, Builder& b) {
  b.bound_margin();
  b.bound(
      std::max(1e-12, 4 * terms * std::numeric_limits<double>::epsilon()), 4,
      "a sum over all training rows has BLAS's order in scikit-learn, and terms far larger than "
      "itself");
}

Result<Covariance> covariance_of(const Estimator& e, const Table& in, ValueId rows,
                                 std::size_t* points, Builder& b) {
  if (!e.has("X_train_"))
    return e.error("model.sklearn.attribute", "it was not fitted before it was saved");
  ASSIGN_OR_RETURN(Matrix x, e.matrix("X_train_"));
  if (x.columns != in.width())
    return e.error("model.sklearn.attribute", "X_train_ does not fit the columns");
  *points = x.rows;
  ASSIGN_OR_RETURN(const Estimator kernel, e.child("kernel_"));
  return KernelReader(e, rows, std::move(x), b).read(kernel);
}

Result<Predicted> regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  std::size_t points = 0;
  ASSIGN_OR_RETURN(const Covariance k, covariance_of(e, in, rows, &points, b));
  ASSIGN_OR_RETURN(auto alpha, e.vector("alpha_"));
  if (alpha.empty() || alpha.size() % points != 0)
    return e.error("model.sklearn.attribute", "alpha_ does not fit its training rows");
  const std::size_t targets = alpha.size() / points;
  ASSIGN_OR_RETURN(auto spread, e.vector("_y_train_std"));
  ASSIGN_OR_RETURN(auto mean, e.vector("_y_train_mean"));
  double largest = 0;
  for (std::size_t t = 0; t < targets; ++t) {
    double sum = 0;
    for (std::size_t i = 0; i < points; ++i) sum += std::abs(alpha[i * targets + t]);
    largest = std::max(largest, sum * spread[t % spread.size()]);
  }
  bound_sum(largest * k.largest, b);
  ASSIGN_OR_RETURN(ValueId value, b.matmul(k.values, {points, targets, std::move(alpha)}, {}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, std::move(spread)));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, std::move(mean)));
  return Predicted{.value = value};
}

// ---- classification: Rasmussen and Williams, algorithm 3.2, as scikit-learn does it ----

// The integral of sigmoid times Gaussian, by five error functions (Williams and Barber).
constexpr std::array kLambdas{0.41, 0.4, 0.37, 0.44, 0.39};
constexpr std::array kCoefficients{-1854.8214151, 3516.89893646, 221.29346712, 128.12323805,
                                   -2010.49422654};

// The inverse of a lower triangle, times a diagonal.
Matrix inverse_times(const Matrix& lower, const std::vector<double>& diagonal) {
  const std::size_t n = lower.rows;
  Matrix out{n, n, std::vector<double>(n * n)};
  for (std::size_t column = 0; column < n; ++column) {
    for (std::size_t row = column; row < n; ++row) {
      double sum = row == column ? 1 : 0;
      for (std::size_t i = column; i < row; ++i)
        sum -= lower.at(row, i) * out.values[i * n + column];
      out.values[row * n + column] = sum / lower.at(row, row);
    }
  }
  for (std::size_t i = 0; i < n * n; ++i) out.values[i] *= diagonal[i % n];
  return out;
}

struct Latent {
  ValueId mean = 0;
  ValueId variance = 0;
};

Result<Latent> latent(const Estimator& e, const Table& in, ValueId rows, Builder& b) {
  std::size_t points = 0;
  ASSIGN_OR_RETURN(const Covariance k, covariance_of(e, in, rows, &points, b));
  ASSIGN_OR_RETURN(auto weights, e.vector("y_train_", points));
  ASSIGN_OR_RETURN(const auto pi, e.vector("pi_", points));
  ASSIGN_OR_RETURN(const auto root, e.vector("W_sr_", points));
  ASSIGN_OR_RETURN(const Matrix lower, e.matrix("L_"));
  if (lower.rows != points || lower.columns != points)
    return e.error("model.sklearn.attribute", "L_ does not fit its training rows");
  double terms = 0;
  for (std::size_t i = 0; i < points; ++i) {
    weights[i] -= pi[i];
    terms += std::abs(weights[i]) * k.largest;
  }
  bound_sum(terms, b);
  Latent out;
  ASSIGN_OR_RETURN(out.mean, b.matmul(k.values, {points, 1, std::move(weights)}, {}));
  ASSIGN_OR_RETURN(ValueId v, b.matmul(k.values, transposed(inverse_times(lower, root)), {}));
  ASSIGN_OR_RETURN(v, b.reduce(v, ReduceKind::kSumSquares));
  ASSIGN_OR_RETURN(out.variance, b.combine(Arith::kSub, k.diagonal, v));
  return out;
}

Result<ValueId> one_error_function(const Latent& l, ValueId alpha, std::size_t i, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId gamma, b.arith(l.mean, Arith::kMul, {kLambdas[i]}));
  ASSIGN_OR_RETURN(ValueId value, b.arith(alpha, Arith::kAdd, {kLambdas[i] * kLambdas[i]}));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kDiv, alpha, value));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kSqrt));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kMul, gamma, value));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kErf));
  ASSIGN_OR_RETURN(ValueId front, b.arith(alpha, Arith::kRdiv, {kPi}));
  ASSIGN_OR_RETURN(front, b.map(front, MapKind::kSqrt));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kMul, front, value));
  ASSIGN_OR_RETURN(ValueId below, b.arith(l.variance, Arith::kMul, {2}));
  ASSIGN_OR_RETURN(below, b.arith(below, Arith::kMul, {kPi}));
  ASSIGN_OR_RETURN(below, b.map(below, MapKind::kSqrt));
  ASSIGN_OR_RETURN(below, b.arith(below, Arith::kMul, {2}));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kDiv, value, below));
  return b.arith(value, Arith::kMul, {kCoefficients[i]});
}

// The probability of the second class.
Result<ValueId> probability(const Latent& l, Builder& b) {
  b.bound(1e-11, 4,
          "five error functions with coefficients of up to 3517 cancel down to a probability");
  ASSIGN_OR_RETURN(ValueId alpha, b.arith(l.variance, Arith::kMul, {2}));
  ASSIGN_OR_RETURN(alpha, b.map(alpha, MapKind::kReciprocal));
  std::vector<ValueId> terms;
  double half = 0;
  for (std::size_t i = 0; i < kLambdas.size(); ++i) {
    ASSIGN_OR_RETURN(terms.emplace_back(), one_error_function(l, alpha, i, b));
    half += kCoefficients[i];
  }
  ASSIGN_OR_RETURN(ValueId value, b.concat(std::move(terms)));
  ASSIGN_OR_RETURN(value, b.reduce(value, ReduceKind::kSum));
  return b.arith(value, Arith::kAdd, {0.5 * half});
}

Result<Predicted> two_classes(const Estimator& e, const Table& in, ValueId rows, Predicted out,
                              Builder& b) {
  ASSIGN_OR_RETURN(const Latent l, latent(e, in, rows, b));
  ASSIGN_OR_RETURN(const ValueId second, probability(l, b));
  ASSIGN_OR_RETURN(const ValueId first, b.arith(second, Arith::kRsub, {1}));
  ASSIGN_OR_RETURN(out.probabilities, b.concat({first, second}));
  ASSIGN_OR_RETURN(out.label, b.map(l.mean, MapKind::kIsPositive));
  return out;
}

// Of equals, far from all training rows, OneVsRestClassifier took the last before 1.8.
Result<ValueId> best_of(const Estimator& one_vs_rest, ValueId all, Builder& b) {
  if (!fitted_before(one_vs_rest, 1, 8)) return b.reduce(all, ReduceKind::kArgMax);
  std::vector<std::uint32_t> reversed;
  for (std::uint32_t i = b.width(all); i-- > 0;) reversed.push_back(i);
  ASSIGN_OR_RETURN(ValueId value, b.select(all, std::move(reversed)));
  ASSIGN_OR_RETURN(value, b.reduce(value, ReduceKind::kArgMax));
  return b.arith(value, Arith::kRsub, {static_cast<double>(b.width(all) - 1)});
}

Result<Predicted> classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const Estimator base, e.child("base_estimator_"));
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  if (out.classes.size() == 2) return two_classes(base, in, rows, std::move(out), b);
  if (base.name() != "OneVsRestClassifier")
    return Error(
        Code::kUnimplemented, "model.sklearn.multi_class",
        fmt::format("{} decides between each two classes (multi_class='one_vs_one'), which "
                    "slipway does not read: fit it with 'one_vs_rest'",
                    e.where()));
  ASSIGN_OR_RETURN(const auto each, base.children("estimators_"));
  if (each.size() != out.classes.size())
    return e.error("model.sklearn.classes", "its classes do not fit its estimators");
  std::vector<ValueId> against;
  for (const Estimator& one : each) {
    ASSIGN_OR_RETURN(const Latent l, latent(one, in, rows, b));
    ASSIGN_OR_RETURN(against.emplace_back(), probability(l, b));
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(against)));
  ASSIGN_OR_RETURN(const ValueId sum, b.reduce(all, ReduceKind::kSum));
  ASSIGN_OR_RETURN(out.probabilities, b.combine(Arith::kDiv, all, sum));
  ASSIGN_OR_RETURN(out.label, best_of(base, all, b));
  return out;
}

constexpr std::array kKnown{
    Known{"GaussianProcessRegressor", nullptr, regressor},
    Known{"GaussianProcessClassifier", nullptr, classifier},
};

}  // namespace

std::span<const Known> process_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
