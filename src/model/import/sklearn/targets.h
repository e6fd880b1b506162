// Classifiers of several targets at once: pieces that their families share.
//
//   ASSIGN_OR_RETURN(const auto classes, classes_of_targets(e));
//   return targets_of(e, classes, probabilities, b);
//
// Errors: kInvalidArgument "model.sklearn.classes". Pure functions on a Builder, which is for one
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {

using TargetClasses = std::vector<std::vector<Scalar>>;

// Whether `classes_` is a list of the classes of each target.
bool has_targets(const Estimator& e);
Result<TargetClasses> classes_of_targets(const Estimator& e);

// Each target by the probabilities of its classes, which stand side by side in `probabilities`.
Result<Predicted> targets_of(const Estimator& e, const TargetClasses& classes,
                             ValueId probabilities, Builder& b);

// Whether a LabelBinarizer in this attribute was fitted on an indicator matrix: a column per label.
bool is_multilabel(const Estimator& e, std::string_view binarizer);

// A label per column, each 0 or 1: 1 where the score is above the threshold. `probabilities`: the
// scores are those of 1.
Result<Predicted> labels_above(ValueId scores, double threshold, bool probabilities, Builder& b);

// One classifier's answer as one target's.
Result<Target> target_of(const Predicted& inner, const Estimator& by, Builder& b);

// All targets as outputs: a value of labels and, where every target has them, probabilities; and a
// value of decisions, or else of what comes closest to them.
struct TargetValues {
  ValueId prediction = 0;
  ValueId margin = 0;
};
Result<TargetValues> values_of(const std::vector<Target>& targets, Builder& b);

}  // namespace slipway::model::sklearn
