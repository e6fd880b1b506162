// XGBoost's own answers, bit for bit. tools/oracles/xgboost/make.py made the cases, a folder for each
// version; SLIPWAY_XGBOOST_GOLDEN names another set of them (`make oracles` does).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "model/blob.h"
#include "model/import/xgboost/xgboost.h"
#include "plan/ulp.h"
#include "scoring/scorer.h"

namespace slipway {
namespace {

std::string folder() {
  return posix_env().variable("SLIPWAY_XGBOOST_GOLDEN").value_or("tests/golden/xgboost");
}

template <typename T>
std::vector<T> read_numbers(const std::string& path) {
  const std::string bytes = posix_env().read_file(path).value();
  std::vector<T> numbers(bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}

struct Case {
  std::string version, path;  // the path without its extension
  std::string file;
  std::size_t rows, width, margins, predictions;
  model::XgboostOptions options;
  bool class_only = false;              // predictions are the number of the class
  std::vector<std::string> categories;  // of the last input

  model::Model read() const {
    const auto model = model::read_xgboost(posix_env().read_file(file).value(), options);
    EXPECT_TRUE(model) << file << ": " << model.error().message();
    return model ? model.value() : model::Model();
  }
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const std::string& version : posix_env().list(folder()).value()) {
    const std::string place = folder() + "/" + version + "/";
    const auto text = posix_env().read_file(place + "cases.json").value();
    const auto document = JsonDocument::parse(text).value();
    for (const JsonView item : document.root().find("cases").array()) {
      const auto number = [&](const char* key) {
        return static_cast<std::size_t>(*item.find(key).as_int64());
      };
      const std::string file(*item.find("file").as_string());
      Case c{version,
             place + file.substr(0, file.find('.')),
             place + file,
             number("rows"),
             number("width"),
             number("margins"),
             number("predictions"),
             {}};
      const JsonView kind = item.find("kind");
      c.options.stop_at_best_iteration = !kind.find("best").is_missing();
      c.options.in_place = !kind.find("in_place").is_missing();
      c.options.missing = kind.find("missing").as_double();
      c.class_only = kind.find("objective").as_string() == "multi:softmax";
      for (const JsonView category : item.find("categories").array())
        c.categories.emplace_back(*category.as_string());
      cases.push_back(c);
    }
  }
  return cases;
}

struct Tally {
  std::size_t models = 0, margins = 0, wrong_margins = 0, wrong_predictions = 0;
  std::uint64_t worst_ulp = 0;
};

void compare_predictions(const Case& c, const model::Model& model, std::size_t row,
                         const double* got, const float* want, Tally* tally) {
  for (std::size_t j = 0; j < c.predictions; ++j) {
    const std::uint64_t ulp = plan::ulp_distance(static_cast<float>(got[j]), want[j]);
    EXPECT_TRUE(plan::same_number(got[j], static_cast<float>(got[j]))) << "predictions are floats";
    EXPECT_LE(ulp, model.exactness.prediction_ulp) << c.file << " row " << row << " prediction "
                                                   << j << ": " << got[j] << " against " << want[j];
    tally->wrong_predictions += ulp > 0 ? 1 : 0;
    tally->worst_ulp = std::max(tally->worst_ulp, ulp);
  }
}

void compare(const Case& c, const model::Model& model, Tally* tally) {
  const auto rows = read_numbers<double>(c.path + ".rows");
  const auto expected = read_numbers<float>(c.path + ".expect");
  const scoring::Scorer scorer(model);
  const std::size_t columns = scorer.prediction_columns();
  ASSERT_EQ(rows.size(), c.rows * c.width) << c.file;
  ASSERT_EQ(expected.size(), c.rows * (c.margins + c.predictions)) << c.file;
  ASSERT_EQ(scorer.margin_columns(), c.margins) << c.file;
  ASSERT_EQ(scorer.has_labels(), c.class_only) << c.file;
  ASSERT_EQ(columns, c.class_only ? c.margins : c.predictions) << c.file;
  std::vector<double> margins(c.rows * c.margins), predictions(c.rows * columns), labels(c.rows);
  ASSERT_TRUE(scorer.score({rows.data(), c.rows, c.width},
                           {margins.data(), predictions.data(), labels.data()}));
  ++tally->models;
  for (std::size_t row = 0; row < c.rows; ++row) {
    const float* want = expected.data() + row * (c.margins + c.predictions);
    for (std::size_t j = 0; j < c.margins; ++j) {
      const double got = margins[row * c.margins + j];
      ++tally->margins;
      if (plan::same_number(got, want[j])) continue;
      ++tally->wrong_margins;
      EXPECT_EQ(got, want[j]) << c.file << " row " << row << " margin " << j;
    }
    if (c.class_only) {
      EXPECT_EQ(labels[row], want[c.margins]) << c.file << " row " << row;
    } else {
      compare_predictions(c, model, row, predictions.data() + row * columns, want + c.margins,
                          tally);
    }
  }
}

TEST(XgboostGolden, MarginsEqualXgboostsOnEveryRow) {
  std::map<std::string, Tally> tallies;
  std::size_t models = 0;
  for (const Case& c : read_cases()) {
    const model::Model model = c.read();
    if (model.nodes.empty()) continue;
    EXPECT_EQ(model.inputs.back().categories, c.categories) << c.file;
    compare(c, model, &tallies[c.version]);
    ++models;
  }
  for (const auto& [version, tally] : tallies) {
    std::printf(
        "%s: %zu models, %zu margins, %zu differ; %zu predictions differ, by up to %llu ulp\n",
        version.c_str(), tally.models, tally.margins, tally.wrong_margins, tally.wrong_predictions,
        static_cast<unsigned long long>(tally.worst_ulp));
    EXPECT_EQ(tally.wrong_margins, 0u);
  }
  EXPECT_GE(models, posix_env().variable("SLIPWAY_XGBOOST_GOLDEN") ? 1u : 300u);
}

TEST(XgboostGolden, TheBlobScoresAsTheFileDid) {
  Tally tally;
  for (const Case& c : read_cases()) {
    const std::string blob = model::write_blob(c.read());
    const auto again = model::read_blob(blob, nullptr);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(model::write_blob(again.value()), blob) << "writing what was read changes nothing";
    compare(c, again.value(), &tally);
  }
  EXPECT_EQ(tally.wrong_margins, 0u);
}

}  // namespace
}  // namespace slipway
