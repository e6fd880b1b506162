// Gradient boosting: GradientBoosting* and HistGradientBoosting*.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/math/elementary.h"
#include "model/import/sklearn/forest.h"
#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Field;
using pickle::Kind;
using pickle::Value;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kLinkWhy =
    "the link uses exp; numpy's own differs between CPUs by as much";

// From raw scores, one column or one per class, to a classifier's answers.
Result<Predicted> classifier(const Estimator& e, ValueId raw, double sigmoid, bool zero_is_second,
                             Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  out.decision = raw;
  b.bound(0, 4, kLinkWhy);
  if (b.width(raw) > 1) {
    if (b.width(raw) != out.classes.size())
      return e.error("model.sklearn.classes", "its classes do not fit its raw scores");
    ASSIGN_OR_RETURN(out.probabilities, b.link(raw, LinkKind::kSoftmax));
    ASSIGN_OR_RETURN(out.label, b.reduce(raw, ReduceKind::kArgMax));
    return out;
  }
  if (out.classes.size() != 2)
    return e.error("model.sklearn.classes", "one raw score tells two classes");
  ASSIGN_OR_RETURN(const ValueId second, b.link(raw, LinkKind::kSigmoid, sigmoid));
  ASSIGN_OR_RETURN(const ValueId first, b.arith(second, Arith::kRsub, {1}));
  ASSIGN_OR_RETURN(out.probabilities, b.concat({first, second}));
  if (!zero_is_second) {
    ASSIGN_OR_RETURN(out.label, b.map(raw, MapKind::kIsPositive));
    return out;
  }
  // raw >= 0 as 1 - (0 > raw).
  ASSIGN_OR_RETURN(const ValueId negated, b.map(raw, MapKind::kNegate));
  ASSIGN_OR_RETURN(const ValueId negative, b.map(negated, MapKind::kIsPositive));
  ASSIGN_OR_RETURN(out.label, b.arith(negative, Arith::kRsub, {1}));
  return out;
}

// ---- GradientBoosting ----

double logit(double p) { return math::log(p / (1 - p)); }

// What the sum starts at, from the prior of a DummyClassifier.
Result<std::vector<double>> prior_scores(const Estimator& e, const Estimator& init,
                                         bool exponential) {
  ASSIGN_OR_RETURN(auto prior, init.vector("class_prior_"));
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  for (double& p : prior) p = std::clamp(p, kEps, 1 - kEps);
  if (prior.size() == 2) return std::vector<double>{(exponential ? 0.5 : 1.0) * logit(prior[1])};
  double mean = 0;
  for (const double p : prior) mean += math::log(p) / static_cast<double>(prior.size());
  // Since 1.4 the scores are taken against their geometric mean.
  const bool symmetric = e.find("_loss") != nullptr &&
                         e.find("_loss")->text.find("_gb_losses") == std::string_view::npos;
  std::vector<double> scores;
  for (const double p : prior)
    scores.push_back(symmetric ? math::log(p / math::exp(mean)) : math::log(p));
  return scores;
}

Result<std::vector<double>> base_scores(const Estimator& e, std::size_t outputs, bool exponential,
                                        Builder& b) {
  ASSIGN_OR_RETURN(const Value* value, e.require("init_"));
  if (value->kind == Kind::kText) return std::vector<double>(outputs, 0.0);  // "zero"
  ASSIGN_OR_RETURN(const Estimator init, e.child("init_"));
  if (init.name() == "DummyRegressor") return init.vector("constant_", outputs);
  if (init.name() == "DummyClassifier" && init.text("strategy", "prior") == "prior") {
    b.bound_margin();
    b.bound(0, 4, "the raw score starts at a logarithm of the prior");
    return prior_scores(e, init, exponential);
  }
  return Error(
      Code::kUnimplemented, "model.sklearn.init",
      fmt::format("{} starts from {}, an estimator of its own, which slipway does not read: "
                  "fit it with init=None or 'zero'",
                  e.where(), init.full_name()));
}

Result<ValueId> gradient_boosting(const Estimator& e, const Table& in, bool exponential,
                                  Builder& b) {
  ASSIGN_OR_RETURN(const Value* stages, e.require("estimators_"));
  ASSIGN_OR_RETURN(const auto trees, e.children("estimators_"));
  const std::size_t outputs = stages->kind == Kind::kArray && stages->array->shape.size() == 2
                                  ? stages->array->shape[1]
                                  : 1;
  if (trees.empty() || outputs == 0) return e.error("model.sklearn.tree", "it has no trees");
  const double rate = e.number("learning_rate", 0.1);
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFiniteFloat32, e));
  Forest forest(static_cast<std::uint32_t>(in.width()), static_cast<std::uint32_t>(outputs), 1);
  ASSIGN_OR_RETURN(auto base, base_scores(e, outputs, exponential, b));
  if (base.size() != outputs)
    return e.error("model.sklearn.init", "its start does not fit its trees");
  forest.base(std::move(base));
  for (std::size_t i = 0; i < trees.size(); ++i) {
    ASSIGN_OR_RETURN(const FittedTree tree, tree_of(trees[i]));
    RETURN_IF_ERROR(forest.add(trees[i], tree,
                               {.output = static_cast<std::uint32_t>(i % outputs),
                                .leaf = [&](std::size_t node, std::vector<double>* out) {
                                  out->push_back(rate * tree.value(node, 0));
                                }}));
  }
  return b.add({rows}, std::move(forest).finish(true));
}

