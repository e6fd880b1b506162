// The C interface against the Plan that it stands on.
// SPDX-License-Identifier: Apache-2.0
#include "slipway.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "frame/arrow.h"
#include "frame/builder.h"
#include "model/import/import.h"
#include "scoring/draw.h"
#include "scoring/engine/test_sanitized.h"
#include "scoring/scorer.h"

namespace slipway {
namespace {

constexpr const char* kModel = "examples/flights/model.txt";

struct Opened {
  slipway_model* model = nullptr;
  std::array<char, SLIPWAY_ERROR_SIZE> why{};
  slipway_status status;
  explicit Opened(const char* path) { status = slipway_open(path, &model, why.data(), why.size()); }
  ~Opened() { slipway_close(model); }
};

TEST(CInterface, GivesTheScorersBits) {
  const auto model = model::import_file(kModel).value();
  const std::vector<double> rows = scoring::draw_inputs(model, 700, 1);
  std::vector<double> want(700), want_margins(700);
  ASSERT_TRUE(scoring::Scorer(model).score({rows.data(), 700, model.inputs.size()},
                                           {want_margins.data(), want.data()}));
  const Opened opened(kModel);
  ASSERT_EQ(opened.status, SLIPWAY_OK) << opened.why.data();
  ASSERT_EQ(slipway_inputs(opened.model), model.inputs.size());
  EXPECT_STREQ(slipway_input_name(opened.model, 0), "month");
  EXPECT_EQ(slipway_classes(opened.model), 2u);
  EXPECT_STREQ(slipway_class_name(opened.model, 1), "1");
  std::vector<double> got(700), got_margins(700);
  ASSERT_EQ(
      slipway_score_f64(opened.model, rows.data(), 700, got.data(), got_margins.data(), nullptr, 0),
      SLIPWAY_OK);
  EXPECT_EQ(got, want);
  EXPECT_EQ(got_margins, want_margins);
}

TEST(CInterface, FloatsAreTheDoublesThatTheyAre) {
  const Opened opened(kModel);
  ASSERT_EQ(opened.status, SLIPWAY_OK);
  const std::size_t width = slipway_inputs(opened.model);
  std::vector<float> narrow;
  for (std::size_t i = 0; i < 600 * width; ++i) narrow.push_back(static_cast<float>(i % 97));
  const std::vector<double> wide(narrow.begin(), narrow.end());
  std::vector<double> a(600), b(600);
  ASSERT_EQ(slipway_score_f32(opened.model, narrow.data(), 600, a.data(), nullptr, nullptr, 0),
            SLIPWAY_OK);
  ASSERT_EQ(slipway_score_f64(opened.model, wide.data(), 600, b.data(), nullptr, nullptr, 0),
            SLIPWAY_OK);
  EXPECT_EQ(a, b);
}

TEST(CInterface, ErrorsAreCutToTheCallersBuffer) {
  std::array<char, 12> small{};
  slipway_model* model = nullptr;
  EXPECT_EQ(slipway_open("no/such/file", &model, small.data(), small.size()), SLIPWAY_NOT_FOUND);
  EXPECT_EQ(std::strlen(small.data()), 11u);
  EXPECT_EQ(slipway_open("no/such/file", &model, nullptr, 0), SLIPWAY_NOT_FOUND);
  EXPECT_EQ(model, nullptr);
  const Opened readme("README.md");
  EXPECT_EQ(readme.status, SLIPWAY_INVALID);
  EXPECT_NE(std::string(readme.why.data()).find("not a model file"), std::string::npos);
}

TEST(CInterface, CategoriesHaveNumbers) {
  const Opened opened(kModel);
  ASSERT_EQ(opened.status, SLIPWAY_OK);
  const auto model = model::import_file(kModel).value();
  EXPECT_EQ(slipway_category(opened.model, 4, model.inputs[4].categories[2].c_str()), 2);
  EXPECT_EQ(slipway_category(opened.model, 4, "no such carrier"), -1);
  EXPECT_EQ(slipway_category(opened.model, 0, "1"), -1);
}

TEST(CInterface, ArrowColumnsAreFoundByName) {
  const Opened opened(kModel);
  ASSERT_EQ(opened.status, SLIPWAY_OK);
  ArrowArray rows, scores;
  ArrowSchema schema, scores_schema;
  const std::vector<double> hours{5, 18};
  frame::export_frame(
      frame::Frame::make(
          frame::Schema({{.name = "hour", .type = frame::Type::of(frame::TypeId::kFloat64)}}),
          {frame::column_of(hours)})
          .value(),
      &schema, &rows);
  std::array<char, SLIPWAY_ERROR_SIZE> why{};
  EXPECT_EQ(slipway_score_arrow(opened.model, &rows, &schema, 0, &scores, &scores_schema,
                                why.data(), why.size()),
            SLIPWAY_INVALID);
  EXPECT_NE(std::string(why.data()).find("column 'month' is missing"), std::string::npos)
      << why.data();
  EXPECT_EQ(rows.release, nullptr);
}

std::size_t resident_pages() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident;
}

TEST(CInterface, LoadsAndUnloadsAThousandTimesInFlatMemory) {
  if (SLIPWAY_SANITIZED) GTEST_SKIP() << "the sanitizer keeps freed memory";
  std::vector<double> row(64), scores(4);
  std::size_t early = 0;
  for (int cycle = 0; cycle < 1000; ++cycle) {
    const Opened opened("tests/golden/lightgbm/200.txt");
    ASSERT_EQ(opened.status, SLIPWAY_OK) << opened.why.data();
    ASSERT_LE(slipway_inputs(opened.model), row.size());
    ASSERT_LE(slipway_predictions(opened.model), scores.size());
    ASSERT_EQ(slipway_score_f64(opened.model, row.data(), 1, scores.data(), nullptr, nullptr, 0),
              SLIPWAY_OK);
    if (cycle == 100) early = resident_pages();
  }
  // A model that stayed would be more than a page: 900 pages.
  EXPECT_LE(resident_pages(), early + 256);
}

}  // namespace
}  // namespace slipway
