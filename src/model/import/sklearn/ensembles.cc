// Ensembles of any estimators: bagging, voting, stacking, AdaBoost, isolation forests.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "base/math/elementary.h"
#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/forest.h"
#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr std::string_view kSumWhy = "numpy adds many terms in its own order";

Result<ValueId> sum_of(const std::vector<ValueId>& values, Builder& b) {
  ValueId sum = values.front();
  for (std::size_t i = 1; i < values.size(); ++i) {
    ASSIGN_OR_RETURN(sum, b.combine(Arith::kAdd, sum, values[i]));
  }
  return sum;
}

// The classes of an estimator inside, as numbers of the ensemble's: inside, labels are numbers from
// 0 on.
Result<std::vector<std::uint32_t>> places_of(const Estimator& e, const Predicted& inner,
                                             std::size_t classes) {
  std::vector<std::uint32_t> places;
  for (const Scalar& scalar : inner.classes) {
    const bool number = scalar.kind == Scalar::Kind::kNumber || scalar.kind == Scalar::Kind::kBool;
    if (!number || !(scalar.number >= 0 && scalar.number < static_cast<double>(classes)))
      return e.error("model.sklearn.classes", "an estimator inside has classes of its own");
    places.push_back(static_cast<std::uint32_t>(scalar.number));
  }
  return places;
}

// Columns of `in` put at their places among `count` columns, the others 0.
Result<ValueId> spread(ValueId in, const std::vector<std::uint32_t>& places, std::size_t count,
                       Builder& b) {
  bool same = places.size() == count;
  for (std::size_t i = 0; same && i < count; ++i) same = places[i] == i;
  if (same) return in;
  ASSIGN_OR_RETURN(const ValueId zero, b.constant(in, {0}));
  ASSIGN_OR_RETURN(const ValueId both, b.concat({in, zero}));
  std::vector<std::uint32_t> columns(count, b.width(in));
  for (std::uint32_t i = 0; i < places.size(); ++i) columns[places[i]] = i;
  return b.select(both, std::move(columns));
}

// One-hot of what an estimator inside predicts.
Result<ValueId> vote(const Estimator& e, const Predicted& inner, std::size_t classes, Builder& b) {
  ASSIGN_OR_RETURN(const auto places, places_of(e, inner, classes));
  ASSIGN_OR_RETURN(const ValueId label, label_of(inner, e, b));
  ASSIGN_OR_RETURN(
      const ValueId flags,
      b.add({label},
            Indicator{std::vector<std::uint32_t>{static_cast<std::uint32_t>(places.size())}}));
  return spread(flags, places, classes, b);
}

// ---- bagging ----

// The columns that each estimator of a bag was fitted on.
Result<Table> own_columns(const Estimator& e, std::size_t index, const Table& in, Builder& b) {
  const Value* lists = e.find("estimators_features_");
  if (lists == nullptr) return in;
  const bool objects = lists->kind == Kind::kArray && lists->array->kind == 'O';
  const auto& items = objects ? lists->array->objects : lists->items;
  if (index >= items.size())
    return e.error("model.sklearn.attribute", "estimators_features_ is too short");
  ASSIGN_OR_RETURN(const Matrix features, matrix_of(*items[index]));
  std::vector<std::uint32_t> columns;
  for (const double feature : features.values) {
    if (!(feature >= 0 && feature < static_cast<double>(in.width())))
      return e.error("model.sklearn.attribute",
                     "estimators_features_ names a column that is not there");
    columns.push_back(static_cast<std::uint32_t>(feature));
  }
  bool all = columns.size() == in.width();
  for (std::size_t i = 0; all && i < columns.size(); ++i) all = columns[i] == i;
  if (all) return in;
  return b.select(in, columns);
}

