// SPDX-License-Identifier: Apache-2.0
#include "evaluation/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/math/elementary.h"
#include "evaluation/finite.h"

namespace slipway::evaluation {
namespace {

constexpr std::size_t kBins = 10;

struct BinSums {
  std::array<double, kBins> predicted{};
  std::array<std::int64_t, kBins> positives{};
  std::array<std::int64_t, kBins> rows{};
};

std::vector<CalibrationBin> bins_of(const BinSums& sums) {
  std::vector<CalibrationBin> bins;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::int64_t rows = sums.rows[bin];
    if (rows == 0) continue;
    bins.push_back({.predicted = sums.predicted[bin] / static_cast<double>(rows),
                    .observed = ratio(sums.positives[bin], rows),
                    .rows = rows});
  }
  return bins;
}

std::size_t bin_of_width(double p) {
  std::size_t bin = 0;
  while (bin + 1 < kBins && p > static_cast<double>(bin + 1) * 0.1) ++bin;
  return bin;
}

}  // namespace

double log_loss_of(double probability) {
  constexpr double kLeast = std::numeric_limits<double>::epsilon();
  return -math::log(std::clamp(probability, kLeast, 1 - kLeast));
}

double log_loss(std::span<const double> p, std::span<const std::uint8_t> actual) {
  double sum = 0;
  for (std::size_t row = 0; row < p.size(); ++row) {
    sum += log_loss_of(actual[row] != 0 ? p[row] : 1 - p[row]);
  }
  return sum / static_cast<double>(p.size());
}

double brier_score(std::span<const double> p, std::span<const std::uint8_t> actual) {
  double sum = 0;
  for (std::size_t row = 0; row < p.size(); ++row) {
    const double error = p[row] - actual[row];
    sum += error * error;
  }
  return sum / static_cast<double>(p.size());
}

std::vector<CalibrationBin> calibration_bins(std::span<const double> p,
                                             std::span<const std::uint8_t> actual) {
  BinSums sums;
  for (std::size_t row = 0; row < p.size(); ++row) {
    const std::size_t bin = bin_of_width(p[row]);
    sums.predicted[bin] += p[row];
    sums.positives[bin] += actual[row];
    ++sums.rows[bin];
  }
  return bins_of(sums);
}

std::vector<CalibrationBin> calibration_bins_by_frequency(std::span<const ScoreGroup> groups) {
  std::int64_t total = 0, before = 0;
  for (const auto& group : groups) total += group.rows;
  BinSums sums;
  for (const auto& group : groups) {
    const auto middle = static_cast<std::size_t>(2 * before + group.rows);
    const std::size_t bin = middle * kBins / static_cast<std::size_t>(2 * total);
    sums.predicted[bin] += group.score * static_cast<double>(group.rows);
    sums.positives[bin] += group.positives;
    sums.rows[bin] += group.rows;
    before += group.rows;
  }
  return bins_of(sums);
}

double expected_calibration_error(std::span<const CalibrationBin> bins) {
  double sum = 0, rows = 0;
  for (const auto& bin : bins) {
    sum += static_cast<double>(bin.rows) * std::abs(bin.observed - bin.predicted);
    rows += static_cast<double>(bin.rows);
  }
  return sum / rows;
}

}  // namespace slipway::evaluation
