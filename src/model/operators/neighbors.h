// Distances and what is made of them: kernels, clusters, neighbours. Sums have a fixed order, so
// that every machine gives the same bits. Plain data; model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// As scikit-learn and scipy define them. kCosine takes a row of zeros as its own direction: its
// distance to anything is 1. kNanEuclidean leaves out what is missing on either side and scales up
// what is left; NaN if nothing is.
enum class Metric : std::uint8_t {
  kDot,
  kSquaredEuclidean,
  kEuclidean,
  kManhattan,
  kChebyshev,
  kMinkowski,
  kCosine,
  kHamming,
  kCanberra,
  kBrayCurtis,
  kNanEuclidean
};
constexpr std::array<std::string_view, 11> words(Metric) {
  return {"dot",    "squared_euclidean", "euclidean", "manhattan",  "chebyshev",    "minkowski",
          "cosine", "hamming",           "canberra",  "braycurtis", "nan_euclidean"};
}

// Column j: the distance (kDot: the product) of the row and point j.
struct Distances {
  static constexpr std::string_view kName = "distances";
  Metric metric = Metric::kEuclidean;
  double p = 2;          // of kMinkowski
  Array<double> points;  // row-major, as wide as the input
  static constexpr auto fields() {
    return std::tuple{field("metric", &Distances::metric), field("p", &Distances::p),
                      field("points", &Distances::points)};
  }
};

// What the nearest points say. The input is a matrix of distances (Distances); each point has
// `columns` values. The nearest k points (of equals: the first), or all within the radius, are
// weighed (all alike, or by 1 / distance, where a distance of 0 silences the others) and their
// values added. `normalize` divides by the sum of weights. Without any neighbour: `empty`, or, if
// `who` names an estimator, the row is refused in its name.
struct Neighbors {
  static constexpr std::string_view kName = "neighbors";
  std::uint32_t k = 0;  // 0: by radius
  double radius = 0;
  bool by_distance = false;
  bool normalize = true;
  std::uint32_t columns = 1;
  Array<double> values;          // points x columns
  Array<double> empty;           // per column
  std::vector<std::string> who;  // one text or none
  static constexpr auto fields() {
    return std::tuple{field("k", &Neighbors::k),
                      field("radius", &Neighbors::radius),
                      field("by_distance", &Neighbors::by_distance),
                      field("normalize", &Neighbors::normalize),
                      field("columns", &Neighbors::columns),
                      field("values", &Neighbors::values),
                      field("empty", &Neighbors::empty),
                      field("who", &Neighbors::who)};
  }
};

// Two inputs, distances and values, a column per point each: the mean of the values of the k
// nearest points.
struct NearestMean {
  static constexpr std::string_view kName = "nearest_mean";
  std::uint32_t k = 1;
  static constexpr auto fields() { return std::tuple{field("k", &NearestMean::k)}; }
};

// Fills in what is missing (NaN) from the nearest points that have it, nearest by kNanEuclidean:
// their mean, weighed as in Neighbors. `otherwise` where no such point shares a column with the
// row; points that share none with it count only if `strangers`. Columns that no point has become 0.
struct NeighborFill {
  static constexpr std::string_view kName = "neighbor_fill";
  std::uint32_t k = 1;
  bool by_distance = false;
  Array<double> points;     // row-major; NaN is missing
  Array<double> otherwise;  // per column
  bool strangers = false;
  static constexpr auto fields() {
    return std::tuple{
        field("k", &NeighborFill::k), field("by_distance", &NeighborFill::by_distance),
        field("points", &NeighborFill::points), field("otherwise", &NeighborFill::otherwise),
        field("strangers", &NeighborFill::strangers)};
  }
};

}  // namespace slipway::model