Result<Predicted> bagging_classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  if (members.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  std::vector<ValueId> shares, decisions;
  for (std::size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Table columns, own_columns(e, i, in, b));
    ASSIGN_OR_RETURN(const Predicted inner, predict(members[i], columns, b));
    if (inner.decision && inner.classes.size() == out.classes.size())
      decisions.push_back(*inner.decision);
    if (!inner.probabilities) {
      ASSIGN_OR_RETURN(shares.emplace_back(), vote(members[i], inner, out.classes.size(), b));
      continue;
    }
    ASSIGN_OR_RETURN(const auto places, places_of(members[i], inner, out.classes.size()));
    ASSIGN_OR_RETURN(shares.emplace_back(),
                     spread(*inner.probabilities, places, out.classes.size(), b));
  }
  ASSIGN_OR_RETURN(const ValueId sum, sum_of(shares, b));
  ASSIGN_OR_RETURN(out.probabilities,
                   b.link(sum, LinkKind::kDivide, static_cast<double>(members.size())));
  if (decisions.size() != members.size()) return out;
  ASSIGN_OR_RETURN(const ValueId decision, sum_of(decisions, b));
  ASSIGN_OR_RETURN(out.decision,
                   b.link(decision, LinkKind::kDivide, static_cast<double>(members.size())));
  return out;
}

Result<Predicted> bagging_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  if (members.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  std::vector<ValueId> values;
  for (std::size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Table columns, own_columns(e, i, in, b));
    ASSIGN_OR_RETURN(const Predicted inner, predict(members[i], columns, b));
    if (!inner.value) return members[i].error("model.sklearn.predict", "it predicts no values");
    values.push_back(*inner.value);
  }
  ASSIGN_OR_RETURN(const ValueId sum, sum_of(values, b));
  ASSIGN_OR_RETURN(const ValueId mean,
                   b.link(sum, LinkKind::kDivide, static_cast<double>(members.size())));
  return Predicted{.value = mean};
}

// ---- voting ----

struct Members {
  std::vector<Estimator> estimators;
  std::vector<double> weights;  // one each; all 1 if there are none
  double total = 0;
  bool weighted = false;
};

Result<Members> members_of(const Estimator& e) {
  Members out;
  ASSIGN_OR_RETURN(out.estimators, e.children("estimators_"));
  if (out.estimators.empty()) return e.error("model.sklearn.attribute", "it has no estimators");
  out.weights.assign(out.estimators.size(), 1);
  if (e.has("weights")) {
    // Weights belong to all estimators, also to those that were dropped.
    ASSIGN_OR_RETURN(const auto weights, e.vector("weights"));
    ASSIGN_OR_RETURN(const auto named, e.named("estimators"));
    std::vector<double> kept;
    for (std::size_t i = 0; i < named.size() && i < weights.size(); ++i) {
      if (named[i].estimator.value().kind != Kind::kText) kept.push_back(weights[i]);
    }
    if (kept.size() != out.estimators.size())
      return e.error("model.sklearn.attribute", "its weights do not fit its estimators");
    out.weights = std::move(kept);
    out.weighted = true;
  }
  out.total = std::accumulate(out.weights.begin(), out.weights.end(), 0.0);
  return out;
}

Result<ValueId> weighted_mean(const std::vector<ValueId>& values, const Members& members,
                              Builder& b) {
  std::vector<ValueId> terms;
  for (std::size_t i = 0; i < values.size(); ++i) {
    terms.push_back(values[i]);
    if (members.weighted) {
      ASSIGN_OR_RETURN(terms.back(), b.arith(values[i], Arith::kMul, {members.weights[i]}));
    }
  }
  if (values.size() >= 8) b.bound(1e-12, 4, kSumWhy);
  ASSIGN_OR_RETURN(const ValueId sum, sum_of(terms, b));
  return b.link(sum, LinkKind::kDivide, members.total);
}

Result<Predicted> voting_classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const Members members, members_of(e));
  const bool soft = e.text("voting", "hard") == "soft";
  std::vector<ValueId> values;
  for (std::size_t i = 0; i < members.estimators.size(); ++i) {
    const Estimator& each = members.estimators[i];
    ASSIGN_OR_RETURN(const Predicted inner, predict(each, in, b));
    if (!soft) {
      ASSIGN_OR_RETURN(const ValueId votes, vote(each, inner, out.classes.size(), b));
      ASSIGN_OR_RETURN(values.emplace_back(), b.arith(votes, Arith::kMul, {members.weights[i]}));
      continue;
    }
    if (!inner.probabilities)
      return each.error("model.sklearn.predict", "it predicts no probabilities");
    values.push_back(*inner.probabilities);
  }
  if (!soft) {
    ASSIGN_OR_RETURN(const ValueId votes, sum_of(values, b));
    ASSIGN_OR_RETURN(out.label, b.reduce(votes, ReduceKind::kArgMax));
    return out;
  }
  ASSIGN_OR_RETURN(out.probabilities, weighted_mean(values, members, b));
  return out;
}

