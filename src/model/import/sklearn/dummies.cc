// Estimators that ignore the row.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

Result<Predicted> dummy_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(auto constant, e.vector("constant_"));
  ASSIGN_OR_RETURN(const ValueId value, b.constant(in.value, std::move(constant)));
  return Predicted{.value = value};
}

Result<Predicted> dummy_classifier(const Estimator& e, const Table& in, Builder& b) {
  const std::string strategy = e.text("strategy", "prior");
  if (strategy == "stratified" || strategy == "uniform")
    return Error(Code::kUnimplemented, "model.sklearn.random",
                 e.where() + ": strategy '" + strategy +
                     "' draws its answers at random: there is nothing to reproduce");
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(auto prior, e.vector("class_prior_", out.classes.size()));
  std::size_t label =
      static_cast<std::size_t>(std::max_element(prior.begin(), prior.end()) - prior.begin());
  if (strategy == "constant") {
    ASSIGN_OR_RETURN(const auto constant, e.scalars("constant"));
    label = out.classes.size();
    for (std::size_t i = 0; i < out.classes.size(); ++i) {
      if (!constant.empty() && out.classes[i].text == constant[0].text) label = i;
    }
    if (label == out.classes.size())
      return e.error("model.sklearn.attribute", "its constant is no class");
  }
  if (strategy != "prior") {
    prior.assign(out.classes.size(), 0);
    prior[label] = 1;
  }
  ASSIGN_OR_RETURN(out.probabilities, b.constant(in.value, std::move(prior)));
  ASSIGN_OR_RETURN(out.label, b.constant(in.value, {static_cast<double>(label)}));
  return out;
}

constexpr std::array kKnown{
    Known{"DummyClassifier", nullptr, dummy_classifier},
    Known{"DummyRegressor", nullptr, dummy_regressor},
};

}  // namespace

std::span<const Known> dummy_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
