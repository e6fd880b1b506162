// Nearest neighbours: KNeighbors*, RadiusNeighbors*, NearestCentroid, LocalOutlierFactor. All of
// the training rows are the model. Trees and brute force find the same neighbours, so only
// distances are kept; of rows at the same distance the first counts, which scikit-learn leaves
// open.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/math/elementary.h"
#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/registry.h"
#include "model/import/sklearn/sparse.h"
#include "model/import/sklearn/targets.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kSumsWhy =
    "sums over columns and neighbours have another order in scikit-learn";
constexpr std::string_view kBruteWhy =
    "scikit-learn's brute force takes a distance from a difference of squares, which loses half of "
    "its digits near a training row, and weighs by it";

Error not_read(const Estimator& e, const char* reason, std::string what) {
  return Error(Code::kUnimplemented, reason,
               fmt::format("{} {}; or export the model to ONNX (skl2onnx.to_onnx)", e.where(),
                           std::move(what)));
}

struct NamedMetric {
  std::string_view name;
  Metric metric;
};
constexpr std::array kMetrics{
    NamedMetric{"euclidean", Metric::kEuclidean},
    NamedMetric{"l2", Metric::kEuclidean},
    NamedMetric{"sqeuclidean", Metric::kSquaredEuclidean},
    NamedMetric{"manhattan", Metric::kManhattan},
    NamedMetric{"cityblock", Metric::kManhattan},
    NamedMetric{"l1", Metric::kManhattan},
    NamedMetric{"chebyshev", Metric::kChebyshev},
    NamedMetric{"infinity", Metric::kChebyshev},
    NamedMetric{"minkowski", Metric::kMinkowski},
    NamedMetric{"p", Metric::kMinkowski},
    NamedMetric{"cosine", Metric::kCosine},
    NamedMetric{"hamming", Metric::kHamming},
    NamedMetric{"canberra", Metric::kCanberra},
    NamedMetric{"braycurtis", Metric::kBrayCurtis},
    NamedMetric{"nan_euclidean", Metric::kNanEuclidean},
};

Result<Metric> metric_of(const Estimator& e, std::string_view attribute) {
  const std::string name = e.text(attribute, "");
  std::string known;
  for (const NamedMetric& each : kMetrics) {
    if (each.name == name) return each.metric;
    known += (known.empty() ? "" : ", ") + std::string(each.name);
  }
  ASSIGN_OR_RETURN(const Value* value, e.require(attribute));
  return not_read(
      e, "model.sklearn.metric",
      fmt::format("measures distances by {}, which slipway does not read: read are {}",
                  name.empty() ? pickle::describe(*value) : fmt::format("'{}'", name), known));
}

// The exponent, and a refusal of all other parameters (weights of columns, covariances).
Result<double> exponent_of(const Estimator& e) {
  const Value* parameters = e.find("effective_metric_params_");
  double p = 2;
  if (parameters == nullptr || parameters->kind != Kind::kDict) return p;
  for (const auto& [key, value] : parameters->entries) {
    if (value->kind == Kind::kNone) continue;
    if (key->text != "p")
      return not_read(
          e, "model.sklearn.metric",
          fmt::format("gives its metric the parameter '{}', which slipway does not read",
                      key->text));
    ASSIGN_OR_RETURN(const Scalar scalar, scalar_of(*value));
    p = scalar.number;
  }
  return p;
}

struct Measured {
  ValueId distances = 0;
  std::size_t points = 0;
  bool lossy = false;  // in scikit-learn
};

Result<Measured> measured(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(Metric metric, metric_of(e, "effective_metric_"));
  ASSIGN_OR_RETURN(const double p, exponent_of(e));
  ASSIGN_OR_RETURN(const Matrix points, dense_or_sparse(e, "_fit_X"));
  if (points.columns != in.width() || points.rows == 0)
    return e.error("model.sklearn.attribute", "its training rows do not fit the columns");
  if (metric == Metric::kMinkowski && p == 2) metric = Metric::kEuclidean;
  if (metric == Metric::kMinkowski && p == 1) metric = Metric::kManhattan;
  if (metric == Metric::kMinkowski && std::isinf(p)) metric = Metric::kChebyshev;
  const Requirement finite =
      metric == Metric::kNanEuclidean ? Requirement::kNoInfinity : Requirement::kFinite;
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, finite, e));
  Measured out{.points = points.rows};
  out.lossy = metric == Metric::kCosine || metric == Metric::kNanEuclidean ||
              (e.text("_fit_method", "brute") == "brute" &&
               (metric == Metric::kEuclidean || metric == Metric::kSquaredEuclidean));
  ASSIGN_OR_RETURN(out.distances, b.add({rows}, Distances{metric, p, points.values}));
  return out;
}

