// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/sklearn.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "model/import/sklearn/boosters.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/targets.h"
#include "model/import/sklearn/text.h"

namespace slipway::model {
namespace {

using namespace sklearn;
using pickle::Kind;
using pickle::Value;

constexpr int kMostNesting = 8;

// A pipeline's steps from `start_at` on, as the pipeline that is read.
struct Start {
  std::vector<NamedEstimator> steps;  // empty: the whole estimator
};

Result<Start> start_of(const Estimator& root, const std::string& start_at) {
  if (start_at.empty()) return Start{};
  if (root.name() != "Pipeline")
    return root.error("model.sklearn.start_at", "--start-at needs a Pipeline");
  ASSIGN_OR_RETURN(auto steps, root.named("steps"));
  std::string names;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].name == start_at) {
      steps.erase(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i));
      return Start{std::move(steps)};
    }
    names += (names.empty() ? "" : ", ") + steps[i].name;
  }
  return root.error("model.sklearn.start_at",
                    fmt::format("it has no step '{}'; its steps are: {}", start_at, names));
}

// The estimators that lie directly inside another, in the order in which they see the input.
std::vector<const Value*> insides_of(const Value& value) {
  std::vector<const Value*> out;
  for (const std::string_view name :
       {"steps", "transformer_list", "best_estimator_", "estimators_", "estimator_", "regressor_",
        "calibrated_classifiers_", "estimator"}) {
    const Value* inner = value.attribute(name);
    if (inner == nullptr) continue;
    if (inner->kind == Kind::kObject) out.push_back(inner);
    const bool objects = inner->kind == Kind::kArray && inner->array->kind == 'O';
    for (const Value* item : objects ? inner->array->objects : inner->items) {
      const bool pair = item->kind == Kind::kTuple && item->items.size() >= 2;
      const Value* each = pair ? item->items[1] : item;
      if (each->kind == Kind::kObject) out.push_back(each);
    }
  }
  return out;
}

// What the first estimator that knows it was fitted on.
const Value* first_with(const Value& value, std::string_view attribute, int depth) {
  if (const Value* found = value.attribute(attribute);
      found != nullptr && found->kind != Kind::kNone)
    return found;
  if (depth == 0) return nullptr;
  std::size_t looked = 0;
  for (const Value* inner : insides_of(value)) {
    if (const Value* found = first_with(*inner, attribute, depth - 1)) return found;
    if (++looked == 16) break;  // a bag of a thousand knows no more than its first members
  }
  return nullptr;
}

// The estimator that a row meets first, looking into pipelines.
Estimator first_step(const Estimator& e, int depth) {
  if (depth == 0) return e;
  for (const std::string_view inner : {"steps", "transformer_list"}) {
    const auto steps = e.find(inner) == nullptr
                           ? Result<std::vector<NamedEstimator>>(std::vector<NamedEstimator>())
                           : e.named(inner);
    if (steps && !steps.value().empty() && steps.value()[0].estimator.value().kind == Kind::kObject)
      return first_step(steps.value()[0].estimator, depth - 1);
  }
  const Value* best = e.find("best_estimator_");
  if (best != nullptr && best->kind == Kind::kObject)
    return first_step(Estimator(*best, ""), depth - 1);
  return e;
}

struct InputNames {
  std::vector<std::string> names;
  bool own = false;  // the user's own, not made up
};

// How many columns the model was fitted on: trees of before 0.24 called it n_features_.
const Value* columns_told(const Estimator& first, int depth) {
  const Value* count = first_with(first.value(), "n_features_in_", depth);
  return count != nullptr ? count : first_with(first.value(), "n_features_", depth);
}

// Other estimators of before 0.24 did not say it: their matrices do.
std::optional<std::size_t> columns_by_shape(const Estimator& first) {
  for (const std::string_view attribute : {"components_", "support_vectors_", "coef_", "mean_"}) {
    const Value* found = first_with(first.value(), attribute, 8);
    if (found == nullptr || found->kind != Kind::kArray || found->array->shape.empty()) continue;
    const std::uint64_t columns = found->array->shape.back();
    if (columns > 0 && columns <= 1 << 22) return columns;
  }
  return std::nullopt;
}

