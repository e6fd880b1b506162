// GaussianMixture and BayesianGaussianMixture: the classes are the components, called by number.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "base/math/elementary.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

constexpr double kLogTwoPi = 1.8378770664093454836;

// The logarithmic derivative of the gamma function for x > 0: up by its recurrence, then the
// asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18), whose first term left out is below 1e-17
// from 12 on.
double digamma(double x) {
  constexpr std::array kSeries{1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                               1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};
  double below = 0;
  for (; x < 12; x += 1) below += 1 / x;
  double series = 0;
  for (std::size_t i = kSeries.size(); i-- > 0;) series = (series + kSeries[i]) / (x * x);
  return math::log(x) - 0.5 / x - series - below;
}

struct Mixture {
  std::size_t components = 0;
  std::size_t columns = 0;
  Matrix means;
  std::string covariance;
  std::vector<double> factors;  // Cholesky factors of the precisions, as the covariance type has it
};

Result<Mixture> mixture_of(const Estimator& e, const Table& in) {
  Mixture m;
  ASSIGN_OR_RETURN(m.means, e.matrix("means_"));
  m.components = m.means.rows;
  m.columns = m.means.columns;
  m.covariance = e.text("covariance_type", "full");
  std::size_t size = m.components;
  if (m.covariance == "full") size *= m.columns * m.columns;
  if (m.covariance == "tied") size = m.columns * m.columns;
  if (m.covariance == "diag") size *= m.columns;
  ASSIGN_OR_RETURN(m.factors, e.vector("precisions_cholesky_", size));
  if (m.columns == in.width() && m.components > 0) return m;
  return e.error("model.sklearn.attribute", "means_ do not fit the columns");
}

// Of full and tied: the factor of a component, columns x columns.
Matrix factor_of(const Mixture& m, std::size_t component) {
  const std::size_t size = m.columns * m.columns;
  const std::size_t first = m.covariance == "full" ? component * size : 0;
  const auto begin = m.factors.begin() + static_cast<std::ptrdiff_t>(first);
  return {m.columns, m.columns, {begin, begin + static_cast<std::ptrdiff_t>(size)}};
}

std::vector<double> log_determinants(const Mixture& m) {
  std::vector<double> out(m.components);
  for (std::size_t k = 0; k < m.components; ++k) {
    if (m.covariance == "spherical") {
      out[k] = static_cast<double>(m.columns) * math::log(m.factors[k]);
      continue;
    }
    for (std::size_t c = 0; c < m.columns; ++c) {
      out[k] += math::log(m.covariance == "diag" ? m.factors[k * m.columns + c]
                                                 : factor_of(m, k).at(c, c));
    }
  }
  return out;
}

// Squared lengths of a row seen from each component.
Result<ValueId> full_lengths(const Mixture& m, ValueId rows, Builder& b) {
  std::vector<ValueId> lengths;
  for (std::size_t k = 0; k < m.components; ++k) {
    const Matrix factor = factor_of(m, k);
    std::vector<double> centre(m.columns);
    for (std::size_t i = 0; i < m.columns; ++i) {
      for (std::size_t c = 0; c < m.columns; ++c) centre[c] += m.means.at(k, i) * factor.at(i, c);
    }
    ASSIGN_OR_RETURN(ValueId value, b.matmul(rows, factor, {}));
    ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, std::move(centre)));
    ASSIGN_OR_RETURN(lengths.emplace_back(), b.reduce(value, ReduceKind::kSumSquares));
  }
  return b.concat(std::move(lengths));
}

// scikit-learn multiplies the square out, and so must be done what it does.
Result<ValueId> diagonal_lengths(const Mixture& m, ValueId rows, Builder& b) {
  const bool diagonal = m.covariance == "diag";
  Matrix linear{m.columns, m.components, std::vector<double>(m.columns * m.components)};
  Matrix square = linear;
  std::vector<double> constant(m.components);
  for (std::size_t k = 0; k < m.components; ++k) {
    for (std::size_t c = 0; c < m.columns; ++c) {
      const double factor = m.factors[diagonal ? k * m.columns + c : k];
      const double mean = m.means.at(k, c);
      constant[k] += mean * mean * (factor * factor);
      linear.values[c * m.components + k] = mean * (factor * factor);
      square.values[c * m.components + k] = factor * factor;
    }
  }
  ASSIGN_OR_RETURN(ValueId value, b.matmul(rows, linear, {}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {2}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kRsub, std::move(constant)));
  ASSIGN_OR_RETURN(ValueId squares, b.map(rows, MapKind::kSquare));
  ASSIGN_OR_RETURN(squares, b.matmul(squares, square, {}));
  return b.combine(Arith::kAdd, value, squares);
}

// What is added to -length / 2 per component: determinants, weights and constants.
using Terms = std::vector<double>;