Result<Predicted> gradient_boosting_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId raw, gradient_boosting(e, in, false, b));
  return Predicted{.value = raw};
}

Result<Predicted> gradient_boosting_classifier(const Estimator& e, const Table& in, Builder& b) {
  const bool exponential = e.text("loss", "log_loss") == "exponential";
  ASSIGN_OR_RETURN(const ValueId raw, gradient_boosting(e, in, exponential, b));
  return classifier(e, raw, exponential ? 2 : 1, true, b);
}

// ---- HistGradientBoosting ----

// Nodes of one `TreePredictor`.
struct HistTree {
  Records nodes;
  const pickle::NdArray* bitsets = nullptr;  // raw_left_cat_bitsets: 8 words each
  const Field *value, *feature, *threshold, *missing, *left, *right, *leaf, *category, *set, *rows;
};

Result<HistTree> hist_tree(const Estimator& e) {
  ASSIGN_OR_RETURN(const Value* nodes, e.require("nodes"));
  if (nodes->kind != Kind::kArray) return e.error("model.sklearn.tree", "its nodes are no array");
  HistTree t{};
  ASSIGN_OR_RETURN(t.nodes, Records::of(e, *nodes->array));
  const auto find = [&](std::string_view name) { return t.nodes.find(name); };
  t.value = find("value");
  t.feature = find("feature_idx");
  t.threshold = find("num_threshold");
  t.missing = find("missing_go_to_left");
  t.left = find("left");
  t.right = find("right");
  t.leaf = find("is_leaf");
  t.category = find("is_categorical");
  t.set = find("bitset_idx");
  t.rows = find("count");
  const Value* bitsets = e.find("raw_left_cat_bitsets");
  const bool words = bitsets != nullptr && bitsets->kind == Kind::kArray &&
                     bitsets->array->kind == 'u' && bitsets->array->item_size == 4 &&
                     !bitsets->array->big_endian && !bitsets->array->fortran_order;
  if (words) t.bitsets = bitsets->array.get();
  if (t.value == nullptr || t.feature == nullptr || t.threshold == nullptr ||
      t.missing == nullptr || t.left == nullptr || t.right == nullptr || t.leaf == nullptr ||
      t.nodes.size() == 0)
    return e.error("model.sklearn.tree", "its node records lack fields");
  return t;
}

Result<void> add_hist_tree(const Estimator& e, std::uint32_t output, std::uint32_t width,
                           Forest* forest) {
  ASSIGN_OR_RETURN(const HistTree t, hist_tree(e));
  const std::size_t count = t.nodes.size();
  std::vector<bool> is_leaf(count);
  for (std::size_t i = 0; i < count; ++i) is_leaf[i] = t.nodes.at(i, *t.leaf) != 0;
  Forest::TreeWriter writer(forest, output, is_leaf);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_leaf[i]) {
      writer.leaf()->push_back(t.nodes.at(i, *t.value));
      if (t.rows != nullptr) writer.cover(t.nodes.at(i, *t.rows));
      continue;
    }
    const double left = t.nodes.at(i, *t.left);
    const double right = t.nodes.at(i, *t.right);
    const double feature = t.nodes.at(i, *t.feature);
    if (!(left < static_cast<double>(count) && right < static_cast<double>(count) && feature >= 0 &&
          feature < width))
      return e.error("model.sklearn.tree", fmt::format("node {} of its tree points to nowhere", i));
    const bool to_left = t.nodes.at(i, *t.missing) != 0;
    Forest::Split split{.feature = static_cast<std::uint32_t>(feature),
                        .threshold = t.nodes.at(i, *t.threshold),
                        .rule = SplitRule::number(true, to_left, Missing::kNaN),
                        .left = static_cast<std::size_t>(left),
                        .right = static_cast<std::size_t>(right)};
    std::array<std::uint32_t, 8> words{};
    if (t.category != nullptr && t.nodes.at(i, *t.category) != 0) {
      const double set = t.set == nullptr ? -1 : t.nodes.at(i, *t.set);
      if (t.bitsets == nullptr ||
          !(set >= 0 && (set + 1) * 32 <= static_cast<double>(t.bitsets->bytes.size())))
        return e.error("model.sklearn.tree", fmt::format("node {} has no set of categories", i));
      std::copy_n(t.bitsets->bytes.data() + static_cast<std::size_t>(set) * 32, 32,
                  reinterpret_cast<char*>(words.data()));
      split.rule = SplitRule::category_left(to_left);
      split.words = words;
    }
    writer.split(split);
  }
  return {};
}

