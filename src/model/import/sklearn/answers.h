// Pieces that several classifiers share: from decisions to probabilities as scikit-learn's mixins
// do it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {

inline constexpr std::string_view kDotWhy =
    "scikit-learn leaves sums of products to BLAS, whose order is not defined";
inline constexpr std::string_view kExpWhy =
    "the link uses exp; numpy's own differs between CPUs by as much";

// x . weights + bias, with the bound that belongs to it. weights: outputs x inputs, as coef_ lies.
Result<ValueId> linear(const Estimator& e, ValueId in, const Matrix& weights,
                       std::vector<double> bias, Builder& b);

// One column of probabilities for the second class, made two.
Result<ValueId> both_classes(ValueId second, Builder& b);

// 1 / (1 + exp(-x)), each column.
Result<ValueId> logistic(ValueId in, Builder& b);

// Each row divided by its sum; rows of zeros become equal shares.
Result<ValueId> shares(ValueId in, Builder& b);

// `_predict_proba_lr`: the logistic function of each decision, then shares.
Result<ValueId> one_vs_rest_probabilities(ValueId decision, Builder& b);

// A classifier by its decisions alone: no probabilities, label by sign or largest.
Result<Predicted> by_decision(const Estimator& e, ValueId decision, Builder& b);

// Of a novelty detector: -1 where the decision is negative, else 1.
Result<Predicted> outlier_labels(ValueId decision, Builder& b);

}  // namespace slipway::model::sklearn