Result<Terms> gaussian_terms(const Estimator& e, const Mixture& m) {
  ASSIGN_OR_RETURN(Terms terms, e.vector("weights_", m.components));
  for (double& weight : terms) weight = math::log(weight);
  return terms;
}

Result<Terms> log_concentrations(const Estimator& e, const Mixture& m) {
  const bool process =
      e.text("weight_concentration_prior_type", "dirichlet_process") == "dirichlet_process";
  ASSIGN_OR_RETURN(const pickle::Value* value, e.require("weight_concentration_"));
  std::vector<double> c;  // of a process: the first of all, then the second of all
  for (const pickle::Value* part :
       process ? value->items : std::vector<const pickle::Value*>{value}) {
    ASSIGN_OR_RETURN(const Matrix some, matrix_of(*part));
    c.insert(c.end(), some.values.begin(), some.values.end());
  }
  if (c.size() != m.components * (process ? 2 : 1))
    return e.error("model.sklearn.attribute", "weight_concentration_ does not fit its components");
  Terms terms;
  if (!process) {
    double sum = 0;
    for (const double each : c) sum += each;
    for (const double each : c) terms.push_back(digamma(each) - digamma(sum));
    return terms;
  }
  double rest = 0;  // what sticks before this one have left over
  for (std::size_t k = 0; k < m.components; ++k) {
    const double sum = digamma(c[k] + c[m.components + k]);
    terms.push_back(digamma(c[k]) - sum + rest);
    rest += digamma(c[m.components + k]) - sum;
  }
  return terms;
}

Result<Terms> bayesian_terms(const Estimator& e, const Mixture& m) {
  ASSIGN_OR_RETURN(Terms terms, log_concentrations(e, m));
  ASSIGN_OR_RETURN(auto freedom, e.vector("degrees_of_freedom_"));
  if (m.covariance == "tied" && freedom.size() == 1) freedom.resize(m.components, freedom[0]);
  if (freedom.size() != m.components)
    return e.error("model.sklearn.attribute", "degrees_of_freedom_ does not fit its components");
  ASSIGN_OR_RETURN(const auto precision, e.vector("mean_precision_", m.components));
  const auto columns = static_cast<double>(m.columns);
  for (std::size_t k = 0; k < m.components; ++k) {
    double log_lambda = columns * math::log(2.0);
    for (std::size_t c = 0; c < m.columns; ++c)
      log_lambda += digamma(0.5 * (freedom[k] - static_cast<double>(c)));
    terms[k] += 0.5 * (log_lambda - columns / precision[k]);
    terms[k] -= 0.5 * columns * math::log(freedom[k]);
  }
  return terms;
}

Result<Predicted> mixture(const Estimator& e, const Table& in, bool bayesian, Builder& b) {
  ASSIGN_OR_RETURN(const Mixture m, mixture_of(e, in));
  ASSIGN_OR_RETURN(Terms terms, bayesian ? bayesian_terms(e, m) : gaussian_terms(e, m));
  const auto determinants = log_determinants(m);
  for (std::size_t k = 0; k < m.components; ++k)
    terms[k] += determinants[k] - 0.5 * static_cast<double>(m.columns) * kLogTwoPi;
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  const bool multiplied_out = m.covariance == "diag" || m.covariance == "spherical";
  ASSIGN_OR_RETURN(ValueId value,
                   multiplied_out ? diagonal_lengths(m, rows, b) : full_lengths(m, rows, b));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kMul, {-0.5}));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kAdd, std::move(terms)));
  b.bound_margin();
  // Squares that are multiplied out leave the roundings of x * x / variance: 1e5 of them, 1e-11.
  b.bound(multiplied_out ? 1e-10 : 1e-12, 4,
          "probabilities are exponentials of differences between log densities, which far from all "
          "components are large and rounded in another order by scikit-learn");
  Predicted out;
  for (std::size_t k = 0; k < m.components; ++k)
    out.classes.push_back({Scalar::Kind::kNumber, static_cast<double>(k), std::to_string(k)});
  out.decision = value;
  ASSIGN_OR_RETURN(out.probabilities, b.link(value, LinkKind::kSoftmax));
  ASSIGN_OR_RETURN(out.label, b.reduce(value, ReduceKind::kArgMax));
  return out;
}

Result<Predicted> gaussian(const Estimator& e, const Table& in, Builder& b) {
  return mixture(e, in, false, b);
}
Result<Predicted> bayesian(const Estimator& e, const Table& in, Builder& b) {
  return mixture(e, in, true, b);
}

constexpr std::array kKnown{
    Known{"GaussianMixture", nullptr, gaussian},
    Known{"BayesianGaussianMixture", nullptr, bayesian},
};

}  // namespace

std::span<const Known> mixture_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
