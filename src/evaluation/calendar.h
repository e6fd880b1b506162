// Periods of the calendar in UTC: days, ISO 8601 weeks (Monday to Sunday), months.
//
//   const std::int32_t key = period_of(time_us, By::kMonth);     // orders like time
//   period_label(key, By::kMonth)                                // "2013-07"
//
// Pure functions; safe from any thread. Source: Hinnant, "chrono-compatible low-level date algorithms".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "evaluation/evaluator.h"

namespace slipway::evaluation {

inline constexpr std::int32_t kNoPeriod = INT32_MIN;

std::int32_t period_of(std::int64_t us_since_epoch, By by);
std::int32_t period_of_day(std::int64_t days_since_epoch, By by);
// "2013-07-01", "2013-W27", "2013-07"
std::string period_label(std::int32_t key, By by);

}  // namespace slipway::evaluation
