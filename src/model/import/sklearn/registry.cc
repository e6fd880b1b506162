// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/registry.h"

#include "model/import/sklearn/boosters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace slipway::model::sklearn {
namespace {

using Family = std::span<const Known> (*)();

constexpr std::array kFamilies{
    scaler_estimators,       encoder_estimators,
    imputer_estimators,      compose_estimators,
    selection_estimators,    expansion_estimators,
    distribution_estimators, decomposition_estimators,
    linear_estimators,       tree_estimators,
    boosting_estimators,     ensemble_estimators,
    bayes_estimators,        cluster_estimators,
    network_estimators,      meta_estimators,
    dummy_estimators,        vector_machine_estimators,
    neighbor_estimators,     neighbor_imputer_estimators,
    text_estimators,         discriminant_estimators,
    mixture_estimators,      spline_estimators,
    process_estimators,      kernel_estimators,
    latent_estimators,
};

Error unknown(const Estimator& estimator) {
  const bool own = !estimator.full_name().starts_with("sklearn.");
  return Error(
      Code::kUnimplemented, "model.sklearn.estimator",
      fmt::format("{} is {} (byte {}), {}: send what that step produces and start after it "
                  "(--start-at NEXT_STEP), or export the model to ONNX (skl2onnx.to_onnx)",
                  estimator.path().empty() ? "the model" : estimator.path(),
                  pickle::describe(estimator.value()), estimator.value().offset,
                  own ? "code of its own, and slipway never runs code from a file"
                      : "which slipway does not know yet"));
}

}  // namespace

const Known* find_known(const Estimator& estimator) {
  if (estimator.value().kind != pickle::Kind::kObject ||
      !estimator.full_name().starts_with("sklearn."))
    return nullptr;
  for (const Family family : kFamilies) {
    for (const Known& known : family()) {
      if (known.name == estimator.name()) return &known;
    }
  }
  return nullptr;
}

Result<Table> transform(const Estimator& estimator, const Table& in, Builder& builder) {
  const Known* known = find_known(estimator);
  if (known == nullptr) return unknown(estimator);
  if (known->transform == nullptr)
    return estimator.error("model.sklearn.transform", "it predicts and does not transform");
  RETURN_IF_ERROR(builder.enter(estimator));
  auto out = known->transform(estimator, in, builder);
  builder.leave();
  return out;
}

Result<Predicted> predict(const Estimator& estimator, const Table& in, Builder& builder) {
  if (is_booster(estimator)) return predict_booster(estimator, in, builder);
  const Known* known = find_known(estimator);
  if (known == nullptr) return unknown(estimator);
  if (known->predict == nullptr)
    return estimator.error("model.sklearn.predict", "it transforms and does not predict");
  RETURN_IF_ERROR(builder.enter(estimator));
  auto out = known->predict(estimator, in, builder);
  builder.leave();
  // What is computed from a booster's floats is computed in double; these only hand them on.
  const bool hands_on = known->transform != nullptr || known->name.ends_with("SearchCV");
  if (!hands_on) builder.float32(false);
  return out;
}

Result<ValueId> label_of(const Predicted& predicted, const Estimator& by, Builder& builder) {
  if (predicted.label) return *predicted.label;
  if (predicted.probabilities) return builder.reduce(*predicted.probabilities, ReduceKind::kArgMax);
  if (!predicted.decision) return by.error("model.sklearn.label", "it tells no classes");
  if (builder.width(*predicted.decision) == 1)
    return builder.map(*predicted.decision, MapKind::kIsPositive);
  return builder.reduce(*predicted.decision, ReduceKind::kArgMax);
}

Table made_columns(ValueId value, std::size_t columns, std::string_view stem) {
  Table table{value, {}};
  for (std::size_t i = 0; i < columns; ++i) table.columns.push_back({fmt::format("{}{}", stem, i)});
  return table;
}

Table same_columns(ValueId value, const Table& in) {
  Table table{value, {}};
  for (const Column& column : in.columns) table.columns.push_back({column.name});
  return table;
}

Result<std::vector<Scalar>> classes_of(const Estimator& estimator) {
  // RidgeClassifier kept them in its binarizer only until 1.3.
  if (!estimator.has("classes_") && estimator.has("_label_binarizer")) {
    ASSIGN_OR_RETURN(const Estimator binarizer, estimator.child("_label_binarizer"));
    return binarizer.scalars("classes_");
  }
  ASSIGN_OR_RETURN(auto classes, estimator.scalars("classes_"));
  if (!classes.empty()) return classes;
  return estimator.error("model.sklearn.classes", "it has no classes");
}

}  // namespace slipway::model::sklearn