Result<Predicted> voting_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Members members, members_of(e));
  std::vector<ValueId> values;
  for (const Estimator& each : members.estimators) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(each, in, b));
    if (!inner.value) return each.error("model.sklearn.predict", "it predicts no values");
    values.push_back(*inner.value);
  }
  ASSIGN_OR_RETURN(const ValueId mean, weighted_mean(values, members, b));
  return Predicted{.value = mean};
}

// ---- stacking ----

Result<ValueId> stacked_answer(const Estimator& e, const std::string& method,
                               const Predicted& inner, std::size_t classes, Builder& b) {
  if (method == "predict_proba" && inner.probabilities) {
    if (classes != 2) return *inner.probabilities;
    return b.select(*inner.probabilities, {1});
  }
  if (method == "decision_function" && inner.decision) return *inner.decision;
  if (method == "predict" && inner.value) return *inner.value;
  if (method == "predict" && inner.is_classifier()) {
    ASSIGN_OR_RETURN(const ValueId label, label_of(inner, e, b));
    LookupBuilder lookup;
    lookup.begin_column("label", 0, 0, 0);
    for (std::size_t i = 0; i < inner.classes.size(); ++i)
      lookup.add(static_cast<double>(i), inner.classes[i].number);
    return b.add({label}, std::move(lookup).finish());
  }
  return e.error("model.sklearn.stacking", fmt::format("it has no {}", method));
}

Result<Predicted> stacking(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(const auto methods, e.scalars("stack_method_"));
  ASSIGN_OR_RETURN(const Estimator final_estimator, e.child("final_estimator_"));
  if (members.empty() || methods.size() != members.size())
    return e.error("model.sklearn.attribute", "its stack_method_ does not fit its estimators");
  std::vector<Scalar> classes;
  if (e.has("classes_")) {
    ASSIGN_OR_RETURN(classes, classes_of(e));
  } else if (e.name() == "StackingClassifier") {  // a property of the label encoder
    ASSIGN_OR_RETURN(const Estimator encoder, e.child("_label_encoder"));
    ASSIGN_OR_RETURN(classes, classes_of(encoder));
  }
  std::vector<Table> parts;
  for (std::size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(members[i], in, b));
    ASSIGN_OR_RETURN(const ValueId value,
                     stacked_answer(members[i], methods[i].text, inner, classes.size(), b));
    parts.push_back(made_columns(value, b.width(value), fmt::format("stacked{}_", i)));
  }
  if (e.flag("passthrough", false)) {
    RETURN_IF_ERROR(b.use_as_numbers(in, e));
    parts.push_back(same_columns(in.value, in));
  }
  ASSIGN_OR_RETURN(const Table meta, b.concat(parts));
  b.step(fmt::format("final_estimator_: {}", final_estimator.name()));
  ASSIGN_OR_RETURN(Predicted out, predict(final_estimator, meta, b));
  if (!out.is_classifier()) return out;
  // The final estimator sees encoded labels: its class i is the ensemble's class i.
  if (out.classes.size() != classes.size())
    return e.error("model.sklearn.classes", "its final estimator has other classes");
  out.classes = classes;
  return out;
}

// ---- AdaBoost ----

Result<ValueId> samme_votes(const Estimator& e, const Estimator& member, const Predicted& inner,
                            double weight, const std::vector<Scalar>& classes, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId label, label_of(inner, member, b));
  const double others =
      b.version() >= 105 ? -1 / (static_cast<double>(classes.size()) - 1) * weight : 0.0;
  // Inside, classes are the ensemble's own: tell them by their text.
  std::vector<ValueId> columns;
  for (const Scalar& scalar : classes) {
    LookupBuilder lookup;
    lookup.begin_column("label", others, others, 0);
    for (std::size_t i = 0; i < inner.classes.size(); ++i)
      lookup.add(static_cast<double>(i), inner.classes[i].text == scalar.text ? weight : others);
    ASSIGN_OR_RETURN(columns.emplace_back(), b.add({label}, std::move(lookup).finish()));
  }
  if (inner.classes.empty())
    return e.error("model.sklearn.classes", "an estimator inside is no classifier");
  return b.concat(std::move(columns));
}

