// Clusters by their centres: the nearest one is the label.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "model/import/sklearn/answers.h"
#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

Result<ValueId> distances(const Estimator& e, const Table& in, std::string_view centers,
                          Metric metric, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId rows, b.numbers(in, Requirement::kFinite, e));
  ASSIGN_OR_RETURN(const Matrix points, e.matrix(centers));
  if (points.columns != in.width())
    return e.error("model.sklearn.attribute", "its centres do not fit the columns");
  return b.add({rows}, Distances{metric, 2, points.values});
}

std::vector<Scalar> numbered_classes(std::size_t count) {
  std::vector<Scalar> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({Scalar::Kind::kNumber, static_cast<double>(i), std::to_string(i)});
  return out;
}

Result<Predicted> nearest_center(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId squared,
                   distances(e, in, "cluster_centers_", Metric::kSquaredEuclidean, b));
  Predicted out;
  out.classes = numbered_classes(b.width(squared));
  ASSIGN_OR_RETURN(out.label, b.reduce(squared, ReduceKind::kArgMin));
  return out;
}

Result<Table> to_centers(const Estimator& e, const Table& in, Builder& b) {
  b.bound(1e-7, 4, "scikit-learn takes distances as x.x - 2 x.y + y.y, which loses digits near 0");
  ASSIGN_OR_RETURN(const ValueId value,
                   distances(e, in, "cluster_centers_", Metric::kEuclidean, b));
  return made_columns(value, b.width(value), "cluster");
}

// Birch: the nearest subcluster, and the label of that.
Result<Predicted> birch(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const ValueId squared,
                   distances(e, in, "subcluster_centers_", Metric::kSquaredEuclidean, b));
  ASSIGN_OR_RETURN(const auto labels, e.vector("subcluster_labels_", b.width(squared)));
  ASSIGN_OR_RETURN(const ValueId nearest, b.reduce(squared, ReduceKind::kArgMin));
  LookupBuilder lookup;
  lookup.begin_column("subcluster", 0, 0, 0);
  double largest = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    lookup.add(static_cast<double>(i), labels[i]);
    largest = std::max(largest, labels[i]);
  }
  Predicted out;
  if (!(largest < 1 << 20)) return e.error("model.sklearn.attribute", "its labels are no numbers");
  out.classes = numbered_classes(static_cast<std::size_t>(largest) + 1);
  ASSIGN_OR_RETURN(out.label, b.add({nearest}, std::move(lookup).finish()));
  return out;
}

constexpr std::array kKnown{
    Known{"KMeans", to_centers, nearest_center},
    Known{"MiniBatchKMeans", to_centers, nearest_center},
    Known{"MeanShift", nullptr, nearest_center},
    Known{"AffinityPropagation", nullptr, nearest_center},
    Known{"Birch", nullptr, birch},
};

}  // namespace

std::span<const Known> cluster_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
