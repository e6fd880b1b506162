// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/targets.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "model/import/sklearn/answers.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

const std::vector<Scalar>& no_or_yes() {
  static const std::vector<Scalar> kBoth{{Scalar::Kind::kNumber, 0, "0"},
                                         {Scalar::Kind::kNumber, 1, "1"}};
  return kBoth;
}

}  // namespace

bool has_targets(const Estimator& e) {
  const Value* classes = e.find("classes_");
  return classes != nullptr && (classes->kind == Kind::kList || classes->kind == Kind::kTuple) &&
         !classes->items.empty() && classes->items[0]->kind == Kind::kArray;
}

Result<TargetClasses> classes_of_targets(const Estimator& e) {
  ASSIGN_OR_RETURN(const Value* lists, e.require("classes_"));
  TargetClasses out;
  for (const Value* each : lists->items) {
    ASSIGN_OR_RETURN(out.emplace_back(), scalars_of(*each));
    if (out.back().empty()) return e.error("model.sklearn.classes", "a target has no classes");
  }
  if (out.empty()) return e.error("model.sklearn.classes", "it has no targets");
  return out;
}

Result<Predicted> targets_of(const Estimator& e, const TargetClasses& classes,
                             ValueId probabilities, Builder& b) {
  std::size_t total = 0;
  for (const auto& each : classes) total += each.size();
  if (total != b.width(probabilities))
    return e.error("model.sklearn.classes", fmt::format("{} classes of its targets, but {} columns",
                                                        total, b.width(probabilities)));
  Predicted out;
  std::uint32_t first = 0;
  for (const auto& each : classes) {
    std::vector<std::uint32_t> columns(each.size());
    std::iota(columns.begin(), columns.end(), first);
    first += static_cast<std::uint32_t>(each.size());
    Target target{.classes = each};
    ASSIGN_OR_RETURN(target.probabilities, b.select(probabilities, std::move(columns)));
    ASSIGN_OR_RETURN(target.label, b.reduce(*target.probabilities, ReduceKind::kArgMax));
    out.targets.push_back(std::move(target));
  }
  return out;
}

bool is_multilabel(const Estimator& e, std::string_view binarizer) {
  const auto inner = e.has(binarizer) ? e.child(binarizer) : Result<Estimator>(e);
  return inner && inner.value().text("y_type_", "").starts_with("multilabel");
}

Result<Predicted> labels_above(ValueId scores, double threshold, bool probabilities, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(const ValueId over, b.arith(scores, Arith::kSub, {threshold}));
  ASSIGN_OR_RETURN(const ValueId labels, b.map(over, MapKind::kIsPositive));
  for (std::uint32_t j = 0; j < b.width(scores); ++j) {
    Target target{.classes = no_or_yes()};
    ASSIGN_OR_RETURN(target.label, b.select(labels, {j}));
    ASSIGN_OR_RETURN(const ValueId score, b.select(scores, {j}));
    if (probabilities) {
      ASSIGN_OR_RETURN(target.probabilities, both_classes(score, b));
    } else {
      target.decision = score;
    }
    out.targets.push_back(std::move(target));
  }
  return out;
}

Result<Target> target_of(const Predicted& inner, const Estimator& by, Builder& b) {
  if (!inner.is_classifier()) return by.error("model.sklearn.classes", "it is no classifier");
  Target target{.classes = inner.classes,
                .label = 0,
                .probabilities = inner.probabilities,
                .decision = inner.decision};
  ASSIGN_OR_RETURN(target.label, label_of(inner, by, b));
  return target;
}

Result<TargetValues> values_of(const std::vector<Target>& targets, Builder& b) {
  std::vector<ValueId> labels, probabilities, decisions;
  for (const Target& each : targets) {
    labels.push_back(each.label);
    if (each.probabilities) probabilities.push_back(*each.probabilities);
    if (each.decision) decisions.push_back(*each.decision);
  }
  TargetValues out;
  ASSIGN_OR_RETURN(out.prediction, b.concat(std::move(labels)));
  out.margin = out.prediction;
  if (probabilities.size() == targets.size()) {
    ASSIGN_OR_RETURN(out.margin, b.concat(std::move(probabilities)));
    ASSIGN_OR_RETURN(out.prediction, b.concat({out.prediction, out.margin}));
  }
  if (decisions.size() == targets.size()) {
    ASSIGN_OR_RETURN(out.margin, b.concat(std::move(decisions)));
  }
  return out;
}

}  // namespace slipway::model::sklearn