Result<bool> weighs_by_distance(const Estimator& e, bool lossy, Builder& b) {
  const Value* weights = e.find("weights");
  const std::string word = e.text("weights", "");
  if (weights == nullptr || weights->kind == Kind::kNone || word == "uniform") return false;
  if (word != "distance")
    return not_read(e, "model.sklearn.weights",
                    fmt::format("weighs neighbours by {}, and slipway never runs code from a file: "
                                "'uniform' and 'distance' are read",
                                word.empty() ? pickle::describe(*weights) : word));
  b.bound(lossy ? 1e-6 : 1e-12, 4, lossy ? kBruteWhy : kSumsWhy);
  return true;
}

Result<Neighbors> choice_of(const Estimator& e, bool by_radius, const Measured& m, Builder& b) {
  Neighbors op;
  ASSIGN_OR_RETURN(op.by_distance, weighs_by_distance(e, m.lossy, b));
  if (by_radius) {
    ASSIGN_OR_RETURN(op.radius, e.number("radius"));
    return op;
  }
  ASSIGN_OR_RETURN(const std::int64_t k, e.integer("n_neighbors"));
  if (k < 1 || static_cast<std::size_t>(k) > m.points)
    return e.error("model.sklearn.attribute",
                   fmt::format("n_neighbors is {} of {} training rows", k, m.points));
  op.k = static_cast<std::uint32_t>(k);
  return op;
}

// ---- classifiers ----

// What a row without neighbours gets: an error, a class, or no class at all.
Result<void> set_outlier(const Estimator& e, const std::vector<Scalar>& classes, Neighbors* op) {
  if (!e.has("outlier_label_")) {
    op->who = {std::string(e.name())};
    return {};
  }
  ASSIGN_OR_RETURN(const auto labels, e.scalars("outlier_label_"));
  for (std::size_t i = 0; labels.size() == 1 && i < classes.size(); ++i) {
    const bool same =
        classes[i].kind == Scalar::Kind::kText || labels[0].kind == Scalar::Kind::kText
            ? classes[i].text == labels[0].text
            : classes[i].number == labels[0].number;
    if (!same) continue;
    std::vector<double> empty(classes.size());
    empty[i] = 1;
    op->empty = std::move(empty);
    return {};
  }
  return not_read(e, "model.sklearn.outlier_label",
                  "has an outlier_label that is none of its classes: choose one of them or "
                  "'most_frequent'");
}

// Votes of the neighbours for the classes of each target.
Result<Predicted> targets(const Estimator& e, const Table& in, bool by_radius, Builder& b) {
  if (by_radius)
    return not_read(e, "model.sklearn.targets",
                    "classifies several targets at once, which is read of KNeighborsClassifier "
                    "only: fit one classifier for each");
  ASSIGN_OR_RETURN(const TargetClasses classes, classes_of_targets(e));
  ASSIGN_OR_RETURN(const Measured m, measured(e, in, b));
  ASSIGN_OR_RETURN(const auto labels, e.vector("_y", m.points * classes.size()));
  std::vector<ValueId> shares;
  for (std::size_t j = 0; j < classes.size(); ++j) {
    ASSIGN_OR_RETURN(Neighbors op, choice_of(e, by_radius, m, b));
    std::vector<double> votes(m.points * classes[j].size());
    for (std::size_t i = 0; i < m.points; ++i) {
      const double label = labels[i * classes.size() + j];
      if (!(label >= 0 && label < static_cast<double>(classes[j].size())))
        return e.error("model.sklearn.classes", "a training row has a class that is not listed");
      votes[i * classes[j].size() + static_cast<std::size_t>(label)] = 1;
    }
    op.columns = static_cast<std::uint32_t>(classes[j].size());
    op.values = std::move(votes);
    op.empty = std::vector<double>(classes[j].size());
    op.normalize = false;
    ASSIGN_OR_RETURN(const ValueId sums, b.add({m.distances}, std::move(op)));
    ASSIGN_OR_RETURN(const ValueId total, b.reduce(sums, ReduceKind::kSum));
    ASSIGN_OR_RETURN(shares.emplace_back(), b.combine(Arith::kDiv, sums, total));
  }
  ASSIGN_OR_RETURN(const ValueId all, b.concat(std::move(shares)));
  return targets_of(e, classes, all, b);
}

