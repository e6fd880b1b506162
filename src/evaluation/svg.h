// Plots as inline SVG, coloured by the page's own style so that they follow light and dark. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/report.h"

namespace slipway::evaluation {

// Reference as a grey area, current as bars, side by side in one small picture without axes.
std::string svg_mini_histogram(const Histogram& histogram);

// The same with axes and labels.
std::string svg_histogram(const Histogram& histogram);

// One value per label, joined by a line; gaps where there is none. `reference` is drawn as a dashed line.
std::string svg_line(const std::vector<std::string>& labels,
                     const std::vector<std::optional<double>>& values,
                     std::optional<double> reference, std::string_view title);

// Observed share over predicted, with the diagonal.
std::string svg_calibration(const std::vector<CalibrationBin>& reference,
                            const std::vector<CalibrationBin>& current);

}  // namespace slipway::evaluation
