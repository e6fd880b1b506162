// Dot products, distances and what is made of them: linear models, networks, kernels, neighbours.
// Training libraries leave these sums to BLAS, whose order is not defined; here it is fixed, so
// that every machine gives the same bits. Plain data; model/operator.h checks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "model/array.h"
#include "model/operators/field.h"

namespace slipway::model {

// out[j] = sum over i of x[i] * weights[i * columns + j], i rising, then + bias[j].
struct MatMul {
  static constexpr std::string_view kName = "matmul";
  std::uint32_t columns = 1;
  Array<double> weights;
  Array<double> bias;  // per column; empty: none
  static constexpr auto fields() {
    return std::tuple{field("columns", &MatMul::columns), field("weights", &MatMul::weights),
                      field("bias", &MatMul::bias)};
  }
};

enum class Metric : std::uint8_t {
  kDot,
  kSquaredEuclidean,
  kEuclidean,
  kManhattan,
  kChebyshev,
  kMinkowski,
  kCosine,
  kHamming
};
constexpr std::array<std::string_view, 8> words(Metric) {
  return {"dot",       "squared_euclidean", "euclidean", "manhattan",
          "chebyshev", "minkowski",         "cosine",    "hamming"};
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
// values added. `normalize` divides by the sum of weights. Without any neighbour: `empty`.
struct Neighbors {
  static constexpr std::string_view kName = "neighbors";
  std::uint32_t k = 0;  // 0: by radius
  double radius = 0;
  bool by_distance = false;
  bool normalize = true;
  std::uint32_t columns = 1;
  Array<double> values;  // points x columns
  Array<double> empty;   // per column
  static constexpr auto fields() {
    return std::tuple{field("k", &Neighbors::k),
                      field("radius", &Neighbors::radius),
                      field("by_distance", &Neighbors::by_distance),
                      field("normalize", &Neighbors::normalize),
                      field("columns", &Neighbors::columns),
                      field("values", &Neighbors::values),
                      field("empty", &Neighbors::empty)};
  }
};

// One-against-one: the input has a decision for each pair of classes (0,1), (0,2), ..., (1,2), ...;
// positive speaks for the first.
//   kVotes         votes per class
//   kOneVsRest     votes per class plus the sum of decisions squeezed into (-1/3, 1/3):
//                  scikit-learn's _ovr_decision_function
//   kCoupling      probabilities: Wu, Lin and Weng, "Probability Estimates for Multi-class
//                  Classification by Pairwise Coupling", 2004, method 2, as LIBSVM does it;
//                  the input holds the pairwise probabilities of the first
enum class PairRule : std::uint8_t { kVotes, kOneVsRest, kCoupling };
constexpr std::array<std::string_view, 3> words(PairRule) {
  return {"votes", "one_vs_rest", "coupling"};
}
struct Pairs {
  static constexpr std::string_view kName = "pairs";
  PairRule rule = PairRule::kVotes;
  std::uint32_t classes = 2;
  static constexpr auto fields() {
    return std::tuple{field("rule", &Pairs::rule), field("classes", &Pairs::classes)};
  }
};

}  // namespace slipway::model
