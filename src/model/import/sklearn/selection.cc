// Feature selection: a mask over the columns, worked out once.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>

#include "base/text.h"
#include "model/import/sklearn/forest.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using Mask = std::vector<bool>;
using Values = std::vector<double>;

Result<Table> kept(const Estimator& e, const Table& in, const Mask& mask, Builder& b) {
  if (mask.size() != in.width())
    return e.error(
        "model.sklearn.attribute",
        fmt::format("it chooses among {} columns, there are {}", mask.size(), in.width()));
  std::vector<std::uint32_t> columns;
  for (std::uint32_t c = 0; c < mask.size(); ++c) {
    if (mask[c]) columns.push_back(c);
  }
  if (columns.empty()) return e.error("model.sklearn.attribute", "it keeps no column");
  return b.select(in, columns);
}

// NaN counts as the worst score.
Result<Values> scores_of(const Estimator& e) {
  ASSIGN_OR_RETURN(auto scores, e.vector("scores_"));
  for (double& score : scores) {
    if (std::isnan(score)) score = std::numeric_limits<double>::lowest();
  }
  return scores;
}

// Indices by rising value, equals in their order.
std::vector<std::size_t> order_of(const Values& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto c) { return values[a] < values[c]; });
  return order;
}

Mask best_of(const Values& scores, std::size_t count) {
  const auto order = order_of(scores);
  Mask mask(scores.size());
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i)
    mask[order[order.size() - 1 - i]] = true;
  return mask;
}

Result<Table> k_best(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Values scores, scores_of(e));
  if (e.text("k", "") == "all") return kept(e, in, Mask(scores.size(), true), b);
  return kept(e, in, best_of(scores, static_cast<std::size_t>(std::max(0.0, e.number("k", 10.0)))),
              b);
}

// numpy's default percentile: linear between the two nearest.
double percentile_of(Values values, double percent) {
  std::sort(values.begin(), values.end());
  const double at = percent / 100 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (values[high] - values[low]) * (at - static_cast<double>(low));
}

Result<Table> percentile(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Values scores, scores_of(e));
  const double percent = e.number("percentile", 10.0);
  if (percent == 100 || scores.empty()) return kept(e, in, Mask(scores.size(), true), b);
  const double threshold = percentile_of(scores, 100 - percent);
  Mask mask(scores.size());
  std::size_t above = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) above += (mask[i] = scores[i] > threshold);
  const auto room = static_cast<std::size_t>(static_cast<double>(scores.size()) * percent / 100);
  for (std::size_t i = 0; i < scores.size() && above < room; ++i) {
    if (scores[i] == threshold) above += (mask[i] = true);
  }
  return kept(e, in, mask, b);
}

Result<Table> by_p_value(const Estimator& e, const Table& in, double limit, bool or_equal,
                         Builder& b) {
  ASSIGN_OR_RETURN(const Values p, e.vector("pvalues_"));
  Mask mask;
  for (const double value : p) mask.push_back(or_equal ? value <= limit : value < limit);
  return kept(e, in, mask, b);
}

Result<Table> false_positives(const Estimator& e, const Table& in, Builder& b) {
  return by_p_value(e, in, e.number("alpha", 0.05), false, b);
}

Result<Table> family_wise(const Estimator& e, const Table& in, Builder& b) {
  return by_p_value(
      e, in, e.number("alpha", 0.05) / static_cast<double>(std::max<std::size_t>(in.width(), 1)),
      false, b);
}

// Benjamini and Hochberg's procedure.
Result<Table> false_discoveries(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(Values p, e.vector("pvalues_"));
  std::sort(p.begin(), p.end());
  const double alpha = e.number("alpha", 0.05);
  double limit = -1;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] <= alpha / static_cast<double>(p.size()) * static_cast<double>(i + 1)) limit = p[i];
  }
  return by_p_value(e, in, limit, true, b);
}

Result<Table> variance_threshold(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Values variances, e.vector("variances_"));
  const double threshold = e.number("threshold", 0.0);
  Mask mask;
  for (const double variance : variances) mask.push_back(variance > threshold);
  return kept(e, in, mask, b);
}

Result<Table> support(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Values flags, e.vector("support_"));
  Mask mask;
  for (const double flag : flags) mask.push_back(flag != 0);
  return kept(e, in, mask, b);
}

Result<Predicted> eliminated(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Table columns, support(e, in, b));
  ASSIGN_OR_RETURN(const Estimator inner, e.child("estimator_"));
  return predict(inner, columns, b);
}

// ---- SelectFromModel: the importances of the estimator inside ----

