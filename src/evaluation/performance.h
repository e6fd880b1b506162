// Predictions against what happened: everything a Performance holds, for each task.
//
//   binary_performance({.p = p, .actual = actual, .label = label, .classes = classes, .positive = 1})
//   regression_performance(predicted, actual)
//
// Rows without a target, or whose prediction is no finite number, are left out by the caller. Zero rows give a Performance
// with nothing in it. Pure functions; safe from any thread. Definitions: docs/reference/monitoring.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/report.h"

namespace slipway::evaluation {

// One length; values are indices into classes.
struct Labels {
  std::span<const std::int32_t> actual;
  std::span<const std::int32_t> predicted;  // -1: a label that is no class
  const std::vector<std::string>& classes;
};

// p: of the positive class.
Performance binary_performance(const Labels& labels, std::span<const double> p,
                               std::int32_t positive);
// p: one span per class, or none if there are no probabilities.
Performance multiclass_performance(const Labels& labels,
                                   std::span<const std::span<const double>> p);
Performance regression_performance(std::span<const double> predicted,
                                   std::span<const double> actual);

}  // namespace slipway::evaluation
