// Estimators around estimators: several classes or targets by simple ones, calibration, thresholds,
// transformed targets.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/targets.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Value;

// ---- calibration ----

// Isotonic regression: straight lines between thresholds, flat beyond.
Result<ValueId> isotonic(const Estimator& e, ValueId in, Builder& b) {
  ASSIGN_OR_RETURN(auto x, e.vector("X_thresholds_"));
  ASSIGN_OR_RETURN(auto y, e.vector("y_thresholds_", x.size()));
  if (x.empty()) return e.error("model.sklearn.attribute", "it has no thresholds");
  std::vector<std::uint32_t> begin{0, static_cast<std::uint32_t>(x.size())};
  return b.add({in}, Interpolate{std::move(begin), std::move(x), std::move(y)});
}

Result<Predicted> isotonic_regression(const Estimator& e, const Table& in, Builder& b) {
  if (e.text("out_of_bounds", "nan") != "clip")
    return Error(Code::kUnimplemented, "model.sklearn.isotonic",
                 e.where() + ": out_of_bounds is not 'clip', which is the one that is read");
  if (in.width() != 1) return e.error("model.sklearn.column", "it takes one column");
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  b.bound(1e-12, 4, "lines are interpolated");
  ASSIGN_OR_RETURN(const ValueId value, isotonic(e, rows, b));
  return Predicted{.value = value};
}

// Platt's sigmoid: 1 / (1 + exp(a x + b)).
Result<ValueId> calibrated(const Estimator& calibrator, ValueId in, Builder& b) {
  if (calibrator.name() == "IsotonicRegression") return isotonic(calibrator, in, b);
  if (calibrator.name() != "_SigmoidCalibration")
    return Error(
        Code::kUnimplemented, "model.sklearn.calibration",
        fmt::format("{} is not read; sigmoid and isotonic calibration are", calibrator.where()));
  ASSIGN_OR_RETURN(const double slope, calibrator.number("a_"));
  ASSIGN_OR_RETURN(const double shift, calibrator.number("b_"));
  ASSIGN_OR_RETURN(ValueId x, b.arith(in, Arith::kMul, {slope}));
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kAdd, {shift}));
  ASSIGN_OR_RETURN(x, b.map(x, MapKind::kNegate));
  return logistic(x, b);
}

// What a calibrator sees: decisions, else probabilities (of two classes the second).
Result<ValueId> response_of(const Predicted& inner, const Estimator& e, Builder& b) {
  if (inner.decision) return *inner.decision;
  if (!inner.probabilities)
    return e.error("model.sklearn.predict", "it tells neither decisions nor probabilities");
  if (b.width(*inner.probabilities) != 2) return *inner.probabilities;
  return b.select(*inner.probabilities, {1});
}

Result<ValueId> calibrated_probabilities(const Estimator& pair, const Table& in,
                                         std::size_t classes, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner,
                   pair.child(pair.has("estimator") ? "estimator" : "base_estimator"));
  ASSIGN_OR_RETURN(const auto calibrators, pair.children("calibrators"));
  ASSIGN_OR_RETURN(const Predicted predicted, predict(inner, in, b));
  ASSIGN_OR_RETURN(const ValueId response, response_of(predicted, inner, b));
  const std::size_t expected = classes == 2 ? 1 : classes;
  if (calibrators.size() != expected || b.width(response) != expected)
    return Error(Code::kUnimplemented, "model.sklearn.calibration",
                 fmt::format("{}: {} calibrators for {} classes are not read", pair.where(),
                             calibrators.size(), classes));
  std::vector<ValueId> columns;
  for (std::uint32_t i = 0; i < expected; ++i) {
    ASSIGN_OR_RETURN(const ValueId one, b.select(response, {i}));
    ASSIGN_OR_RETURN(columns.emplace_back(), calibrated(calibrators[i], one, b));
  }
  ASSIGN_OR_RETURN(ValueId p, b.concat(std::move(columns)));
  ASSIGN_OR_RETURN(p, classes == 2 ? both_classes(p, b) : shares(p, b));
  return b.arith(p, Arith::kMin, {1});
}

