// The statistics against scipy, scikit-learn, Evidently and a second implementation in numpy: tools/oracles/evaluation/make.py.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "evaluation/chi_square.h"
#include "evaluation/feature_report.h"
#include "evaluation/kolmogorov.h"
#include "evaluation/performance.h"

namespace slipway::evaluation {
namespace {

constexpr double kTolerance = 1e-9;

JsonDocument golden(const std::string& name) {
  const std::string path = "tests/golden/evaluation/" + name;
  const auto text = posix_env().read_file(path);
  EXPECT_TRUE(text.has_value()) << path;
  auto document = JsonDocument::parse(text.value(), {.nan_and_infinity = true});
  EXPECT_TRUE(document.has_value()) << path;
  return std::move(document).value();
}

std::vector<double> numbers_of(JsonView array) {
  std::vector<double> out;
  for (const JsonView item : array.array()) {
    out.push_back(item.as_double().value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return out;
}

std::vector<std::int32_t> indices_of(JsonView array) {
  std::vector<std::int32_t> out;
  for (const double value : numbers_of(array)) out.push_back(static_cast<std::int32_t>(value));
  return out;
}

std::string name_of(JsonView test_case) {
  return std::string(test_case.find("name").as_string().value_or(""));
}

// Absolute where numbers are small, relative where they are large; null stands for absent.
void expect_near(const std::optional<double>& found, JsonView expected, const std::string& what) {
  const auto value = expected.as_double();
  ASSERT_EQ(found.has_value(), value.has_value()) << what;
  if (value) {
    EXPECT_NEAR(*found, *value, kTolerance * std::max(1.0, std::abs(*value))) << what;
  }
}

void expect_drift(const Drift& drift, JsonView expected, const std::string& what) {
  const std::vector<std::pair<std::string, std::optional<double>>> statistics = {
      {"psi", drift.psi},
      {"jensen_shannon", drift.jensen_shannon},
      {"hellinger", drift.hellinger},
      {"l_infinity", drift.l_infinity},
      {"chi_square", drift.chi_square},
      {"chi_square_p", drift.chi_square_p},
      {"wasserstein_normed", drift.wasserstein_normed}};
  for (const auto& [name, value] : statistics) {
    const JsonView golden_value = expected.find(name);
    if (!golden_value.is_missing()) expect_near(value, golden_value, what + ": " + name);
  }
}

void expect_numbers(JsonView test_case) {
  const auto reference = numbers_of(test_case.find("reference"));
  const auto current = numbers_of(test_case.find("current"));
  const NumberColumn column{reference, current, {}, test_case.find("whole").as_bool() == true};
  const auto name = name_of(test_case);
  const FeatureReport robust = compare_numbers(column, {});
  expect_near(robust.drift.ks, test_case.find("ks"), name + ": ks");
  expect_near(robust.drift.ks_p, test_case.find("ks_p"), name + ": ks_p");
  expect_near(robust.drift.wasserstein, test_case.find("wasserstein"), name + ": wasserstein");
  expect_near(robust.drift.wasserstein_normed, test_case.find("wasserstein_normed"), name);
  expect_near(robust.current.mean, test_case.find("mean"), name + ": mean");
  expect_near(robust.current.median, test_case.find("median"), name + ": median");
  expect_near(robust.current.deviation, test_case.find("deviation"), name + ": deviation");
  expect_drift(robust.drift, test_case.find("robust"), name + ", robust");
  const FeatureReport compat = compare_numbers(column, {.compat = true});
  expect_drift(compat.drift, test_case.find("compat"), name + ", compat");
}

TEST(Golden, NumbersDriftAsScipyAndEvidentlySay) {
  const auto document = golden("numbers.json");
  EXPECT_GT(document.root().size(), 10u);
  for (const JsonView test_case : document.root().array()) expect_numbers(test_case);
}

std::vector<std::int32_t> codes_of(JsonView array, Dictionary* dictionary) {
  std::vector<std::int32_t> out;
  for (const JsonView item : array.array()) out.push_back(dictionary->code_of(*item.as_string()));
  return out;
}

TEST(Golden, CategoriesDriftAsScipyAndEvidentlySay) {
  const auto document = golden("categories.json");
  EXPECT_GT(document.root().size(), 4u);
  for (const JsonView test_case : document.root().array()) {
    Dictionary dictionary;
    const auto reference = codes_of(test_case.find("reference"), &dictionary);
    const auto current = codes_of(test_case.find("current"), &dictionary);
    const std::vector<std::string> known;
    const CategoryColumn column{reference, current, {}, dictionary, known};
    const auto name = name_of(test_case);
    expect_drift(compare_categories(column, {}).drift, test_case.find("robust"), name + ", robust");
    expect_drift(compare_categories(column, {.compat = true}).drift, test_case.find("compat"),
                 name + ", compat");
  }
}

TEST(Golden, KolmogorovsDistributionIsScipysByEveryMethod) {
  const auto document = golden("kolmogorov.json");
  EXPECT_GT(document.root().size(), 300u);
  for (const JsonView test_case : document.root().array()) {
    const auto row = numbers_of(test_case);
    const auto n = static_cast<std::int64_t>(row[0]);
    EXPECT_NEAR(kolmogorov_sf(n, row[1]), row[2], kTolerance) << "n " << n << ", d " << row[1];
  }
}

TEST(Golden, TwoSampleProbabilitiesAreScipysExactAndAsymptotic) {
  const auto document = golden("two_sample.json");
  EXPECT_GT(document.root().size(), 60u);
  for (const JsonView test_case : document.root().array()) {
    const auto row = numbers_of(test_case);
    const auto n = static_cast<std::int64_t>(row[0]), m = static_cast<std::int64_t>(row[1]);
    EXPECT_NEAR(ks_two_sample_p(n, m, row[2]), row[3], kTolerance)
        << n << " and " << m << " rows, d " << row[2];
  }
}

TEST(Golden, IncompleteGammaFunctionIsScipys) {
  const auto document = golden("gamma.json");
  EXPECT_GT(document.root().size(), 100u);
  for (const JsonView test_case : document.root().array()) {
    const auto row = numbers_of(test_case);
    const double q = gamma_q(row[0], row[1]);
    EXPECT_NEAR(q, row[2], 1e-11) << "a " << row[0] << ", x " << row[1];
    if (row[2] > 1e-290) {
      EXPECT_NEAR(q / row[2], 1, 1e-9) << "a " << row[0] << ", x " << row[1];
    }
  }
}

void expect_performance(const Performance& found, JsonView test_case) {
  const std::vector<std::pair<std::string, std::optional<double>>> scores = {
      {"auc", found.auc},
      {"average_precision", found.average_precision},
      {"log_loss", found.log_loss},
      {"brier", found.brier},
      {"accuracy", found.accuracy},
      {"precision", found.precision},
      {"recall", found.recall},
      {"f1", found.f1},
      {"macro_f1", found.macro_f1},
      {"ece_width", found.ece_width},
      {"ece_frequency", found.ece_frequency},
      {"mae", found.mae},
      {"rmse", found.rmse},
      {"r2", found.r2},
      {"bias", found.bias}};
  for (const auto& [name, value] : scores) {
    const JsonView expected = test_case.find("expected").find(name);
    if (!expected.is_missing()) expect_near(value, expected, name_of(test_case) + ": " + name);
  }
  std::size_t cell = 0;
  for (const double count : numbers_of(test_case.find("confusion"))) {
    EXPECT_EQ(static_cast<double>(found.confusion->counts[cell++]), count) << name_of(test_case);
  }
}

TEST(Golden, BinaryPerformanceIsScikitLearns) {
  const auto document = golden("binary.json");
  const std::vector<std::string> classes = {"0", "1"};
  for (const JsonView test_case : document.root().array()) {
    const auto p = numbers_of(test_case.find("p"));
    const auto actual = indices_of(test_case.find("actual"));
    std::vector<std::int32_t> label;
    for (const double value : p) label.push_back(value > 0.5 ? 1 : 0);
    const Performance found = binary_performance({actual, label, classes}, p, 1);
    expect_performance(found, test_case);
    ASSERT_EQ(found.calibration.size(), test_case.find("calibration").size());
    std::size_t bin = 0;
    for (const JsonView expected : test_case.find("calibration").array()) {
      const auto row = numbers_of(expected);
      EXPECT_NEAR(found.calibration[bin].predicted, row[0], kTolerance) << name_of(test_case);
      EXPECT_NEAR(found.calibration[bin].observed, row[1], kTolerance) << name_of(test_case);
      EXPECT_EQ(static_cast<double>(found.calibration[bin].rows), row[2]) << name_of(test_case);
      ++bin;
    }
  }
}

TEST(Golden, MulticlassPerformanceIsScikitLearns) {
  const auto document = golden("multiclass.json");
  const JsonView test_case = *document.root().array().begin();
  std::vector<std::vector<double>> p;
  for (const JsonView column : test_case.find("p").array()) p.push_back(numbers_of(column));
  const std::vector<std::span<const double>> columns(p.begin(), p.end());
  const auto actual = indices_of(test_case.find("actual")),
             label = indices_of(test_case.find("label"));
  const std::vector<std::string> classes = {"0", "1", "2"};
  expect_performance(multiclass_performance({actual, label, classes}, columns), test_case);
}

TEST(Golden, RegressionPerformanceIsScikitLearns) {
  const auto document = golden("regression.json");
  const JsonView test_case = *document.root().array().begin();
  const auto predicted = numbers_of(test_case.find("predicted"));
  expect_performance(regression_performance(predicted, numbers_of(test_case.find("actual"))),
                     test_case);
}

}  // namespace
}  // namespace slipway::evaluation
