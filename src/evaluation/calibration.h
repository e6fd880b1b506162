// How far predicted probabilities are from what happened.
//
//   log_loss(p, actual), brier_score(p, actual)
//   const auto bins = calibration_bins(p, actual);        // ten of equal width, empty ones left out
//   expected_calibration_error(bins)
//
// Pure functions; safe from any thread. Spans of one length, not empty; p finite; actual is 0 or 1.
// Source of the error: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (2015).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/ranking.h"
#include "evaluation/report.h"

namespace slipway::evaluation {

// Mean of -ln(probability given to what happened); that probability counts as at least 2^-52, as scikit-learn has it.
double log_loss(std::span<const double> p, std::span<const std::uint8_t> actual);
// One term of it.
double log_loss_of(double probability);
double brier_score(std::span<const double> p, std::span<const std::uint8_t> actual);

// Bins (0, 0.1], (0.1, 0.2], ..., the first with 0: as scikit-learn's calibration_curve cuts.
std::vector<CalibrationBin> calibration_bins(std::span<const double> p,
                                             std::span<const std::uint8_t> actual);
// Ten bins of equal frequency; a group of ties lies whole in the bin of its middle.
std::vector<CalibrationBin> calibration_bins_by_frequency(std::span<const ScoreGroup> groups);

// Mean over rows of |predicted - observed| of their bin.
double expected_calibration_error(std::span<const CalibrationBin> bins);

}  // namespace slipway::evaluation
