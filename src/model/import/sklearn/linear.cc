// Linear models: one dot product, one link.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/targets.h"

namespace slipway::model::sklearn {
namespace {

// coef_ as outputs x inputs and intercept_, on finite numbers.
Result<ValueId> dot(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("coef_"));
  ASSIGN_OR_RETURN(auto bias, e.vector("intercept_"));
  return linear(e, rows, weights, std::move(bias), b);
}

Result<Predicted> regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, dot(e, in, b));
  return Predicted{.value = value};
}

Result<Predicted> classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId decision, dot(e, in, b));
  if (is_multilabel(e, "_label_binarizer")) return labels_above(decision, 0, false, b);
  return by_decision(e, decision, b);
}

Result<Predicted> logistic_regression(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId decision, dot(e, in, b));
  ASSIGN_OR_RETURN(Predicted out, by_decision(e, decision, b));
  // `multi_class` was settable until 1.8; unset, two classes and liblinear are one against the rest.
  const std::string multi_class = e.text("multi_class", "auto");
  const bool is_auto = multi_class == "auto" || multi_class == "deprecated";
  const bool one_vs_rest =
      multi_class == "ovr" || multi_class == "warn" ||
      (is_auto && (out.classes.size() <= 2 || e.text("solver", "lbfgs") == "liblinear"));
  if (one_vs_rest) {
    ASSIGN_OR_RETURN(out.probabilities, one_vs_rest_probabilities(decision, b));
    return out;
  }
  ValueId scores = decision;
  if (b.width(decision) == 1) {
    ASSIGN_OR_RETURN(const ValueId negated, b.map(decision, MapKind::kNegate));
    ASSIGN_OR_RETURN(scores, b.concat({negated, decision}));
  }
  b.bound(0, 4, kExpWhy);
  ASSIGN_OR_RETURN(out.probabilities, b.link(scores, LinkKind::kSoftmax));
  return out;
}

// Probabilities of the squared hinge's smooth kin: (clip(x, -1, 1) + 1) / 2.
Result<ValueId> huber_probabilities(ValueId decision, Builder& b) {
  ASSIGN_OR_RETURN(ValueId p, b.arith(decision, Arith::kMax, {-1}));
  ASSIGN_OR_RETURN(p, b.arith(p, Arith::kMin, {1}));
  ASSIGN_OR_RETURN(p, b.arith(p, Arith::kAdd, {1}));
  ASSIGN_OR_RETURN(p, b.arith(p, Arith::kDiv, {2}));
  return b.width(decision) == 1 ? both_classes(p, b) : shares(p, b);
}

Result<Predicted> sgd_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId decision, dot(e, in, b));
  ASSIGN_OR_RETURN(Predicted out, by_decision(e, decision, b));
  const std::string loss = e.text("loss", "hinge");
  if (loss == "log_loss" || loss == "log") {
    ASSIGN_OR_RETURN(out.probabilities, one_vs_rest_probabilities(decision, b));
  } else if (loss == "modified_huber") {
    ASSIGN_OR_RETURN(out.probabilities, huber_probabilities(decision, b));
  }
  return out;
}

Result<Predicted> log_link(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId raw, dot(e, in, b));
  b.bound(0, 4, kExpWhy);
  ASSIGN_OR_RETURN(const ValueId value, b.link(raw, LinkKind::kExp));
  return Predicted{.value = value, .decision = raw};
}

Result<Predicted> tweedie(const Estimator& e, const Table& in, Builder& b) {
  const std::string link = e.text("link", "auto");
  const bool identity = link == "identity" || (link == "auto" && e.number("power", 0.0) <= 0);
  return identity ? regressor(e, in, b) : log_link(e, in, b);
}

// The novelty detector of SGD: inliers are 1, others -1.
Result<Predicted> sgd_one_class(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix weights, e.matrix("coef_"));
  ASSIGN_OR_RETURN(auto offset, e.vector("offset_", 1));
  ASSIGN_OR_RETURN(const ValueId decision, linear(e, rows, weights, {-offset[0]}, b));
  return outlier_labels(decision, b);
}

constexpr std::array kKnown{
    Known{"LogisticRegression", nullptr, logistic_regression},
    Known{"LogisticRegressionCV", nullptr, logistic_regression},
    Known{"SGDClassifier", nullptr, sgd_classifier},
    Known{"SGDOneClassSVM", nullptr, sgd_one_class},
    Known{"Perceptron", nullptr, classifier},
    Known{"PassiveAggressiveClassifier", nullptr, classifier},
    Known{"LinearSVC", nullptr, classifier},
    Known{"RidgeClassifier", nullptr, classifier},
    Known{"RidgeClassifierCV", nullptr, classifier},
    Known{"LinearRegression", nullptr, regressor},
    Known{"Ridge", nullptr, regressor},
    Known{"RidgeCV", nullptr, regressor},
    Known{"Lasso", nullptr, regressor},
    Known{"LassoCV", nullptr, regressor},
    Known{"LassoLars", nullptr, regressor},
    Known{"LassoLarsCV", nullptr, regressor},
    Known{"LassoLarsIC", nullptr, regressor},
    Known{"ElasticNet", nullptr, regressor},
    Known{"ElasticNetCV", nullptr, regressor},
    Known{"MultiTaskLasso", nullptr, regressor},
    Known{"MultiTaskLassoCV", nullptr, regressor},
    Known{"MultiTaskElasticNet", nullptr, regressor},
    Known{"MultiTaskElasticNetCV", nullptr, regressor},
    Known{"Lars", nullptr, regressor},
    Known{"LarsCV", nullptr, regressor},
    Known{"OrthogonalMatchingPursuit", nullptr, regressor},
    Known{"OrthogonalMatchingPursuitCV", nullptr, regressor},
    Known{"HuberRegressor", nullptr, regressor},
    Known{"BayesianRidge", nullptr, regressor},
    Known{"ARDRegression", nullptr, regressor},
    Known{"TheilSenRegressor", nullptr, regressor},
    Known{"QuantileRegressor", nullptr, regressor},
    Known{"SGDRegressor", nullptr, regressor},
    Known{"PassiveAggressiveRegressor", nullptr, regressor},
    Known{"LinearSVR", nullptr, regressor},
    Known{"PoissonRegressor", nullptr, log_link},
    Known{"GammaRegressor", nullptr, log_link},
    Known{"TweedieRegressor", nullptr, tweedie},
};

}  // namespace

std::span<const Known> linear_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
