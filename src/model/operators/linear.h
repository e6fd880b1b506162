// Dot products and what is made of them: linear models, networks, pairs of classes.
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

// out[j] = sum over i of x[i] * weights[i * columns + j], then + bias[j]. Several columns: i rising.
// One column: eight sums, of the i that leave the same rest by 8, each i rising; then sums k and
// k + 4 are added, of these k and k + 2, of these the two. An x[i] of 0 may be passed over: weights
// are finite.
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
