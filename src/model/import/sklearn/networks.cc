// Multi-layer perceptrons.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/targets.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Value;

Result<ValueId> activate(const Estimator& e, const std::string& name, ValueId in, Builder& b) {
  if (name == "identity") return in;
  if (name == "relu") return b.map(in, MapKind::kRelu);
  b.bound(1e-12, 4, "activations use exp and tanh, which differ between CPUs");
  if (name == "tanh") return b.map(in, MapKind::kTanh);
  if (name == "logistic") return b.map(in, MapKind::kLogistic);
  if (name == "softmax") return b.link(in, LinkKind::kSoftmax);
  return e.error("model.sklearn.activation", "activation '" + name + "' is not known");
}

Result<ValueId> forward(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(ValueId value, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Value* weights, e.require("coefs_"));
  ASSIGN_OR_RETURN(const Value* biases, e.require("intercepts_"));
  if (weights->items.empty() || weights->items.size() != biases->items.size())
    return e.error("model.sklearn.attribute", "its layers lack weights");
  const std::string hidden = e.text("activation", "relu");
  for (std::size_t layer = 0; layer < weights->items.size(); ++layer) {
    ASSIGN_OR_RETURN(const Matrix matrix, matrix_of(*weights->items[layer]));
    ASSIGN_OR_RETURN(Matrix bias, matrix_of(*biases->items[layer]));
    ASSIGN_OR_RETURN(value, linear(e, value, transposed(matrix), std::move(bias.values), b));
    const bool last = layer + 1 == weights->items.size();
    ASSIGN_OR_RETURN(value,
                     activate(e, last ? e.text("out_activation_", "identity") : hidden, value, b));
  }
  return value;
}

Result<Predicted> regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, forward(e, in, b));
  return Predicted{.value = value};
}

Result<Predicted> classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId value, forward(e, in, b));
  // Only a matrix of labels has a logistic output of several columns: classes have a softmax.
  if (e.text("out_activation_", "") == "logistic" && b.width(value) > 1)
    return labels_above(value, 0.5, true, b);
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  if (b.width(value) == 1 && out.classes.size() == 2) {
    ASSIGN_OR_RETURN(out.probabilities, both_classes(value, b));
    // The label is told by p > 0.5: a tie goes to the first class.
    ASSIGN_OR_RETURN(const ValueId margin, b.arith(value, Arith::kSub, {0.5}));
    ASSIGN_OR_RETURN(out.label, b.map(margin, MapKind::kIsPositive));
    return out;
  }
  if (b.width(value) != out.classes.size())
    return e.error("model.sklearn.classes", "its classes do not fit its last layer");
  out.probabilities = value;
  return out;
}

constexpr std::array kKnown{
    Known{"MLPClassifier", nullptr, classifier},
    Known{"MLPRegressor", nullptr, regressor},
};

}  // namespace

std::span<const Known> network_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