Result<InputNames> input_names(const Estimator& first) {
  constexpr int kDepth = 8;
  InputNames out;
  if (is_booster(first)) {
    ASSIGN_OR_RETURN(const Model model, booster_model(first));
    for (const Input& input : model.inputs) out.names.push_back(input.name);
    out.own = true;
    return out;
  }
  if (const Value* names = first_with(first.value(), "feature_names_in_", kDepth)) {
    ASSIGN_OR_RETURN(const auto scalars, scalars_of(*names));
    for (const Scalar& scalar : scalars) out.names.push_back(scalar.text);
    out.own = true;
    return out;
  }
  if (const auto texts = text_columns(first_step(first, kDepth))) {
    out.names = *texts;
    return out;
  }
  const Value* count = columns_told(first, kDepth);
  std::size_t columns = 1;  // label encoders take one
  if (count != nullptr) {
    ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*count));
    if (!(scalar.number >= 0 && scalar.number <= 1 << 22))
      return first.error("model.sklearn.attribute", "n_features_in_ is no number of columns");
    columns = static_cast<std::size_t>(scalar.number);
  }
  if (count == nullptr) columns = columns_by_shape(first).value_or(columns);
  for (std::size_t i = 0; i < columns; ++i) out.names.push_back(fmt::format("x{}", i));
  return out;
}

// --columns, apart: names, and which of them are text.
struct Told {
  std::vector<std::string> names;
  std::vector<bool> texts;
};

Result<Told> told_columns(const Estimator& first, const std::vector<std::string>& columns) {
  constexpr std::string_view kText = ":text";
  Told told;
  if (!columns.empty() && first.name() != "FeatureHasher")
    return first.error("model.sklearn.columns",
                       "--columns is for a model that begins with a FeatureHasher: this one knows "
                       "its columns");
  for (const std::string& column : columns) {
    const bool text = column.ends_with(kText);
    told.names.push_back(text ? column.substr(0, column.size() - kText.size()) : column);
    told.texts.push_back(text || first.text("input_type", "dict") == "string");
  }
  return told;
}

std::vector<std::string> texts_of(const std::vector<Scalar>& classes) {
  std::vector<std::string> texts;
  for (const Scalar& scalar : classes) texts.push_back(scalar.text);
  return texts;
}

// What `predict` answers as outputs of the model.
struct Answers {
  Outputs outputs;
  ValueId margin = 0;
  ValueId prediction = 0;
};

Result<Answers> answers_of(const Predicted& p, const Estimator& root, Builder& b) {
  Answers out;
  if (!p.targets.empty()) {
    out.outputs.task = Task::kTargets;
    for (const Target& each : p.targets) out.outputs.targets.push_back(texts_of(each.classes));
    ASSIGN_OR_RETURN(const TargetValues values, values_of(p.targets, b));
    out.prediction = values.prediction;
    out.margin = values.margin;
    return out;
  }
  if (!p.is_classifier()) {
    if (!p.value) return root.error("model.sklearn.predict", "it predicts nothing");
    out.prediction = *p.value;
    out.margin = p.decision.value_or(*p.value);
    return out;
  }
  out.outputs.classes = texts_of(p.classes);
  if (!p.probabilities) {
    out.outputs.task = Task::kLabel;
    ASSIGN_OR_RETURN(out.prediction, label_of(p, root, b));
    out.margin = p.decision.value_or(out.prediction);
    return out;
  }
  out.outputs.task = p.classes.size() == 2 ? Task::kBinary : Task::kMulticlass;
  out.outputs.label = p.label;
  out.prediction = *p.probabilities;
  out.margin = p.decision.value_or(out.prediction);
  return out;
}

