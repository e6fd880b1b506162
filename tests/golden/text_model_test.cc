// Folders of model.onnx and a tokenizer: what ONNX Runtime gives for the tokens that the tokenizers
// library gives, against ours. tools/oracles/tokenizers/folders.py wrote both;
// SLIPWAY_TEXT_GOLDEN names another folder of its output. Skipped where there is no ONNX Runtime.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "frame/builder.h"
#include "model/blob.h"
#include "model/import/folders/text_model.h"
#include "plan/plan.h"

namespace slipway {
namespace {

std::string golden() {
  return posix_env().variable("SLIPWAY_TEXT_GOLDEN").value_or("tests/golden/text_models");
}

std::vector<std::string> cases() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(golden()))
    if (entry.path().extension() == ".json") found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

frame::Frame rows_of(JsonView texts) {
  frame::StringBuilder builder;
  for (const JsonView text : texts.array()) builder.append(*text.as_string());
  frame::Column column = builder.finish();
  frame::Schema schema({{.name = "text", .type = column.type()}});
  std::vector<frame::Column> columns{std::move(column)};
  return frame::Frame::make(std::move(schema), std::move(columns)).value();
}

void compare(const std::string& path, const model::Model& model, JsonView record) {
  const auto plan = plan::Plan::compile(model, "");
  // tools/setup brings ONNX Runtime, so that its lack is a failure.
  const auto ready = plan->ready();
  ASSERT_TRUE(ready) << ready.error().message();
  const frame::Frame rows = rows_of(record.find("texts"));
  const auto binding = plan->bind(rows.schema());
  ASSERT_TRUE(binding) << binding.error().message();
  const auto values = plan->values(rows, binding.value());
  ASSERT_TRUE(values) << path << ": " << values.error().message();
  const auto scores = plan->run(rows, binding.value(), {.raw = true});
  ASSERT_TRUE(scores) << path << ": " << scores.error().message();
  std::size_t i = 0, row = 0;
  double worst = 0;
  for (const JsonView expected : record.find("rows").array()) {
    std::vector<double> wanted(expected.size());
    ASSERT_TRUE(expected.read_doubles(wanted));
    for (const double each : wanted) {
      ASSERT_LT(i, values.value().margins.size()) << path;
      worst = std::max(
          worst, std::abs(values.value().margins[i++] - each) / std::max(1.0, std::abs(each)));
    }
    if (!model.outputs.classes.empty()) {
      const auto largest = std::max_element(wanted.begin(), wanted.end()) - wanted.begin();
      EXPECT_EQ(scores.value().column("label")->text_at(static_cast<std::int64_t>(row)),
                model.outputs.classes[static_cast<std::size_t>(largest)])
          << path << " row " << row;
    }
    ++row;
  }
  EXPECT_EQ(i, values.value().margins.size()) << path;
  EXPECT_LE(worst, model.exactness.relative) << path;
  std::printf("%-44s %zu texts, %zu values, at most %.1e off\n", path.c_str(), row, i, worst);
}

TEST(TextModelGolden, AnswersAreOnnxRuntimesOnTheLibrarysTokens) {
  for (const std::string& path : cases()) {
    const auto file = MappedFile::open(path).value();
    const auto record = JsonDocument::parse(file->text());
    ASSERT_TRUE(record);
    const std::string folder(*record.value().root().find("folder").as_string());
    ASSERT_TRUE(model::is_text_model(folder)) << folder;
    auto model = model::import_text_model(folder);
    ASSERT_TRUE(model) << path << ": " << model.error().message();
    compare(path, model.value(), record.value().root());
    const std::string blob = model::write_blob(model.value());
    auto again = model::read_blob(blob, nullptr);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(model::write_blob(again.value()), blob);
  }
}

}  // namespace
}  // namespace slipway
