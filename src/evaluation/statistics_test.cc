// Properties of the statistics; their values are compared with other implementations' in golden_test.cc.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "evaluation/bins.h"
#include "evaluation/calendar.h"
#include "evaluation/chi_square.h"
#include "evaluation/column_data.h"
#include "evaluation/kolmogorov.h"
#include "evaluation/psi.h"
#include "evaluation/ranking.h"
#include "evaluation/share_distances.h"
#include "evaluation/sort_numbers.h"
#include "evaluation/sorted_distances.h"
#include "evaluation/targets.h"

namespace slipway::evaluation {
namespace {

using Counts = std::vector<std::int64_t>;

TEST(PopulationStabilityIndex, IsZeroForTheSameDistributionWhateverTheSize) {
  EXPECT_EQ(population_stability_index(Counts{10, 20, 30}, Counts{100, 200, 300}, Fill::kFloor), 0);
}

TEST(PopulationStabilityIndex, IsSymmetric) {
  const Counts a{10, 20, 70, 0}, b{30, 30, 0, 40};
  EXPECT_DOUBLE_EQ(*population_stability_index(a, b, Fill::kFloor),
                   *population_stability_index(b, a, Fill::kFloor));
}

TEST(PopulationStabilityIndex, AnEmptyBinCountsAsOneInTenThousand) {
  const double expected = (1e-4 - 0.5) * std::log(1e-4 / 0.5) + (1.0 - 0.5) * std::log(1.0 / 0.5);
  EXPECT_NEAR(*population_stability_index(Counts{5, 5, 0}, Counts{0, 10, 0}, Fill::kFloor),
              expected, 1e-12);
}

TEST(PopulationStabilityIndex, IsAbsentWithoutRows) {
  EXPECT_FALSE(population_stability_index(Counts{0, 0}, Counts{1, 2}, Fill::kEvidently));
  EXPECT_FALSE(population_stability_index(Counts{1, 2}, Counts{0, 0}, Fill::kFloor));
}

TEST(ShareDistances, ReachTheirLargestValueWhenNothingIsShared) {
  const std::array<double, 2> a{1, 0}, b{0, 1};
  EXPECT_DOUBLE_EQ(jensen_shannon(a, b), std::sqrt(std::log(2.0)));
  EXPECT_DOUBLE_EQ(hellinger(a, b), 1);
  EXPECT_DOUBLE_EQ(l_infinity(a, b), 1);
}

TEST(SortedDistances, MeasureAShiftInTheUnitOfTheColumn) {
  const std::array<double, 3> a{1, 2, 3}, b{11, 12, 13};
  EXPECT_DOUBLE_EQ(sorted_distances(a, b).wasserstein, 10);
  EXPECT_DOUBLE_EQ(sorted_distances(a, b).ks, 1);
  EXPECT_DOUBLE_EQ(sorted_distances(b, a).wasserstein, 10);
}

TEST(Kolmogorov, FallsWithTheDistanceAcrossEveryChangeOfMethod) {
  for (const std::int64_t n : {1, 2, 7, 140, 141, 3000, 100'000, 100'001}) {
    double previous = 1;
    for (int step = 0; step <= 400; ++step) {
      const double d = std::min(1.0, step / 100.0 / std::sqrt(static_cast<double>(n)));
      const double p = kolmogorov_sf(n, d);
      EXPECT_LE(p, previous + 1e-9) << "n " << n << ", d " << d;
      EXPECT_GE(p, 0);
      previous = p;
    }
  }
}

TEST(Kolmogorov, TwoSamplesAreSymmetric) {
  EXPECT_EQ(ks_two_sample_p(30, 50, 0.25), ks_two_sample_p(50, 30, 0.25));
  EXPECT_EQ(ks_two_sample_p(5, 5, 0), 1);
  EXPECT_NEAR(ks_two_sample_p(3, 3, 1), 2.0 / 20, 1e-15) << "two of the C(6, 3) orders";
}

TEST(ChiSquare, NeedsTwoCategories) {
  EXPECT_FALSE(chi_square_two_samples(Counts{5}, Counts{7}));
  EXPECT_FALSE(chi_square_fit(Counts{5, 0}, Counts{7, 0}));
  EXPECT_EQ(chi_square_fit(Counts{5, 0}, Counts{7, 1})->p, 0);
  EXPECT_GT(chi_square_two_samples(Counts{5, 0}, Counts{7, 1})->p, 0.1);
}

TEST(RobustBins, GiveAFrequentValueABinOfItsOwn) {
  std::vector<double> sorted(700, 0.0);
  for (int i = 1; i <= 300; ++i) sorted.push_back(i);
  const Bins bins = robust_bins(sorted);
  EXPECT_EQ(bins.index_of(0), 1u);
  EXPECT_NE(bins.index_of(0), bins.index_of(1));
  EXPECT_EQ(bins.index_of(-1e-300), 0u) << "below the reference";
  EXPECT_EQ(bins.index_of(300), bins.size() - 2);
  EXPECT_EQ(bins.index_of(300.5), bins.size() - 1) << "above the reference";
}

TEST(RobustBins, CountTheSameSortedOrNot) {
  std::vector<double> sorted;
  for (int i = 0; i < 1000; ++i) sorted.push_back(std::sqrt(i));
  const Bins bins = robust_bins(sorted);
  Counts counts(bins.size(), 0);
  for (const double value : sorted) ++counts[bins.index_of(value)];
  EXPECT_EQ(counts, count_sorted(sorted, bins));
  EXPECT_EQ(counts, (Counts{0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0}));
}

TEST(RobustBins, EndWithTheLargestDouble) {
  const double largest = std::numeric_limits<double>::max();
  const Bins bins = robust_bins(std::vector<double>{-largest, largest});
  EXPECT_EQ(bins.index_of(largest), 2u);
}

TEST(SortNumbers, SortsWhatItsDigitsCannotTellApart) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> values = {infinity, -infinity, 0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300};
  std::uint64_t state = 1;
  for (int i = 0; i < 30'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto low = static_cast<double>(state >> 40);
    values.push_back(i % 3 == 0 ? 1 + low * 0x1p-52 : i % 3 == 1 ? -low : low * 1e-200);
  }
  std::vector<double> expected = values;
  std::sort(expected.begin(), expected.end());
  sort_numbers(values);
  EXPECT_EQ(values, expected);
}

TEST(Ranking, TiesCountHalf) {
  const std::array<double, 4> scores{0.5, 0.5, 0.5, 0.5};
  const std::array<std::uint8_t, 4> actual{1, 0, 1, 0};
  EXPECT_EQ(auc(group_scores(scores, actual)), 0.5);
  EXPECT_EQ(average_precision(group_scores(scores, actual)), 0.5);
}

TEST(Calendar, LabelsDaysWeeksAndMonthsAlsoBefore1970) {
  EXPECT_EQ(period_label(period_of(-1, By::kDay), By::kDay), "1969-12-31");
  EXPECT_EQ(period_label(period_of(-1, By::kMonth), By::kMonth), "1969-12");
  EXPECT_EQ(period_label(period_of_day(11'016, By::kDay), By::kDay), "2000-02-29");
  EXPECT_EQ(period_label(period_of_day(-719'528, By::kMonth), By::kMonth), "0000-01");
}

TEST(Calendar, WeeksBelongToTheYearOfTheirThursday) {
  const auto week_of = [](std::int64_t day) {
    return period_label(period_of_day(day, By::kWeek), By::kWeek);
  };
  EXPECT_EQ(week_of(18'630), "2020-W53") << "2021-01-03, a Sunday";
  EXPECT_EQ(week_of(18'631), "2021-W01") << "2021-01-04, a Monday";
  EXPECT_EQ(week_of(0), "1970-W01");
  EXPECT_EQ(week_of(16'432), "2014-W52") << "2014-12-28";
  EXPECT_EQ(week_of(16'433), "2015-W01") << "2014-12-29";
}

TEST(ClassNames, ExactTextWinsOverEqualNumbers) {
  const ClassNames names({"01", "1", "on"});
  EXPECT_EQ(names.index_of("01"), 0);
  EXPECT_EQ(names.index_of("1"), 1);
  EXPECT_EQ(names.index_of("on"), 2);
  EXPECT_EQ(names.index_of("true"), 0) << "the first of those that equal 1";
  EXPECT_EQ(names.index_of("off"), kNoCategory);
}

}  // namespace
}  // namespace slipway::evaluation