// Zhu, Zou, Rosset and Hastie, "Multi-class AdaBoost", 2009: the variant by probabilities.
Result<ValueId> samme_r_votes(const Estimator& member, const Predicted& inner, Builder& b) {
  if (!inner.probabilities)
    return member.error("model.sklearn.predict", "it predicts no probabilities");
  const auto classes = static_cast<double>(b.width(*inner.probabilities));
  b.bound(1e-12, 4, "votes are logarithms");
  ASSIGN_OR_RETURN(ValueId p, b.arith(*inner.probabilities, Arith::kMax,
                                      {std::numeric_limits<double>::epsilon()}));
  ASSIGN_OR_RETURN(p, b.map(p, MapKind::kLog));
  ASSIGN_OR_RETURN(ValueId sum, b.reduce(p, ReduceKind::kSum));
  ASSIGN_OR_RETURN(sum, b.arith(sum, Arith::kMul, {1 / classes}));
  ASSIGN_OR_RETURN(p, b.combine(Arith::kSub, p, sum));
  return b.arith(p, Arith::kMul, {classes - 1});
}

Result<Predicted> ada_boost_classifier(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(const auto weights, e.vector("estimator_weights_"));
  if (members.empty() || weights.size() < members.size() || out.classes.size() < 2)
    return e.error("model.sklearn.attribute", "its weights do not fit its estimators");
  const bool real = e.text("algorithm", "SAMME") == "SAMME.R";
  std::vector<ValueId> votes;
  for (std::size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(members[i], in, b));
    ASSIGN_OR_RETURN(votes.emplace_back(),
                     real ? samme_r_votes(members[i], inner, b)
                          : samme_votes(e, members[i], inner, weights[i], out.classes, b));
  }
  b.bound(1e-12, 4, kSumWhy);
  b.bound_margin();
  ASSIGN_OR_RETURN(ValueId scores, sum_of(votes, b));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  ASSIGN_OR_RETURN(scores, b.link(scores, LinkKind::kDivide, total));
  if (out.classes.size() > 2) {
    out.decision = scores;
    ASSIGN_OR_RETURN(out.label, b.reduce(scores, ReduceKind::kArgMax));
    ASSIGN_OR_RETURN(
        scores, b.link(scores, LinkKind::kDivide, static_cast<double>(out.classes.size()) - 1));
  } else {
    ASSIGN_OR_RETURN(scores, b.arith(scores, Arith::kMul, {-1, 1}));
    ASSIGN_OR_RETURN(const ValueId decision, b.reduce(scores, ReduceKind::kSum));
    out.decision = decision;
    ASSIGN_OR_RETURN(out.label, b.map(decision, MapKind::kIsPositive));
    ASSIGN_OR_RETURN(const ValueId negated, b.map(decision, MapKind::kNegate));
    ASSIGN_OR_RETURN(scores, b.concat({negated, decision}));
    ASSIGN_OR_RETURN(scores, b.link(scores, LinkKind::kDivide, 2));
  }
  ASSIGN_OR_RETURN(out.probabilities, b.link(scores, LinkKind::kSoftmax));
  return out;
}

Result<Predicted> ada_boost_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(auto weights, e.vector("estimator_weights_"));
  if (members.empty() || weights.size() < members.size())
    return e.error("model.sklearn.attribute", "its weights do not fit its estimators");
  weights.resize(members.size());
  std::vector<ValueId> values;
  for (const Estimator& each : members) {
    ASSIGN_OR_RETURN(const Predicted inner, predict(each, in, b));
    if (!inner.value) return each.error("model.sklearn.predict", "it predicts no values");
    values.push_back(*inner.value);
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(values)));
  ASSIGN_OR_RETURN(const ValueId median, b.add({all}, WeightedMedian{std::move(weights)}));
  return Predicted{.value = median};
}

// ---- isolation forest ----

// Liu, Ting and Zhou, "Isolation Forest", 2008: the mean path of an unsuccessful search.
double average_path(double rows) {
  if (rows <= 1) return 0;
  if (rows == 2) return 1;
  constexpr double kEulerGamma = 0.577215664901532860606512090082;
  return 2.0 * (math::log(rows - 1.0) + kEulerGamma) - 2.0 * (rows - 1.0) / rows;
}