Result<Values> tree_importances(const Estimator& e, std::size_t width) {
  ASSIGN_OR_RETURN(const FittedTree tree, tree_of(e));
  const auto field = [&](std::string_view name) { return tree.nodes.find(name); };
  const auto *left = field("left_child"), *right = field("right_child"),
             *feature = field("feature"), *impurity = field("impurity"),
             *weight = field("weighted_n_node_samples");
  if (left == nullptr || right == nullptr || feature == nullptr || impurity == nullptr ||
      weight == nullptr)
    return e.error("model.sklearn.tree", "its node records lack fields");
  const auto at = [&](double node, const pickle::Field& f) {
    return tree.nodes.at(static_cast<std::size_t>(node), f);
  };
  const auto mass = [&](double node) { return at(node, *weight) * at(node, *impurity); };
  Values out(width);
  const auto count = static_cast<double>(tree.nodes.size());
  for (double i = 0; i < count; ++i) {
    const double l = at(i, *left), r = at(i, *right), f = at(i, *feature);
    if (l < 0) continue;
    if (!(l < count && r >= 0 && r < count && f >= 0 && f < static_cast<double>(width)))
      return e.error("model.sklearn.tree", "a node of its tree points to nowhere");
    out[static_cast<std::size_t>(f)] += mass(i) - mass(l) - mass(r);
  }
  const double root = at(0, *weight);
  for (double& each : out) each /= root;
  return out;
}

void normalize(Values* values) {
  const double sum = std::accumulate(values->begin(), values->end(), 0.0);
  for (double& each : *values) each = sum > 0 ? each / sum : each;
}

Result<Values> importances(const Estimator& e, std::size_t width) {
  if (e.has("coef_")) {
    ASSIGN_OR_RETURN(const Matrix coef, e.matrix("coef_"));
    Values out(coef.columns);
    for (std::size_t r = 0; r < coef.rows; ++r) {
      for (std::size_t c = 0; c < coef.columns; ++c) out[c] += std::abs(coef.at(r, c));
    }
    return out;
  }
  Values out(width);
  if (e.has("tree_")) {
    ASSIGN_OR_RETURN(out, tree_importances(e, width));
  } else if (e.has("estimators_")) {
    ASSIGN_OR_RETURN(const auto trees, e.children("estimators_"));
    for (const Estimator& tree : trees) {
      ASSIGN_OR_RETURN(Values each, tree_importances(tree, width));
      if (e.name().find("GradientBoosting") == std::string_view::npos) normalize(&each);
      for (std::size_t c = 0; c < width; ++c) out[c] += each[c] / static_cast<double>(trees.size());
    }
  } else {
    return Error(Code::kUnimplemented, "model.sklearn.importances",
                 fmt::format("{} tells no importances that slipway can work out", e.where()));
  }
  normalize(&out);
  return out;
}

double threshold_by_word(std::string_view word, const Values& scores) {
  double scale = 1;
  if (const auto star = word.find('*'); star != word.npos) {
    scale = parse_double(trim(word.substr(0, star))).value_or(1);
    word = trim(word.substr(star + 1));
  }
  if (word == "median") return scale * percentile_of(scores, 50);
  return scale * std::accumulate(scores.begin(), scores.end(), 0.0) /
         static_cast<double>(scores.size());
}

double threshold_of(const Estimator& e, const Estimator& inner, const Values& scores) {
  const std::string word = e.text("threshold", "");
  if (!word.empty()) return threshold_by_word(word, scores);
  if (e.has("threshold")) return e.number("threshold", 0.0);
  const bool elastic =
      inner.name().starts_with("ElasticNet") || inner.name().starts_with("LogisticRegression");
  const double ratio = inner.number("l1_ratio_", inner.number("l1_ratio", 0.0));
  const bool sparse = inner.text("penalty", "") == "l1" ||
                      inner.name().find("Lasso") != std::string_view::npos ||
                      (elastic && std::abs(ratio - 1) < 1e-5);
  return sparse ? 1e-5 : threshold_by_word("mean", scores);
}

Result<Table> from_model(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const Estimator inner,
                   e.child(e.has("estimator_") ? "estimator_" : "estimator"));
  if (e.number("norm_order", 1.0) != 1 || e.text("importance_getter", "auto") != "auto")
    return Error(
        Code::kUnimplemented, "model.sklearn.importances",
        fmt::format("{} has its own norm or importance_getter, which is not read", e.where()));
  ASSIGN_OR_RETURN(const Values scores, importances(inner, in.width()));
  const double threshold = threshold_of(e, inner, scores);
  const bool limited = e.has("max_features_") || e.has("max_features");
  Mask mask(scores.size(), true);
  if (limited) {
    Values negated = scores;
    for (double& each : negated) each = -each;
    const auto order = order_of(negated);
    const double most = e.number("max_features_", e.number("max_features", 0.0));
    mask.assign(scores.size(), false);
    for (std::size_t i = 0; i < order.size() && static_cast<double>(i) < most; ++i)
      mask[order[i]] = true;
  }
  for (std::size_t c = 0; c < scores.size(); ++c) mask[c] = mask[c] && !(scores[c] < threshold);
  return kept(e, in, mask, b);
}

constexpr std::array kKnown{
    Known{"SelectKBest", k_best},
    Known{"SelectPercentile", percentile},
    Known{"SelectFpr", false_positives},
    Known{"SelectFwe", family_wise},
    Known{"SelectFdr", false_discoveries},
    Known{"VarianceThreshold", variance_threshold},
    Known{"SequentialFeatureSelector", support},
    Known{"SelectFromModel", from_model},
    Known{"RFE", support, eliminated},
    Known{"RFECV", support, eliminated},
};

}  // namespace

std::span<const Known> selection_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