Result<Predicted> classifier(const Estimator& e, const Table& in, bool by_radius, Builder& b) {
  if (e.flag("outputs_2d_", false)) return targets(e, in, by_radius, b);
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const Measured m, measured(e, in, b));
  ASSIGN_OR_RETURN(Neighbors op, choice_of(e, by_radius, m, b));
  ASSIGN_OR_RETURN(const auto labels, e.vector("_y", m.points));
  const std::size_t classes = out.classes.size();
  std::vector<double> votes(m.points * classes);
  for (std::size_t i = 0; i < m.points; ++i) {
    if (!(labels[i] >= 0 && labels[i] < static_cast<double>(classes)))
      return e.error("model.sklearn.classes", "a training row has a class that is not listed");
    votes[i * classes + static_cast<std::size_t>(labels[i])] = 1;
  }
  op.columns = static_cast<std::uint32_t>(classes);
  op.values = std::move(votes);
  op.empty = std::vector<double>(classes);
  op.normalize = false;
  if (by_radius) RETURN_IF_ERROR(set_outlier(e, out.classes, &op));
  ASSIGN_OR_RETURN(const ValueId sums, b.add({m.distances}, std::move(op)));
  ASSIGN_OR_RETURN(const ValueId total, b.reduce(sums, ReduceKind::kSum));
  ASSIGN_OR_RETURN(out.probabilities, b.combine(Arith::kDiv, sums, total));
  ASSIGN_OR_RETURN(out.label, b.reduce(sums, ReduceKind::kArgMax));
  return out;
}

Result<Predicted> k_classifier(const Estimator& e, const Table& in, Builder& b) {
  return classifier(e, in, false, b);
}
Result<Predicted> radius_classifier(const Estimator& e, const Table& in, Builder& b) {
  return classifier(e, in, true, b);
}

// ---- regressors ----

Result<Predicted> regressor(const Estimator& e, const Table& in, bool by_radius, Builder& b) {
  ASSIGN_OR_RETURN(const Measured m, measured(e, in, b));
  ASSIGN_OR_RETURN(Neighbors op, choice_of(e, by_radius, m, b));
  ASSIGN_OR_RETURN(const Value* target, e.require("_y"));
  ASSIGN_OR_RETURN(auto values, e.vector("_y"));
  if (values.empty() || values.size() % m.points != 0)
    return e.error("model.sklearn.attribute", "its targets do not fit its training rows");
  op.columns = static_cast<std::uint32_t>(values.size() / m.points);
  op.values = std::move(values);
  // numpy makes the least integer of NaN where the targets are integers.
  const bool integers = target->kind == Kind::kArray && target->array->kind == 'i';
  op.empty = std::vector<double>(op.columns, integers ? -0x1p63 : kNaN);
  b.bound(1e-12, 4, kSumsWhy);
  ASSIGN_OR_RETURN(const ValueId value, b.add({m.distances}, std::move(op)));
  return Predicted{.value = value};
}

Result<Predicted> k_regressor(const Estimator& e, const Table& in, Builder& b) {
  return regressor(e, in, false, b);
}
Result<Predicted> radius_regressor(const Estimator& e, const Table& in, Builder& b) {
  return regressor(e, in, true, b);
}

// ---- nearest centroid ----

// Scores by distance within the classes' spread and prior, which it has since 1.6.
Result<ValueId> centroid_scores(const Estimator& e, ValueId rows, Matrix centroids, Metric metric,
                                Builder& b) {
  ASSIGN_OR_RETURN(auto spread, e.vector("within_class_std_dev_", centroids.columns));
  ASSIGN_OR_RETURN(auto prior, e.vector("class_prior_", centroids.rows));
  std::replace(spread.begin(), spread.end(), 0.0, 1.0);
  for (std::size_t i = 0; i < centroids.values.size(); ++i)
    centroids.values[i] /= spread[i % centroids.columns];
  for (double& p : prior) p = 2 * math::log(p);
  ASSIGN_OR_RETURN(const ValueId scaled, b.arith(rows, Arith::kDiv, std::move(spread)));
  ASSIGN_OR_RETURN(ValueId value,
                   b.add({scaled}, Distances{metric, 2, std::move(centroids.values)}));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kSquare));
  return b.arith(value, Arith::kRsub, std::move(prior));
}

bool all_alike(const std::vector<double>& prior) {
  const double same = 1 / static_cast<double>(prior.size());
  return std::all_of(prior.begin(), prior.end(),
                     [=](double p) { return std::abs(p - same) <= 1e-8 + 1e-5 * same; });
}