// Nodes on the way to each node, itself included.
Result<std::vector<double>> path_lengths(const Estimator& e, const FittedTree& tree) {
  const auto *left = tree.nodes.find("left_child"), *right = tree.nodes.find("right_child");
  std::vector<double> length(tree.nodes.size(), 0);
  if (left == nullptr || right == nullptr || length.empty())
    return e.error("model.sklearn.tree", "its node records lack fields");
  length[0] = 1;
  for (std::size_t i = 0; i < length.size(); ++i) {  // children come after their parent
    for (const auto* side : {left, right}) {
      const double child = tree.nodes.at(i, *side);
      if (child > static_cast<double>(i) && child < static_cast<double>(length.size()))
        length[static_cast<std::size_t>(child)] = length[i] + 1;
    }
  }
  return length;
}

Result<void> add_isolation_tree(const Estimator& e, const Estimator& member, std::size_t index,
                                const Table& in, Forest* forest) {
  ASSIGN_OR_RETURN(const FittedTree tree, tree_of(member));
  ASSIGN_OR_RETURN(const auto length, path_lengths(member, tree));
  const auto* samples = tree.nodes.find("n_node_samples");
  if (samples == nullptr) return member.error("model.sklearn.tree", "its node records lack fields");
  std::vector<std::uint32_t> features;
  const Value* lists = e.find("estimators_features_");
  if (lists != nullptr && index < lists->items.size()) {
    ASSIGN_OR_RETURN(const Matrix list, matrix_of(*lists->items[index]));
    for (const double feature : list.values) {
      if (!(feature >= 0 && feature < static_cast<double>(in.width())))
        return e.error("model.sklearn.attribute",
                       "estimators_features_ names a column that is not there");
      features.push_back(static_cast<std::uint32_t>(feature));
    }
  }
  return forest->add(
      member, tree,
      {.features = features, .leaf = [&](std::size_t node, std::vector<double>* out) {
         out->push_back(length[node] + average_path(tree.nodes.at(node, *samples)) - 1.0);
       }});
}

Result<Predicted> isolation_forest(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto members, e.children("estimators_"));
  ASSIGN_OR_RETURN(const double samples, e.number("_max_samples"));
  ASSIGN_OR_RETURN(const double offset, e.number("offset_"));
  if (members.empty()) return e.error("model.sklearn.attribute", "it has no trees");
  const bool takes_missing = b.version() >= 104;
  ASSIGN_OR_RETURN(
      const ValueId rows,
      b.numbers(in, takes_missing ? Requirement::kFloat32OrMissing : Requirement::kFiniteFloat32,
                e));
  Forest forest(static_cast<std::uint32_t>(in.width()), 1, 1);
  for (std::size_t i = 0; i < members.size(); ++i)
    RETURN_IF_ERROR(add_isolation_tree(e, members[i], i, in, &forest));
  ASSIGN_OR_RETURN(ValueId x, b.add({rows}, std::move(forest).finish(true)));
  const double denominator = static_cast<double>(members.size()) * average_path(samples);
  b.bound(1e-12, 8, "scores are powers of 2, and path lengths logarithms");
  b.bound_margin();
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kDiv, {denominator}));
  ASSIGN_OR_RETURN(x, b.map(x, MapKind::kNegate));
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kRpow, {2}));
  ASSIGN_OR_RETURN(x, b.map(x, MapKind::kNegate));
  ASSIGN_OR_RETURN(x, b.arith(x, Arith::kSub, {offset}));
  return outlier_labels(x, b);
}

constexpr std::array kKnown{
    Known{"BaggingClassifier", nullptr, bagging_classifier},
    Known{"BaggingRegressor", nullptr, bagging_regressor},
    Known{"VotingClassifier", nullptr, voting_classifier},
    Known{"VotingRegressor", nullptr, voting_regressor},
    Known{"StackingClassifier", nullptr, stacking},
    Known{"StackingRegressor", nullptr, stacking},
    Known{"AdaBoostClassifier", nullptr, ada_boost_classifier},
    Known{"AdaBoostRegressor", nullptr, ada_boost_regressor},
    Known{"IsolationForest", nullptr, isolation_forest},
};

}  // namespace

std::span<const Known> ensemble_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
