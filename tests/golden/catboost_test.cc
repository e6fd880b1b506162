// CatBoost's own answers, bit for bit. tools/oracles/catboost/make.py made the cases;
// SLIPWAY_CATBOOST_GOLDEN names another folder of them (`make oracles` does).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/json.h"
#include "base/text.h"
#include "frame/builder.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "plan/plan.h"
#include "plan/ulp.h"

namespace slipway {
namespace {

std::vector<std::string> folders() {
  const auto other = posix_env().variable("SLIPWAY_CATBOOST_GOLDEN");
  if (other) return {*other};
  return {"tests/golden/catboost", "tests/golden/catboost_1_0", "tests/golden/catboost_0_26"};
}

std::vector<double> read_numbers(const std::string& path) {
  const std::string bytes = posix_env().read_file(path).value();
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

struct Case {
  std::string path;  // without extension
  std::string file;
  std::size_t rows, margins, predictions;
  frame::Frame table;
  std::vector<std::string> labels;
};

// `numbers`: which column of the .rows file a column of numbers is; counts on.
frame::Column read_column(JsonView view, const std::vector<double>& rows, std::size_t count,
                          std::size_t* numbers) {
  const std::string_view type = *view.find("type").as_string();
  if (type == "number") {
    const std::size_t width = rows.size() / count;
    std::vector<double> values;
    for (std::size_t r = 0; r < count; ++r) values.push_back(rows[r * width + *numbers]);
    ++*numbers;
    return frame::column_of(values);
  }
  const JsonView values = view.find("values");
  if (type == "integer") {
    std::vector<std::int64_t> integers;
    for (const JsonView item : values.array()) integers.push_back(*parse_int64(*item.as_string()));
    return frame::column_of(integers);
  }
  if (type == "bool") {
    frame::BoolBuilder bools;
    for (const JsonView item : values.array()) bools.append(*item.as_bool());
    return bools.finish();
  }
  frame::StringBuilder texts;
  for (const JsonView item : values.array()) texts.append(*item.as_string());
  return texts.finish();
}

Case read_case(const std::string& folder, JsonView item) {
  const auto number = [&](const char* key) {
    return static_cast<std::size_t>(*item.find(key).as_int64());
  };
  Case c;
  c.path = folder + "/" + std::string(*item.find("name").as_string());
  c.file = folder + "/" + std::string(*item.find("file").as_string());
  c.rows = number("rows");
  c.margins = number("margins");
  c.predictions = number("predictions");
  const std::vector<double> rows = read_numbers(c.path + ".rows");
  std::vector<frame::Field> fields;
  std::vector<frame::Column> columns;
  std::size_t numbers = 0;
  for (const JsonView column : item.find("columns").array()) {
    columns.push_back(read_column(column, rows, c.rows, &numbers));
    fields.push_back(
        {.name = std::string(*column.find("name").as_string()), .type = columns.back().type()});
  }
  c.table = frame::Frame::make(frame::Schema(std::move(fields)), std::move(columns)).value();
  for (const JsonView label : item.find("labels").array())
    c.labels.emplace_back(*label.as_string());
  return c;
}

struct Tally {
  std::size_t models = 0, rows = 0, margins = 0, wrong_margins = 0, wrong_labels = 0;
  std::uint64_t worst_ulp = 0;  // of predictions above 1e-300
};

void compare_labels(const Case& c, const plan::Plan& plan, const plan::Binding& binding,
                    Tally* tally) {
  if (c.labels.empty()) return;
  const auto scores = plan.run(c.table, binding).value();
  const frame::Column* labels = scores.column("label");
  ASSERT_NE(labels, nullptr) << c.file;
  for (std::size_t row = 0; row < c.rows; ++row) {
    const auto got = labels->text_at(static_cast<std::int64_t>(row));
    if (got == c.labels[row]) continue;
    ++tally->wrong_labels;
    EXPECT_EQ(got, c.labels[row]) << c.file << " row " << row;
  }
}

void compare(const Case& c, const model::Model& model, Tally* tally) {
  const std::vector<double> expected = read_numbers(c.path + ".expect");
  const auto plan = plan::Plan::compile(model, "sha256:0");
  const auto binding = plan->bind(c.table.schema());
  ASSERT_TRUE(binding) << c.file << ": " << binding.error().message();
  const auto got = plan->values(c.table, binding.value());
  ASSERT_TRUE(got) << c.file << ": " << got.error().message();
  const std::size_t width = c.margins + c.predictions;
  ASSERT_EQ(expected.size(), c.rows * width) << c.file;
  ASSERT_EQ(got.value().margins.size(), c.rows * c.margins) << c.file;
  ASSERT_EQ(got.value().predictions.size(), c.rows * c.predictions) << c.file;
  for (std::size_t i = 0; i < c.rows * c.margins; ++i) {
    const double want = expected[i / c.margins * width + i % c.margins];
    ++tally->margins;
    if (plan::same_number(got.value().margins[i], want)) continue;
    ++tally->wrong_margins;
    EXPECT_EQ(got.value().margins[i], want) << c.file << " margin " << i;
  }
  for (std::size_t i = 0; i < c.rows * c.predictions; ++i) {
    const double want = expected[i / c.predictions * width + c.margins + i % c.predictions];
    const double have = got.value().predictions[i];
    const std::uint64_t ulp = plan::ulp_distance(have, want);
    const double bound = model.exactness.relative * std::max(1.0, std::abs(want));
    EXPECT_TRUE(ulp <= model.exactness.prediction_ulp || std::abs(have - want) <= bound)
        << c.file << " prediction " << i << ": " << have << " against " << want;
    if (std::abs(want) > 1e-300) tally->worst_ulp = std::max(tally->worst_ulp, ulp);
  }
  compare_labels(c, *plan, binding.value(), tally);
  tally->rows += c.rows;
  ++tally->models;
}

// Every case of every folder, through `with`, which may change the model.
template <typename With>
Tally compare_all(With with) {
  Tally tally;
  for (const std::string& folder : folders()) {
    const auto document =
        JsonDocument::parse(posix_env().read_file(folder + "/cases.json").value()).value();
    for (const JsonView item : document.root().find("cases").array()) {
      const Case c = read_case(folder, item);
      const auto model = model::import_file(c.file);
      EXPECT_TRUE(model) << model.error().message();
      if (model) compare(c, with(model.value()), &tally);
    }
  }
  return tally;
}

TEST(CatBoostGolden, MarginsAndLabelsEqualCatBoostsOnEveryRow) {
  const Tally tally = compare_all([](const model::Model& model) { return model; });
  std::printf("%zu models, %zu rows, %zu margins, %zu differ; predictions within %llu ulp\n",
              tally.models, tally.rows, tally.margins, tally.wrong_margins,
              static_cast<unsigned long long>(tally.worst_ulp));
  EXPECT_GE(tally.models, posix_env().variable("SLIPWAY_CATBOOST_GOLDEN") ? 1u : 300u);
  EXPECT_EQ(tally.wrong_margins, 0u);
  EXPECT_EQ(tally.wrong_labels, 0u);
}

TEST(CatBoostGolden, TheBlobScoresAsTheFileDid) {
  const Tally tally = compare_all([](const model::Model& model) {
    const std::string blob = model::write_blob(model);
    auto again = model::read_blob(blob, nullptr);
    EXPECT_TRUE(again) << again.error().message();
    EXPECT_EQ(model::write_blob(again.value()), blob) << "writing what was read changes nothing";
    return std::move(again).value();
  });
  EXPECT_EQ(tally.wrong_margins, 0u);
}

}  // namespace
}  // namespace slipway
