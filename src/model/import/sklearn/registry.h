// Which scikit-learn estimators are known, and how each becomes a piece of graph. Adding one: a
// function beside its kin (or a file of its own), a line in that file's table, a case in
// tools/oracles/sklearn/cases.py.
//
//   ASSIGN_OR_RETURN(const Table scaled, transform(scaler, table, builder));
//   ASSIGN_OR_RETURN(const Predicted predicted, predict(classifier, scaled, builder));
//
// Errors: kUnimplemented "model.sklearn.estimator" for a class that is not known, with the ways on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/sklearn/builder.h"
#include "model/import/sklearn/estimator.h"

namespace slipway::model::sklearn {

// One of the targets that a classifier tells at once.
struct Target {
  std::vector<Scalar> classes;
  ValueId label = 0;  // as class number
  std::optional<ValueId> probabilities;
  std::optional<ValueId> decision;
};

// What a predictor answers; values of the graph.
struct Predicted {
  std::optional<ValueId> value;          // predict of a regressor
  std::optional<ValueId> probabilities;  // predict_proba: a column per class
  std::optional<ValueId> decision;       // decision_function
  std::optional<ValueId>
      label;  // predict of a classifier as class number, if not argmax of probabilities
  std::vector<Scalar> classes;
  std::vector<Target> targets;  // of several: then there is nothing else

  bool is_classifier() const { return !classes.empty(); }
};

using Transform = Result<Table> (*)(const Estimator&, const Table&, Builder&);
using Predict = Result<Predicted> (*)(const Estimator&, const Table&, Builder&);

struct Known {
  std::string_view name;
  Transform transform = nullptr;
  Predict predict = nullptr;
};

Result<Table> transform(const Estimator& estimator, const Table& in, Builder& builder);
Result<Predicted> predict(const Estimator& estimator, const Table& in, Builder& builder);

// Null if the class is not known.
const Known* find_known(const Estimator& estimator);

// How the number of a class is told from what a predictor answers.
Result<ValueId> label_of(const Predicted& predicted, const Estimator& by, Builder& builder);

// A table of numbers that an estimator made: columns "<stem>0", "<stem>1", ...
Table made_columns(ValueId value, std::size_t columns, std::string_view stem);
// The same columns with another value; they are no inputs any more.
Table same_columns(ValueId value, const Table& in);
Result<std::vector<Scalar>> classes_of(const Estimator& estimator);

// What numpy's function of that name does, if `function` is one by name (compose.cc).
std::optional<MapKind> ufunc_of(const pickle::Value& function);

// The families, one file each.
std::span<const Known> scaler_estimators();
std::span<const Known> encoder_estimators();
std::span<const Known> imputer_estimators();
std::span<const Known> compose_estimators();
std::span<const Known> selection_estimators();
std::span<const Known> expansion_estimators();
std::span<const Known> distribution_estimators();
std::span<const Known> decomposition_estimators();
std::span<const Known> linear_estimators();
std::span<const Known> tree_estimators();
std::span<const Known> boosting_estimators();
std::span<const Known> ensemble_estimators();
std::span<const Known> bayes_estimators();
std::span<const Known> cluster_estimators();
std::span<const Known> network_estimators();
std::span<const Known> vector_machine_estimators();
std::span<const Known> neighbor_estimators();
std::span<const Known> neighbor_imputer_estimators();
std::span<const Known> process_estimators();
std::span<const Known> kernel_estimators();
std::span<const Known> latent_estimators();
std::span<const Known> discriminant_estimators();
std::span<const Known> mixture_estimators();
std::span<const Known> spline_estimators();
std::span<const Known> text_estimators();
std::span<const Known> meta_estimators();
std::span<const Known> dummy_estimators();

}  // namespace slipway::model::sklearn