Result<Predicted> nearest_centroid(const Estimator& e, const Table& in, Builder& b) {
  Predicted out;
  ASSIGN_OR_RETURN(out.classes, classes_of(e));
  ASSIGN_OR_RETURN(const Metric metric, metric_of(e, "metric"));
  ASSIGN_OR_RETURN(const Matrix centroids, e.matrix("centroids_"));
  if (centroids.rows != out.classes.size() || centroids.columns != in.width())
    return e.error("model.sklearn.attribute", "centroids_ do not fit its classes and columns");
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  const bool scored = e.has("class_prior_");
  std::vector<double> prior;
  if (scored) {
    ASSIGN_OR_RETURN(prior, e.vector("class_prior_", out.classes.size()));
  }
  if (all_alike(prior)) {
    ASSIGN_OR_RETURN(const ValueId far, b.add({rows}, Distances{metric, 2, centroids.values}));
    ASSIGN_OR_RETURN(out.label, b.reduce(far, ReduceKind::kArgMin));
  }
  if (!scored || (metric != Metric::kEuclidean && out.label)) return out;
  ASSIGN_OR_RETURN(const ValueId scores, centroid_scores(e, rows, centroids, metric, b));
  if (!out.label) {
    ASSIGN_OR_RETURN(out.label, b.reduce(scores, ReduceKind::kArgMax));
  }
  if (metric != Metric::kEuclidean) return out;
  b.bound_margin();
  b.bound(1e-12, 4, kSumsWhy);
  out.decision = scores;
  if (out.classes.size() == 2) {
    ASSIGN_OR_RETURN(const ValueId first, b.select(scores, {0}));
    ASSIGN_OR_RETURN(const ValueId second, b.select(scores, {1}));
    ASSIGN_OR_RETURN(out.decision, b.combine(Arith::kSub, second, first));
  }
  ASSIGN_OR_RETURN(out.probabilities, b.link(scores, LinkKind::kSoftmax));
  return out;
}

// ---- local outlier factor ----

Result<Predicted> local_outlier_factor(const Estimator& e, const Table& in, Builder& b) {
  if (!e.flag("novelty", false))
    return not_read(e, "model.sklearn.novelty",
                    "judges only its own training rows: fit it with novelty=True");
  ASSIGN_OR_RETURN(const Measured m, measured(e, in, b));
  ASSIGN_OR_RETURN(const std::int64_t k, e.integer("n_neighbors_"));
  ASSIGN_OR_RETURN(const Matrix near, e.matrix("_distances_fit_X_"));
  ASSIGN_OR_RETURN(auto density, e.vector("_lrd", m.points));
  ASSIGN_OR_RETURN(const double offset, e.number("offset_"));
  if (k < 1 || near.rows != m.points || near.columns < static_cast<std::size_t>(k))
    return e.error("model.sklearn.attribute", "_distances_fit_X_ does not fit its neighbours");
  std::vector<double> reach;  // of each training row: to its own k-th neighbour
  for (std::size_t i = 0; i < near.rows; ++i)
    reach.push_back(near.at(i, static_cast<std::size_t>(k) - 1));
  b.bound_margin();
  b.bound(m.lossy ? 1e-6 : 1e-12, 4, m.lossy ? kBruteWhy : kSumsWhy);
  const auto count = static_cast<std::uint32_t>(k);
  ASSIGN_OR_RETURN(const ValueId far, b.arith(m.distances, Arith::kMax, std::move(reach)));
  ASSIGN_OR_RETURN(ValueId own, b.add({m.distances, far}, NearestMean{count}));
  ASSIGN_OR_RETURN(own, b.arith(own, Arith::kAdd, {1e-10}));
  ASSIGN_OR_RETURN(ValueId value, b.add({m.distances}, Neighbors{.k = count,
                                                                 .values = std::move(density),
                                                                 .empty = std::vector<double>{0}}));
  ASSIGN_OR_RETURN(value, b.combine(Arith::kMul, value, own));
  ASSIGN_OR_RETURN(value, b.map(value, MapKind::kNegate));
  ASSIGN_OR_RETURN(value, b.arith(value, Arith::kSub, {offset}));
  return outlier_labels(value, b);
}

constexpr std::array kKnown{
    Known{"KNeighborsClassifier", nullptr, k_classifier},
    Known{"KNeighborsRegressor", nullptr, k_regressor},
    Known{"RadiusNeighborsClassifier", nullptr, radius_classifier},
    Known{"RadiusNeighborsRegressor", nullptr, radius_regressor},
    Known{"NearestCentroid", nullptr, nearest_centroid},
    Known{"LocalOutlierFactor", nullptr, local_outlier_factor},
};

}  // namespace

std::span<const Known> neighbor_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
