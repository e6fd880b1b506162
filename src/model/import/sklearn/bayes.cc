// Naive Bayes: joint log likelihoods, then shares of their exponentials.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "base/math/elementary.h"
#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

// exp(x - logsumexp(x)), and the largest as label.
Result<Predicted> from_log_likelihood(const Estimator& e, ValueId joint, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  if (out.classes.size() != b.width(joint))
    return e.error("model.sklearn.classes", "its classes do not fit its likelihoods");
  b.bound(1e-12, 4, "log likelihoods go through exp and log, which differ between CPUs");
  ASSIGN_OR_RETURN(const ValueId total, b.reduce(joint, ReduceKind::kLogSumExp));
  ASSIGN_OR_RETURN(const ValueId log_shares, b.combine(Arith::kSub, joint, total));
  ASSIGN_OR_RETURN(out.probabilities, b.map(log_shares, MapKind::kExp));
  ASSIGN_OR_RETURN(out.label, b.reduce(joint, ReduceKind::kArgMax));
  return out;
}

Result<Predicted> gaussian(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix mean, e.matrix("theta_"));
  ASSIGN_OR_RETURN(const Matrix variance, e.matrix(e.find("var_") != nullptr ? "var_" : "sigma_"));
  ASSIGN_OR_RETURN(const auto prior, e.vector("class_prior_", mean.rows));
  if (mean.columns != in.width() || variance.rows != mean.rows || variance.columns != mean.columns)
    return e.error("model.sklearn.attribute", "its means and variances do not fit the columns");
  std::vector<ValueId> joint;
  for (std::size_t k = 0; k < mean.rows; ++k) {
    double constant = 0;
    for (const double v : variance.row(k)) constant += math::log(2.0 * std::numbers::pi * v);
    ASSIGN_OR_RETURN(ValueId x, b.arith(rows, Arith::kSub, mean.row(k)));
    ASSIGN_OR_RETURN(x, b.map(x, MapKind::kSquare));
    ASSIGN_OR_RETURN(x, b.arith(x, Arith::kDiv, variance.row(k)));
    ASSIGN_OR_RETURN(x, b.reduce(x, ReduceKind::kSum));
    ASSIGN_OR_RETURN(x, b.arith(x, Arith::kMul, {-0.5}));
    ASSIGN_OR_RETURN(x, b.arith(x, Arith::kAdd, {math::log(prior[k]) - 0.5 * constant}));
    joint.push_back(x);
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(joint)));
  return from_log_likelihood(e, all, b);
}

Result<Predicted> multinomial(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("feature_log_prob_"));
  ASSIGN_OR_RETURN(auto prior, e.vector("class_log_prior_"));
  ASSIGN_OR_RETURN(const ValueId joint, linear(e, rows, weights, std::move(prior), b));
  return from_log_likelihood(e, joint, b);
}

// Only with a single class does the prior count.
Result<Predicted> complement(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("feature_log_prob_"));
  ASSIGN_OR_RETURN(auto prior, e.vector("class_log_prior_"));
  if (weights.rows > 1) prior.assign(weights.rows, 0.0);
  ASSIGN_OR_RETURN(const ValueId joint, linear(e, rows, weights, std::move(prior), b));
  return from_log_likelihood(e, joint, b);
}

Result<Predicted> bernoulli(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId rows, b.numbers(in, Requirement::kFinite, e));
  if (e.has("binarize")) {
    std::vector<std::uint32_t> begin;
    for (std::uint32_t c = 0; c <= in.width(); ++c) begin.push_back(c);
    const double threshold = e.number("binarize", 0.0);
    ASSIGN_OR_RETURN(rows, b.add({rows}, Bin{std::move(begin),
                                             std::vector<double>(in.width(), threshold), true}));
  }
  ASSIGN_OR_RETURN(Matrix weights, e.matrix("feature_log_prob_"));
  ASSIGN_OR_RETURN(auto bias, e.vector("class_log_prior_", weights.rows));
  // log(1 - p) counts where a feature is absent: sum of all, then taken back where present.
  for (std::size_t k = 0; k < weights.rows; ++k) {
    double absent = 0;
    for (std::size_t c = 0; c < weights.columns; ++c) {
      double& w = weights.values[k * weights.columns + c];
      const double negative = math::log(1 - math::exp(w));
      absent += negative;
      w -= negative;
    }
    bias[k] += absent;
  }
  ASSIGN_OR_RETURN(const ValueId joint, linear(e, rows, weights, std::move(bias), b));
  return from_log_likelihood(e, joint, b);
}

// A table of log probabilities per column and class; sums run over the columns in order.
Result<Predicted> categorical(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const ValueId whole, b.map(rows, MapKind::kTruncate));
  ASSIGN_OR_RETURN(const auto* tables, e.require("feature_log_prob_"));
  ASSIGN_OR_RETURN(const auto prior, e.vector("class_log_prior_"));
  if (tables->items.size() != in.width())
    return e.error("model.sklearn.attribute", "its tables do not fit the columns");
  std::vector<Matrix> log_probabilities;
  for (const auto* table : tables->items) {
    ASSIGN_OR_RETURN(log_probabilities.emplace_back(), matrix_of(*table));
    if (log_probabilities.back().rows != prior.size())
      return e.error("model.sklearn.attribute", "its tables do not fit its classes");
  }
  std::vector<ValueId> joint;
  for (std::size_t k = 0; k < prior.size(); ++k) {
    LookupBuilder lookup;
    for (std::size_t c = 0; c < in.width(); ++c) {
      lookup.begin_column(in.columns[c].name, 0, 0, kRefuseUnseen | kRefuseMissing);
      for (std::size_t i = 0; i < log_probabilities[c].columns; ++i)
        lookup.add(static_cast<double>(i), log_probabilities[c].at(k, i));
    }
    ASSIGN_OR_RETURN(ValueId x, b.add({whole}, std::move(lookup).finish()));
    ASSIGN_OR_RETURN(x, b.reduce(x, ReduceKind::kSum));
    ASSIGN_OR_RETURN(x, b.arith(x, Arith::kAdd, {prior[k]}));
    joint.push_back(x);
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(joint)));
  return from_log_likelihood(e, all, b);
}

constexpr std::array kKnown{
    Known{"GaussianNB", nullptr, gaussian},       Known{"MultinomialNB", nullptr, multinomial},
    Known{"ComplementNB", nullptr, complement},   Known{"BernoulliNB", nullptr, bernoulli},
    Known{"CategoricalNB", nullptr, categorical},
};

}  // namespace

std::span<const Known> bayes_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