Result<Answers> transformed(Table table, Builder& b, const Estimator& root) {
  if (table.columns.empty())
    return root.error("model.sklearn.transform", "what was fitted gives no columns");
  RETURN_IF_ERROR(b.use_as_numbers(table, root));
  Answers out{.margin = table.value, .prediction = table.value};
  out.outputs.task = Task::kTransform;
  std::vector<std::string>& names = out.outputs.names;
  for (const Column& column : table.columns) names.push_back(column.name);
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = fmt::format("{}_{}", names[i], i);
  }
  return out;
}

bool predicts(const Estimator& e) {
  if (is_booster(e)) return true;
  if (e.name() != "Pipeline") {
    const Known* known = find_known(e);
    return known != nullptr && known->predict != nullptr;
  }
  const auto steps = e.named("steps");
  if (!steps || steps.value().empty()) return false;
  const Estimator& last = steps.value().back().estimator;
  return last.value().kind == Kind::kObject && (find_known(last) == nullptr || predicts(last));
}

Result<Answers> from_start(const Start& start, const Estimator& root, Table table, Builder& b) {
  for (std::size_t i = 0; i < start.steps.size(); ++i) {
    const Estimator& e = start.steps[i].estimator;
    b.step(fmt::format("{}: {}", start.steps[i].name, e.name()));
    const Builder::Level level(&b);
    if (i + 1 == start.steps.size() && predicts(e)) {
      ASSIGN_OR_RETURN(const Predicted predicted, predict(e, table, b));
      return answers_of(predicted, root, b);
    }
    if (e.value().kind != Kind::kObject) continue;  // "passthrough"
    ASSIGN_OR_RETURN(table, transform(e, table, b));
  }
  return transformed(std::move(table), b, root);
}

Result<Answers> whole(const Estimator& root, const Table& table, Builder& b) {
  b.step(root.name());
  const Builder::Level level(&b);
  const Known* known = find_known(root);
  if (known != nullptr && known->transform != nullptr && !predicts(root)) {
    ASSIGN_OR_RETURN(Table out, transform(root, table, b));
    return transformed(std::move(out), b, root);
  }
  ASSIGN_OR_RETURN(const Predicted predicted, predict(root, table, b));
  return answers_of(predicted, root, b);
}

Source source_of(const Estimator& root, const std::string& version) {
  const std::string_view name = root.full_name();
  if (name.starts_with("xgboost.")) return {"XGBoost", "", "pickle"};
  if (name.starts_with("lightgbm.")) return {"LightGBM", "", "pickle"};
  if (name.starts_with("catboost.")) return {"CatBoost", "", "pickle"};
  return {"scikit-learn", version, "pickle"};
}

}  // namespace

bool is_sklearn(const pickle::Document& document) {
  return document.root().kind == Kind::kObject && (document.root().text.starts_with("sklearn.") ||
                                                   is_booster(Estimator(document.root(), "")));
}

Result<Model> read_sklearn(const pickle::Document& document, const std::string& start_at,
                           const std::vector<std::string>& columns) {
  const Estimator root(document.root(), "");
  ASSIGN_OR_RETURN(const Start start, start_of(root, start_at));
  ASSIGN_OR_RETURN(InputNames inputs,
                   input_names(start.steps.empty() ? root : start.steps.front().estimator));
  const Estimator first =
      first_step(start.steps.empty() ? root : start.steps.front().estimator, kMostNesting);
  ASSIGN_OR_RETURN(Told told, told_columns(first, columns));
  if (!told.names.empty()) inputs = {std::move(told.names), false};
  Builder builder(inputs.names);
  builder.tell_columns(std::move(told.texts));
  const std::string version = root.text("_sklearn_version", "");
  builder.version(version);
  const Table table = builder.inputs();
  ASSIGN_OR_RETURN(const Answers answers, start.steps.empty()
                                              ? whole(root, table, builder)
                                              : from_start(start, root, table, builder));
  return std::move(builder).finish(source_of(root, version), answers.outputs, answers.margin,
                                   answers.prediction, inputs.own);
}

}  // namespace slipway::model
