// The wrappers of XGBoost, LightGBM and CatBoost, alone or at the end of a pipeline: the booster's
// bytes in their state go to the reader of that library, and its graph is grafted on.
// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/boosters.h"

#include <fmt/format.h>

#include <limits>
#include <utility>
#include <variant>

#include "model/import/catboost/catboost.h"
#include "model/import/lightgbm/lightgbm.h"
#include "model/import/sklearn/answers.h"
#include "model/import/xgboost/xgboost.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool is_bytes(const Value* value) {
  return value != nullptr && (value->kind == Kind::kBytes || value->kind == Kind::kText);
}

// The bytes of a Booster inside a wrapper, or of a bare one.
Result<std::string_view> bytes_of(const Estimator& e) {
  const Value* booster = e.find("_Booster") != nullptr ? e.find("_Booster") : &e.value();
  for (const std::string_view name : {"handle", "_handle", "__model"}) {
    if (is_bytes(booster->attribute(name))) return booster->attribute(name)->text;
  }
  return e.error("model.sklearn.booster",
                 "it holds no booster: was it fitted before it was saved?");
}

Result<void> keep_trees(std::size_t count, const Estimator& e, Model* model) {
  for (Node& node : model->nodes) {
    auto* trees = std::get_if<TreeEnsemble>(&node.op);
    if (trees == nullptr) continue;
    if (model->nodes.size() > 1 && std::holds_alternative<Link>(model->nodes[1].op) &&
        std::get<Link>(model->nodes[1].op).kind == LinkKind::kDivide)
      return e.error("model.sklearn.booster", "a random forest that stopped early is not read");
    *trees = first_trees(*trees, count * trees->outputs);
  }
  return {};
}

Result<Model> lightgbm_model(const Estimator& e) {
  ASSIGN_OR_RETURN(const std::string_view text, bytes_of(e));
  ASSIGN_OR_RETURN(Model model, read_lightgbm_text(text));
  const Value* inner = e.find("_Booster");
  const Estimator booster(inner == nullptr ? e.value() : *inner, e.path());
  const double best = booster.number("best_iteration", 0.0);
  if (best >= 1 && best < 1 << 24)
    RETURN_IF_ERROR(keep_trees(static_cast<std::size_t>(best), e, &model));
  return model;
}

Result<Model> xgboost_model(const Estimator& e) {
  ASSIGN_OR_RETURN(const std::string_view bytes, bytes_of(e));
  XgboostOptions options;
  if (e.find("_Booster") != nullptr) {
    options.stop_at_best_iteration = true;
    options.in_place = true;
    const double missing = e.number("missing", std::numeric_limits<double>::quiet_NaN());
    if (missing == missing) options.missing = missing;
  }
  return read_xgboost(bytes, options);
}

Result<Model> catboost_model(const Estimator& e) {
  ASSIGN_OR_RETURN(const std::string_view bytes, bytes_of(e));
  return read_catboost(bytes);
}

// The user's own classes, where the wrapper encoded them.
Result<std::vector<Scalar>> wrapper_classes(const Estimator& e, const Model& model) {
  for (const std::string_view name : {"_classes", "classes_"}) {
    if (!e.has(name)) continue;
    ASSIGN_OR_RETURN(auto classes, e.scalars(name));
    if (classes.size() == model.outputs.classes.size()) return classes;
  }
  if (e.has("_le")) {
    ASSIGN_OR_RETURN(const Estimator encoder, e.child("_le"));
    ASSIGN_OR_RETURN(auto classes, classes_of(encoder));
    if (classes.size() == model.outputs.classes.size()) return classes;
  }
  std::vector<Scalar> classes;
  for (std::size_t i = 0; i < model.outputs.classes.size(); ++i)
    classes.push_back({Scalar::Kind::kNumber, static_cast<double>(i), model.outputs.classes[i]});
  return classes;
}

Result<Predicted> predicted(const Estimator& e, const Model& model, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto values, b.graft(model, in, e));
  b.bound(model.exactness.relative, model.exactness.prediction_ulp, model.exactness.why);
  if (!model.exactness.margin_bits) b.bound_margin();
  b.float32(model.outputs.float32);
  for (const auto& note : model.notes) b.note(note);
  Predicted out{.decision = values[model.margin]};
  const ValueId prediction = values[model.prediction];
  switch (model.outputs.task) {
    case Task::kBinary:
    case Task::kMulticlass: {
      ASSIGN_OR_RETURN(out.classes, wrapper_classes(e, model));
      out.probabilities = prediction;
      if (b.width(prediction) == 1) {
        ASSIGN_OR_RETURN(out.probabilities, both_classes(prediction, b));
        if (model.outputs.float32) {  // the library takes 1 - p in floats
          ASSIGN_OR_RETURN(out.probabilities, b.map(*out.probabilities, MapKind::kToFloat32));
        }
      }
      if (model.outputs.label) out.label = values[*model.outputs.label];
      return out;
    }
    case Task::kLabel: {
      ASSIGN_OR_RETURN(out.classes, wrapper_classes(e, model));
      out.label = prediction;
      return out;
    }
    default:
      out.value = prediction;
      return out;
  }
}

}  // namespace

bool is_booster(const Estimator& e) {
  if (e.value().kind != Kind::kObject) return false;
  const std::string_view name = e.full_name();
  return name.starts_with("xgboost.") || name.starts_with("lightgbm.") ||
         name.starts_with("catboost.");
}

Result<Model> booster_model(const Estimator& e) {
  auto model = e.full_name().starts_with("xgboost.")    ? xgboost_model(e)
               : e.full_name().starts_with("lightgbm.") ? lightgbm_model(e)
                                                        : catboost_model(e);
  if (!model) return std::move(model).error().with_context(e.where());
  return model;
}

Result<Predicted> predict_booster(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Model model, booster_model(e));
  return predicted(e, model, in, b);
}

}  // namespace slipway::model::sklearn
