// Report values as the words and figures that all forms of a report share. Pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evaluation/report.h"

namespace slipway::evaluation {

std::string_view word_of(Verdict verdict);
std::string_view word_of(Task task);
std::string_view word_of(ColumnProblem problem);

// "0.123", or "-" where there is nothing.
std::string figure(const std::optional<double>& value, int decimals = 3);
// "12.5 %" with a no-break space; small shares are "< 0.1 %", zero is "0 %".
std::string percent(double share);
std::string missing_share(const ColumnSummary& column);

// The one sentence at the top.
std::string headline(const Report& report);

// The measure that matters first for the task, with its name: AUC, accuracy or RMSE.
std::string_view main_measure_name(Task task);
std::optional<double> main_measure(Task task, const std::optional<Performance>& performance);

}  // namespace slipway::evaluation