Result<Predicted> calibrated_classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const auto pairs, e.children("calibrated_classifiers_"));
  if (pairs.empty()) return e.error("model.sklearn.attribute", "it has no calibrated classifiers");
  b.bound(1e-12, 4, "calibration goes through exp and interpolation");
  ValueId sum = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ASSIGN_OR_RETURN(const ValueId p,
                     calibrated_probabilities(pairs[i], in, out.classes.size(), b));
    ASSIGN_OR_RETURN(sum, i == 0 ? Result<ValueId>(p) : b.combine(Arith::kAdd, sum, p));
  }
  ASSIGN_OR_RETURN(out.probabilities,
                   b.link(sum, LinkKind::kDivide, static_cast<double>(pairs.size())));
  return out;
}

// ---- several classes by binary classifiers ----

Result<std::vector<Scalar>> binarizer_classes(const Estimator& e) {
  if (e.has("classes_")) return classes_of(e);
  ASSIGN_OR_RETURN(const Estimator binarizer, e.child("label_binarizer_"));
  return classes_of(binarizer);
}

struct Binary {
  ValueId score = 0;  // decision, or the probability of the second class
  bool by_decision = false;
  std::optional<ValueId> probability;
  ValueId label = 0;
};

Result<Binary> binary_of(const Estimator& e, const Table& in, Builder& b) {
  Binary out;
  if (e.name() == "_ConstantPredictor") {
    ASSIGN_OR_RETURN(const auto y, e.vector("y_", 1));
    ASSIGN_OR_RETURN(out.score, b.constant(in.value, y));
    out.label = out.score;
    out.probability = out.score;
    return out;
  }
  ASSIGN_OR_RETURN(const Predicted inner, predict(e, in, b));
  if (inner.probabilities && b.width(*inner.probabilities) == 2) {
    ASSIGN_OR_RETURN(out.probability, b.select(*inner.probabilities, {1}));
  }
  if (!inner.is_classifier() || inner.classes.size() > 2)
    return e.error("model.sklearn.classes", "it is no classifier of two classes");
  ASSIGN_OR_RETURN(out.label, label_of(inner, e, b));
  out.by_decision = inner.decision && b.width(*inner.decision) == 1;
  if (out.by_decision) {
    out.score = *inner.decision;
  } else if (out.probability) {
    out.score = *out.probability;
  } else {
    return e.error("model.sklearn.predict", "it tells neither decisions nor probabilities");
  }
  return out;
}

// The last of the largest, as scikit-learn's loop over classes leaves it.
Result<ValueId> last_largest(ValueId in, Builder& b) {
  std::vector<std::uint32_t> reversed;
  for (std::uint32_t i = b.width(in); i-- > 0;) reversed.push_back(i);
  ASSIGN_OR_RETURN(const ValueId backwards, b.select(in, std::move(reversed)));
  ASSIGN_OR_RETURN(const ValueId at, b.reduce(backwards, ReduceKind::kArgMax));
  return b.arith(at, Arith::kRsub, {static_cast<double>(b.width(in)) - 1});
}

// Each of several labels by the estimator of its own.
Result<Predicted> every_label(const std::vector<ValueId>& scores,
                              const std::vector<ValueId>& probabilities, bool decisions,
                              const Estimator& e, Builder& b) {
  if (scores.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  ASSIGN_OR_RETURN(const ValueId all, b.concat(scores));
  ASSIGN_OR_RETURN(Predicted out, labels_above(all, decisions ? 0 : 0.5, !decisions, b));
  if (!decisions || probabilities.size() != scores.size()) return out;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    ASSIGN_OR_RETURN(out.targets[j].probabilities, both_classes(probabilities[j], b));
  }
  return out;
}