// Before 1.4 the trees take categories as they are: those that were not there in training, and
// negative ones, count as missing, fractions are cut off.
Result<Table> raw_categories(const Estimator& e, const Table& in, Builder& b) {
  if (!e.has("is_categorical_")) return in;
  ASSIGN_OR_RETURN(const auto flags, e.vector("is_categorical_", in.width()));
  ASSIGN_OR_RETURN(const Estimator mapper, e.child("_bin_mapper"));
  ASSIGN_OR_RETURN(const Value* thresholds, mapper.require("bin_thresholds_"));
  if (thresholds->items.size() != in.width())
    return e.error("model.sklearn.attribute", "bin_thresholds_ does not fit the columns");
  std::vector<Table> parts;
  for (std::uint32_t c = 0; c < in.width(); ++c) {
    ASSIGN_OR_RETURN(Table part, b.select(in, {c}));
    if (flags[c] != 0) {
      ASSIGN_OR_RETURN(const Matrix known, matrix_of(*thresholds->items[c]));
      ASSIGN_OR_RETURN(const ValueId whole, b.map(part.value, MapKind::kTruncate));
      LookupBuilder lookup;
      lookup.begin_column(in.columns[c].name, kNaN, kNaN, 0);
      for (const double value : known.values) lookup.add(value, value);
      ASSIGN_OR_RETURN(part.value, b.add({whole}, std::move(lookup).finish()));
    }
    parts.push_back(std::move(part));
  }
  return b.concat(parts);
}

// Since 1.4 an own encoder puts the categorical columns first, as ordinals.
Result<Table> preprocessed(const Estimator& e, const Table& in, Builder& b) {
  if (e.has("_preprocessor")) {
    ASSIGN_OR_RETURN(const Estimator own, e.child("_preprocessor"));
    ASSIGN_OR_RETURN(const auto transformers, own.named("transformers_"));
    ASSIGN_OR_RETURN(const Value* choices, own.require("_transformer_to_input_indices"));
    std::vector<Table> parts;
    for (const auto& [name, estimator, tuple] : transformers) {
      const Value* columns = choices->attribute(name);
      ASSIGN_OR_RETURN(const Matrix list,
                       columns == nullptr ? Result<Matrix>(Matrix{}) : matrix_of(*columns));
      std::vector<std::uint32_t> indices;
      for (const double each : list.values) {
        if (!(each >= 0 && each < static_cast<double>(in.width())))
          return e.error("model.sklearn.column", "its encoder takes a column that is not there");
        indices.push_back(static_cast<std::uint32_t>(each));
      }
      if (indices.empty()) continue;
      ASSIGN_OR_RETURN(Table part, b.select(in, indices));
      if (name == "encoder") {
        ASSIGN_OR_RETURN(part, transform(estimator, part, b));
      }
      parts.push_back(std::move(part));
    }
    return b.concat(parts);
  }
  return raw_categories(e, in, b);
}

Result<ValueId> hist_gradient_boosting(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Table rows, preprocessed(e, in, b));
  RETURN_IF_ERROR(b.use_as_numbers(rows, e));
  ASSIGN_OR_RETURN(auto base, e.vector("_baseline_prediction"));
  ASSIGN_OR_RETURN(const Value* stages, e.require("_predictors"));
  const auto width = static_cast<std::uint32_t>(rows.width());
  Forest forest(width, static_cast<std::uint32_t>(base.size()), 1);
  const std::size_t outputs = base.size();
  forest.base(std::move(base));
  for (const Value* stage : stages->items) {
    if (stage->items.size() != outputs)
      return e.error("model.sklearn.tree", "an iteration has not one tree for each output");
    for (std::size_t k = 0; k < outputs; ++k) {
      const Estimator tree(*stage->items[k], fmt::format("{} tree", e.path()));
      RETURN_IF_ERROR(add_hist_tree(tree, static_cast<std::uint32_t>(k), width, &forest));
    }
  }
  return b.add({rows.value}, std::move(forest).finish(false));
}

Result<Predicted> hist_regressor(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId raw, hist_gradient_boosting(e, in, b));
  const std::string loss = e.text("loss", "squared_error");
  if (loss != "poisson" && loss != "gamma") return Predicted{.value = raw};
  b.bound(0, 4, kLinkWhy);
  ASSIGN_OR_RETURN(const ValueId value, b.link(raw, LinkKind::kExp));
  return Predicted{.value = value, .decision = raw};
}

Result<Predicted> hist_classifier(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId raw, hist_gradient_boosting(e, in, b));
  return classifier(e, raw, 1, false, b);
}

constexpr std::array kKnown{
    Known{"GradientBoostingClassifier", nullptr, gradient_boosting_classifier},
    Known{"GradientBoostingRegressor", nullptr, gradient_boosting_regressor},
    Known{"HistGradientBoostingClassifier", nullptr, hist_classifier},
    Known{"HistGradientBoostingRegressor", nullptr, hist_regressor},
};

}  // namespace

std::span<const Known> boosting_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
