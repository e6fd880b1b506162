// SPDX-License-Identifier: Apache-2.0
#include "evaluation/share_distances.h"

#include <algorithm>
#include <cmath>

#include "base/math/elementary.h"

namespace slipway::evaluation {
namespace {

double relative_entropy_term(double share, double middle) {
  return share > 0 ? share * math::log(share / middle) : 0.0;
}

}  // namespace

double jensen_shannon(std::span<const double> reference, std::span<const double> current) {
  double divergence = 0;
  for (std::size_t bin = 0; bin < reference.size(); ++bin) {
    const double middle = (reference[bin] + current[bin]) / 2;
    divergence += relative_entropy_term(reference[bin], middle);
    divergence += relative_entropy_term(current[bin], middle);
  }
  return std::sqrt(std::max(divergence, 0.0) / 2);
}

double hellinger(std::span<const double> reference, std::span<const double> current) {
  double sum = 0;
  for (std::size_t bin = 0; bin < reference.size(); ++bin) {
    const double difference = std::sqrt(reference[bin]) - std::sqrt(current[bin]);
    sum += difference * difference;
  }
  return std::sqrt(sum / 2);
}

double l_infinity(std::span<const double> reference, std::span<const double> current) {
  double largest = 0;
  for (std::size_t bin = 0; bin < reference.size(); ++bin) {
    largest = std::max(largest, std::abs(reference[bin] - current[bin]));
  }
  return largest;
}

}  // namespace slipway::evaluation