Result<Predicted> one_vs_rest(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, binarizer_classes(e));
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  std::vector<ValueId> scores, probabilities;
  bool decisions = true;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Binary binary, binary_of(each, in, b));
    scores.push_back(binary.score);
    decisions = decisions && binary.by_decision;
    if (binary.probability) probabilities.push_back(*binary.probability);
  }
  if (is_multilabel(e, "label_binarizer_")) {
    return every_label(scores, probabilities, decisions, e, b);
  }
  const std::size_t expected = out.classes.size() == 2 ? 1 : out.classes.size();
  if (scores.size() != expected)
    return e.error("model.sklearn.classes", "its estimators do not fit its classes");
  const bool all_probabilities = probabilities.size() == expected;
  ASSIGN_OR_RETURN(const ValueId score, b.concat(scores));
  if (decisions) out.decision = score;
  if (expected == 1) {
    ASSIGN_OR_RETURN(const ValueId margin, b.arith(score, Arith::kSub, {decisions ? 0.0 : 0.5}));
    ASSIGN_OR_RETURN(out.label, b.map(margin, MapKind::kIsPositive));
  } else {
    ASSIGN_OR_RETURN(out.label, last_largest(score, b));
  }
  if (!all_probabilities) return out;
  ASSIGN_OR_RETURN(ValueId p, b.concat(probabilities));
  ASSIGN_OR_RETURN(out.probabilities, expected == 1 ? both_classes(p, b) : shares(p, b));
  if (expected > 1) b.bound(1e-12, 4, "numpy adds in its own order");
  return out;
}

// Votes of classifiers for pairs, ties broken by their summed confidences.
Result<Predicted> one_vs_one(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  const std::size_t n = out.classes.size();
  if (members.size() != n * (n - 1) / 2)
    return e.error("model.sklearn.attribute", "it lacks estimators");
  std::vector<ValueId> labels, scores;
  bool by_decision = true;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Binary binary, binary_of(each, in, b));
    labels.push_back(binary.label);
    scores.push_back(binary.score);
    by_decision = by_decision && binary.by_decision;
  }
  Matrix weights{members.size(), n, std::vector<double>(members.size() * n)};
  std::vector<double> wins(n, 0);
  std::size_t k = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j, ++k) {
      weights.values[k * n + i] = -1;
      weights.values[k * n + j] = 1;
      wins[i] += 1;  // a label of 1 takes it back
    }
  }
  b.bound(1e-12, 4, "confidences are added in numpy's order");
  b.bound_margin();
  ASSIGN_OR_RETURN(const ValueId label_columns, b.concat(labels));
  ASSIGN_OR_RETURN(const ValueId score_columns, b.concat(scores));
  ASSIGN_OR_RETURN(const ValueId votes, b.matmul(label_columns, weights, wins));
  ASSIGN_OR_RETURN(const ValueId sums, b.matmul(score_columns, weights, {}));
  ASSIGN_OR_RETURN(ValueId scale, b.map(sums, MapKind::kAbs));
  ASSIGN_OR_RETURN(scale, b.arith(scale, Arith::kAdd, {1}));
  ASSIGN_OR_RETURN(scale, b.arith(scale, Arith::kMul, {3}));
  ASSIGN_OR_RETURN(const ValueId squeezed, b.combine(Arith::kDiv, sums, scale));
  ASSIGN_OR_RETURN(ValueId decision, b.combine(Arith::kAdd, votes, squeezed));
  if (n == 2) {
    ASSIGN_OR_RETURN(decision, b.select(decision, {1}));
    ASSIGN_OR_RETURN(const ValueId margin,
                     b.arith(decision, Arith::kSub, {by_decision ? 0.0 : 0.5}));
    ASSIGN_OR_RETURN(out.label, b.map(margin, MapKind::kIsPositive));
  } else {
    ASSIGN_OR_RETURN(out.label, b.reduce(decision, ReduceKind::kArgMax));
  }
  out.decision = decision;
  return out;
}

Result<Predicted> output_code(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(const Matrix codes, e.matrix("code_book_"));
  if (codes.columns != members.size() || codes.rows != out.classes.size())
    return e.error("model.sklearn.attribute", "its code book does not fit its estimators");
  std::vector<ValueId> scores;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Binary binary, binary_of(each, in, b));
    scores.push_back(binary.score);
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(scores)));
  ASSIGN_OR_RETURN(const ValueId distances,
                   b.add({all}, Distances{Metric::kSquaredEuclidean, 2, codes.values}));
  ASSIGN_OR_RETURN(out.label, b.reduce(distances, ReduceKind::kArgMin));
  return out;
}

// ---- several targets ----

