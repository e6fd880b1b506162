// SPDX-License-Identifier: Apache-2.0
#include "evaluation/calendar.h"

#include <fmt/format.h>

namespace slipway::evaluation {
namespace {

struct Date {
  std::int64_t year;
  int month, day;
};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

// The year begins in March here, so that the leap day is its last.
Date date_of(std::int64_t days) {
  days += 719468;  // since 0000-03-01
  const std::int64_t era = floor_divide(days, 146097);
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

std::int64_t days_of(Date date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_divide(year, 400), year_of_era = year - era * 400;
  const int shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

// A week belongs to the year of its Thursday.
std::string week_label(std::int64_t week) {
  const std::int64_t thursday = week * 7;  // 1970-01-01 was one
  const std::int64_t year = date_of(thursday).year;
  return fmt::format("{:04}-W{:02}", year, (thursday - days_of({year, 1, 1})) / 7 + 1);
}

}  // namespace

std::int32_t period_of_day(std::int64_t days_since_epoch, By by) {
  switch (by) {
    case By::kNothing:
      return 0;
    case By::kDay:
      return static_cast<std::int32_t>(days_since_epoch);
    case By::kWeek:
      return static_cast<std::int32_t>(floor_divide(days_since_epoch + 3, 7));
    case By::kMonth:
      break;
  }
  const Date date = date_of(days_since_epoch);
  return static_cast<std::int32_t>(date.year * 12 + date.month - 1);
}

std::int32_t period_of(std::int64_t us_since_epoch, By by) {
  constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000;
  return period_of_day(floor_divide(us_since_epoch, kDay), by);
}

std::string period_label(std::int32_t key, By by) {
  if (by == By::kWeek) return week_label(key);
  if (by == By::kMonth) {
    const std::int64_t year = floor_divide(key, 12);
    return fmt::format("{:04}-{:02}", year, key - year * 12 + 1);
  }
  const Date date = date_of(key);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

}  // namespace slipway::evaluation
