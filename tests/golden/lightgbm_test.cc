// LightGBM's own answers, bit for bit. tools/oracles/lightgbm/make.py made the cases;
// SLIPWAY_LIGHTGBM_GOLDEN names another folder of them (`make oracles` does).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "plan/ulp.h"
#include "scoring/scorer.h"

namespace slipway {
namespace {

std::string folder() {
  return posix_env().variable("SLIPWAY_LIGHTGBM_GOLDEN").value_or("tests/golden/lightgbm");
}

std::vector<double> read_numbers(const std::string& path) {
  const std::string bytes = posix_env().read_file(path).value();
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

struct Case {
  std::string name;
  std::size_t rows, width, margins, predictions;
};

std::vector<Case> read_cases() {
  const auto document =
      JsonDocument::parse(posix_env().read_file(folder() + "/cases.json").value()).value();
  std::vector<Case> cases;
  for (const JsonView item : document.root().find("cases").array()) {
    const auto number = [&](const char* key) {
      return static_cast<std::size_t>(*item.find(key).as_int64());
    };
    cases.push_back({std::string(*item.find("name").as_string()), number("rows"), number("width"),
                     number("margins"), number("predictions")});
  }
  return cases;
}

struct Tally {
  std::size_t models = 0;
  std::size_t margins = 0;
  std::size_t wrong_margins = 0;
  std::uint64_t worst_prediction_ulp = 0;
};

void compare(const Case& c, const model::Model& model, Tally* tally) {
  const std::vector<double> rows = read_numbers(folder() + "/" + c.name + ".rows");
  const std::vector<double> expected = read_numbers(folder() + "/" + c.name + ".expect");
  const scoring::Scorer scorer(model);
  ASSERT_EQ(rows.size(), c.rows * c.width) << c.name;
  ASSERT_EQ(expected.size(), c.rows * (c.margins + c.predictions)) << c.name;
  ASSERT_EQ(scorer.margin_columns(), c.margins) << c.name;
  ASSERT_EQ(scorer.prediction_columns(), c.predictions) << c.name;
  std::vector<double> margins(c.rows * c.margins), predictions(c.rows * c.predictions);
  ASSERT_TRUE(scorer.score({rows.data(), c.rows, c.width}, {margins.data(), predictions.data()}));
  for (std::size_t row = 0; row < c.rows; ++row) {
    const double* want = expected.data() + row * (c.margins + c.predictions);
    for (std::size_t j = 0; j < c.margins; ++j) {
      const double got = margins[row * c.margins + j];
      ++tally->margins;
      if (plan::same_number(got, want[j])) continue;
      ++tally->wrong_margins;
      EXPECT_EQ(got, want[j]) << c.name << " row " << row << " margin " << j;
    }
    for (std::size_t j = 0; j < c.predictions; ++j) {
      const std::uint64_t ulp =
          plan::ulp_distance(predictions[row * c.predictions + j], want[c.margins + j]);
      EXPECT_LE(ulp, model.exactness.prediction_ulp)
          << c.name << " row " << row << " prediction " << j << ": "
          << predictions[row * c.predictions + j] << " against " << want[c.margins + j];
      tally->worst_prediction_ulp = std::max(tally->worst_prediction_ulp, ulp);
    }
  }
  ++tally->models;
}

TEST(LightGbmGolden, MarginsEqualLightGbmsOnEveryRow) {
  Tally tally;
  for (const Case& c : read_cases()) {
    const auto model = model::import_file(folder() + "/" + c.name + ".txt");
    ASSERT_TRUE(model) << model.error().message();
    compare(c, model.value(), &tally);
  }
  std::printf("%zu models, %zu margins, %zu differ; predictions within %llu ulp\n", tally.models,
              tally.margins, tally.wrong_margins,
              static_cast<unsigned long long>(tally.worst_prediction_ulp));
  EXPECT_GE(tally.models, 300u);
  EXPECT_EQ(tally.wrong_margins, 0u);
}

TEST(LightGbmGolden, TheBlobScoresAsTheFileDid) {
  Tally tally;
  for (const Case& c : read_cases()) {
    const auto model = model::import_file(folder() + "/" + c.name + ".txt").value();
    const std::string blob = model::write_blob(model);
    const auto again = model::read_blob(blob, nullptr);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(model::write_blob(again.value()), blob) << "writing what was read changes nothing";
    compare(c, again.value(), &tally);
  }
  EXPECT_EQ(tally.wrong_margins, 0u);
}

}  // namespace
}  // namespace slipway