// What an estimator of one target predicts, as numbers.
Result<ValueId> number_of(const Estimator& e, const Predicted& inner, Builder& b) {
  if (inner.value) return *inner.value;
  ASSIGN_OR_RETURN(const ValueId label, label_of(inner, e, b));
  LookupBuilder lookup;
  lookup.begin_column("label", 0, 0, 0);
  for (std::size_t i = 0; i < inner.classes.size(); ++i) {
    if (inner.classes[i].kind == Scalar::Kind::kText)
      return Error(
          Code::kUnimplemented, "model.sklearn.targets",
          e.where() +
              ": several targets with text classes are not scored: fit one classifier for each");
    lookup.add(static_cast<double>(i), inner.classes[i].number);
  }
  return b.add({label}, std::move(lookup).finish());
}

Result<Predicted> multi_output_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  Predicted out;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(each, in, b));
    ASSIGN_OR_RETURN(out.targets.emplace_back(), target_of(inner, each, b));
  }
  if (out.targets.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  return out;
}

Result<Predicted> multi_output_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  std::vector<ValueId> values;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(each, in, b));
    ASSIGN_OR_RETURN(values.emplace_back(), number_of(each, inner, b));
  }
  if (values.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  ASSIGN_OR_RETURN(const ValueId value, b.concat(std::move(values)));
  return Predicted{.value = value};
}

// What the estimators after one in a chain see of it.
Result<ValueId> passed_on(const Estimator& chain, const std::string& method, const Estimator& e,
                          const Predicted& inner, Builder& b) {
  if (method == "predict") return number_of(e, inner, b);
  const bool two = inner.probabilities && b.width(*inner.probabilities) == 2;
  if (method == "predict_proba" && two) return b.select(*inner.probabilities, {1});
  if (method == "decision_function" && inner.decision && b.width(*inner.decision) == 1)
    return *inner.decision;
  return Error(Code::kUnimplemented, "model.sklearn.chain",
               fmt::format("{} chains by {}, which is not read here; 'predict', and for two "
                           "classes 'predict_proba' and 'decision_function', are",
                           chain.where(), method));
}

// Each estimator of a chain sees the columns and what those before it predicted.
Result<Predicted> chain(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(const auto order, e.vector("order_", members.size()));
  const std::string method = e.text("chain_method_", e.text("chain_method", "predict"));
  Table table = in;
  std::vector<ValueId> values;
  std::vector<std::optional<Target>> targets(members.size());
  std::vector<std::uint32_t> places(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(members[i], table, b));
    ASSIGN_OR_RETURN(values.emplace_back(), passed_on(e, method, members[i], inner, b));
    ASSIGN_OR_RETURN(table,
                     b.concat({table, made_columns(values.back(), 1, fmt::format("chain{}_", i))}));
    if (!(order[i] >= 0 && order[i] < static_cast<double>(members.size())))
      return e.error("model.sklearn.attribute", "its order is damaged");
    const auto place = static_cast<std::size_t>(order[i]);
    places[place] = static_cast<std::uint32_t>(i);
    if (!inner.is_classifier()) continue;
    ASSIGN_OR_RETURN(targets[place], target_of(inner, members[i], b));
  }
  if (values.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  if (e.name() == "ClassifierChain") {
    Predicted out;
    for (auto& each : targets) {
      if (!each) return e.error("model.sklearn.attribute", "its order is damaged");
      out.targets.push_back(*std::move(each));
    }
    return out;
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(values)));
  ASSIGN_OR_RETURN(const ValueId value, b.select(all, std::move(places)));
  return Predicted{.value = value};
}

// ---- transformed targets ----

Result<ValueId> inverse(const Estimator& e, const Estimator& transformer, ValueId in, Builder& b) {
  if (transformer.name() == "StandardScaler") {
    ValueId x = in;
    if (transformer.has("scale_")) {
      ASSIGN_OR_RETURN(auto scale, transformer.vector("scale_", b.width(in)));
      ASSIGN_OR_RETURN(x, b.arith(x, Arith::kMul, std::move(scale)));
    }
    if (!transformer.flag("with_mean", true) || !transformer.has("mean_")) return x;
    ASSIGN_OR_RETURN(auto mean, transformer.vector("mean_", b.width(in)));
    return b.arith(x, Arith::kAdd, std::move(mean));
  }
  if (transformer.name() == "MinMaxScaler") {
    ASSIGN_OR_RETURN(auto offset, transformer.vector("min_", b.width(in)));
    ASSIGN_OR_RETURN(auto scale, transformer.vector("scale_", b.width(in)));
    ASSIGN_OR_RETURN(const ValueId x, b.arith(in, Arith::kSub, std::move(offset)));
    return b.arith(x, Arith::kDiv, std::move(scale));
  }
  if (transformer.name() == "FunctionTransformer") {
    if (!transformer.has("inverse_func")) return in;
    ASSIGN_OR_RETURN(const auto* function, transformer.require("inverse_func"));
    if (const auto kind = ufunc_of(*function)) {
      b.bound(1e-12, 4, "numpy's elementary functions differ between CPUs");
      return b.map(in, *kind);
    }
  }
  return Error(Code::kUnimplemented, "model.sklearn.target",
               fmt::format("{} turns its target back by {}, which is not read; StandardScaler, "
                           "MinMaxScaler and numpy functions by name are",
                           e.where(), transformer.full_name()));
}

Result<Predicted> transformed_target(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator regressor, e.child("regressor_"));
  ASSIGN_OR_RETURN(const Estimator transformer, e.child("transformer_"));
  b.step(fmt::format("regressor_: {}", regressor.name()));
  ASSIGN_OR_RETURN(const Predicted inner, predict(regressor, in, b));
  if (!inner.value) return regressor.error("model.sklearn.predict", "it predicts no values");
  ASSIGN_OR_RETURN(const ValueId value, inverse(e, transformer, *inner.value, b));
  return Predicted{.value = value, .decision = inner.value};
}

// ---- thresholds ----

Result<Predicted> threshold_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner,
                   e.child(e.has("estimator_") ? "estimator_" : "estimator"));
  ASSIGN_OR_RETURN(Predicted out, predict(inner, in, b));
  if (out.classes.size() != 2 || e.has("pos_label") || !out.probabilities)
    return Error(
        Code::kUnimplemented, "model.sklearn.threshold",
        e.where() + ": a pos_label of its own, or an estimator without probabilities, is not read");
  const double threshold = e.number("best_threshold_", e.number("threshold", 0.5));
  ASSIGN_OR_RETURN(const ValueId second, b.select(*out.probabilities, {1}));
  ASSIGN_OR_RETURN(out.label, b.add({second}, Bin{std::vector<std::uint32_t>{0, 1},
                                                  std::vector<double>{threshold}, false}));
  return out;
}

// ---- estimators that hand on ----

Result<Predicted> inner_estimator(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner, e.child("estimator_"));
  b.step(fmt::format("estimator_: {}", inner.name()));
  return predict(inner, in, b);
}

// Before 1.6 it was told as base_estimator_.
Result<Predicted> self_training(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner,
                   e.child(e.has("estimator_") ? "estimator_" : "base_estimator_"));
  b.step(fmt::format("estimator_: {}", inner.name()));
  return predict(inner, in, b);
}

constexpr std::array kKnown{
    Known{"RANSACRegressor", nullptr, inner_estimator},
    Known{"SelfTrainingClassifier", nullptr, self_training},
    Known{"CalibratedClassifierCV", nullptr, calibrated_classifier},
    Known{"IsotonicRegression", nullptr, isotonic_regression},
    Known{"OneVsRestClassifier", nullptr, one_vs_rest},
    Known{"OneVsOneClassifier", nullptr, one_vs_one},
    Known{"OutputCodeClassifier", nullptr, output_code},
    Known{"MultiOutputRegressor", nullptr, multi_output_regressor},
    Known{"MultiOutputClassifier", nullptr, multi_output_classifier},
    Known{"RegressorChain", nullptr, chain},
    Known{"ClassifierChain", nullptr, chain},
    Known{"TransformedTargetRegressor", nullptr, transformed_target},
    Known{"FixedThresholdClassifier", nullptr, threshold_classifier},
    Known{"TunedThresholdClassifierCV", nullptr, threshold_classifier},
};

}  // namespace

std::span<const Known> meta_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
