// What scikit-learn answered, against what slipway answers for the same file and rows.
// tools/oracles/sklearn/make.py wrote both; SLIPWAY_SKLEARN_GOLDEN names another folder of its
// output.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "frame/builder.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "plan/plan.h"
#include "plan/ulp.h"

namespace slipway {
namespace {

std::vector<std::string> folders() {
  if (const auto own = posix_env().variable("SLIPWAY_SKLEARN_GOLDEN")) return {*own};
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/sklearn"))
    if (entry.is_directory()) found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

double number(JsonView view) {
  if (view.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (const auto word = view.as_string()) {
    const double infinity = std::numeric_limits<double>::infinity();
    return *word == "-inf" ? -infinity : infinity;
  }
  return view.as_double().value_or(-12345);
}

// Components of a mixture are called by number.
std::string label_text(JsonView view) {
  const auto text = view.as_string();
  return text ? std::string(*text) : std::to_string(view.as_int64().value_or(-12345));
}

bool is_text(JsonView values) {
  for (const JsonView value : values.array()) {
    const auto word = value.as_string();
    if (word && *word != "inf" && *word != "-inf") return true;
  }
  return false;
}

frame::Column column_from(JsonView values) {
  if (is_text(values)) {
    frame::StringBuilder builder;
    for (const JsonView value : values.array()) {
      value.is_null() ? builder.append_null() : builder.append(*value.as_string());
    }
    return builder.finish();
  }
  std::vector<double> numbers;
  for (const JsonView value : values.array()) numbers.push_back(number(value));
  return frame::column_of(numbers);
}

// `names`: what the model calls its columns, for arrays, which have no names of their own.
frame::Frame rows_from(JsonView columns, const std::vector<std::string>& names) {
  std::vector<frame::Field> fields;
  std::vector<frame::Column> made;
  for (const JsonView column : columns.array()) {
    made.push_back(column_from(column.find("values")));
    std::string name(*column.find("name").as_string());
    if (name == "x" + std::to_string(fields.size()) && fields.size() < names.size())
      name = names[fields.size()];
    fields.push_back({.name = std::move(name), .type = made.back().type()});
  }
  const std::int64_t rows = made.empty() ? 0 : made[0].length();
  return frame::Frame::trusted(std::make_shared<const frame::Schema>(std::move(fields)),
                               std::move(made), rows);
}

struct Tally {
  std::size_t models = 0;
  std::size_t values = 0;
  std::size_t equal = 0;
  std::uint64_t worst_ulp = 0;  // of values that are not tiny
  double worst_relative = 0;
};

class Comparison {
 public:
  Comparison(std::string name, const model::Model& model, Tally* tally)
      : name_(std::move(name)),
        promise_(model.exactness),
        float32_(model.outputs.float32),
        tally_(tally) {}

  void numbers(const char* what, const std::vector<double>& found, std::size_t width,
               JsonView expected, bool exact) {
    ASSERT_EQ(found.size(), expected.size() * width) << name_ << " " << what;
    std::size_t i = 0;
    int shown = 0;
    for (const JsonView row : expected.array()) {
      ASSERT_EQ(row.size(), width) << name_ << " " << what << ": columns";
      for (const JsonView value : row.array()) {
        if (!one(found[i], number(value), exact) && shown++ < 3)
          ADD_FAILURE() << name_ << " " << what << " row " << i / width << " column " << i % width
                        << ": " << found[i] << " against " << number(value) << ", "
                        << plan::ulp_distance(found[i], number(value)) << " ulp";
        ++i;
      }
    }
  }

 private:
  bool one(double found, double expected, bool exact) {
    ++tally_->values;
    const std::uint64_t ulp =
        float32_ ? plan::ulp_distance(static_cast<float>(found), static_cast<float>(expected))
                 : plan::ulp_distance(found, expected);
    tally_->equal += ulp == 0;
    if (ulp == 0) return true;
    const double scale = std::max({1.0, std::abs(found), std::abs(expected)});
    const double relative = std::abs(found - expected) / scale;
    tally_->worst_relative = std::max(tally_->worst_relative, relative);
    if (std::abs(expected) > 1e-3) tally_->worst_ulp = std::max(tally_->worst_ulp, ulp);
    if (exact) return false;
    // 1 - p carries p's absolute error.
    return ulp <= promise_.prediction_ulp || relative <= promise_.relative ||
           (promise_.prediction_ulp > 0 &&
            std::abs(found - expected) <= promise_.prediction_ulp * (float32_ ? 0x1p-24 : 0x1p-53));
  }

  std::string name_;
  model::Exactness promise_;
  bool float32_;
  Tally* tally_;
};

// Several targets: the label of each, and the probabilities of all classes or of the second ones.
void compare_targets(const std::string& name, const model::Outputs& outputs,
                     const frame::Frame& scores, JsonView answers, Comparison* comparison,
                     bool bits) {
  const std::size_t targets = outputs.targets.size();
  std::int64_t row = 0;
  for (const JsonView labels : answers.find("targets").array()) {
    ASSERT_EQ(labels.size(), targets) << name;
    std::size_t j = 0;
    for (const JsonView label : labels.array()) {
      const frame::Column* column = scores.column("label_" + std::to_string(j));
      ASSERT_NE(column, nullptr) << name;
      EXPECT_EQ(column->text_at(row), label_text(label))
          << name << " row " << row << " target " << j;
      ++j;
    }
    ++row;
  }
  const auto proba = [&](const char* what, bool second_only) {
    const JsonView expected = answers.find(what);
    if (expected.is_missing()) return;
    std::vector<const frame::Column*> columns;
    for (std::size_t j = 0; j < targets; ++j) {
      for (std::size_t k = second_only ? 1 : 0; k < outputs.targets[j].size(); ++k)
        columns.push_back(scores.column("p_" + std::to_string(j) + "_" + outputs.targets[j][k]));
    }
    std::vector<double> found;
    for (std::size_t r = 0; r < expected.size(); ++r) {
      for (const frame::Column* column : columns) {
        ASSERT_NE(column, nullptr) << name;
        found.push_back(column->values<double>()[r]);
      }
    }
    comparison->numbers(what, found, columns.size(), expected, bits);
  };
  proba("targets_proba", false);
  proba("targets_second", true);
}

void compare(const std::string& name, const model::Model& model, JsonView columns, JsonView answers,
             Tally* tally) {
  const auto plan = plan::Plan::compile(model, "");
  const frame::Frame rows = rows_from(columns, plan->input_schema().names());
  const auto binding = plan->bind(rows.schema());
  ASSERT_TRUE(binding) << name << ": " << binding.error().message();
  const auto values = plan->values(rows, binding.value());
  ASSERT_TRUE(values) << name << ": " << values.error().message();
  const auto scores = plan->run(rows, binding.value(), {.raw = true});
  ASSERT_TRUE(scores) << name << ": " << scores.error().message();

  const auto count = static_cast<std::size_t>(rows.rows());
  const std::size_t width = values.value().predictions.size() / count;
  const bool classifies = !model.outputs.classes.empty();
  const bool bits = model.exactness.prediction_ulp == 0 && model.exactness.relative == 0;
  Comparison comparison(name, model, tally);
  ASSERT_EQ(answers.find("targets").is_missing(), model.outputs.targets.empty()) << name;
  compare_targets(name, model.outputs, scores.value(), answers, &comparison, bits);
  if (const JsonView proba = answers.find("predict_proba");
      !proba.is_missing() && model.outputs.task != model::Task::kLabel)
    comparison.numbers("predict_proba", values.value().predictions, width, proba, bits);
  if (const JsonView predict = answers.find("predict"); !predict.is_missing()) {
    if (!classifies) {
      comparison.numbers("predict", values.value().predictions, width, predict, bits);
    } else {
      const frame::Column* labels = scores.value().column("label");
      ASSERT_NE(labels, nullptr) << name;
      std::int64_t row = 0;
      for (const JsonView label : predict.array()) {
        const JsonView text = *label.array().begin();
        EXPECT_EQ(labels->text_at(row), label_text(text)) << name << " label of row " << row;
        ++row;
      }
    }
  }
  if (const JsonView decision = answers.find("decision_function"); !decision.is_missing())
    comparison.numbers("decision_function", values.value().margins,
                       values.value().margins.size() / count, decision,
                       model.exactness.margin_bits && bits);
  if (const JsonView transform = answers.find("transform"); !transform.is_missing())
    comparison.numbers("transform", values.value().predictions, width, transform, bits);
  ++tally->models;
}

// The rows, or the answers, of a case: its file may name that of another generation, which has the
// same.
class Member {
 public:
  Member(const std::string& folder, JsonView record, std::string_view name)
      : view_(record.find(name)) {
    const auto path = view_.as_string();
    if (!path) return;
    elsewhere_ =
        JsonDocument::parse(posix_env().read_file(folder + "/" + std::string(*path)).value())
            .value();
    view_ = elsewhere_->root().find(name);
  }
  JsonView view() const { return view_; }

 private:
  std::optional<JsonDocument> elsewhere_;
  JsonView view_;
};

void compare_folder(const std::string& folder, bool through_blob,
                    std::map<std::string, Tally>* tallies) {
  const auto index = MappedFile::open(folder + "/cases.json").value();
  const auto cases = JsonDocument::parse(index->text());
  ASSERT_TRUE(cases) << cases.error().message();
  for (const JsonView item : cases.value().root().find("cases").array()) {
    const std::string base = folder + "/" + std::string(*item.find("name").as_string());
    const std::string name = base + " " + std::string(*item.find("what").as_string());
    model::ImportOptions options;
    for (const JsonView column : item.find("columns").array())
      options.columns.emplace_back(*column.as_string());
    auto model = model::import_file(base + ".model", options);
    EXPECT_TRUE(model) << name << ": " << (model ? "" : model.error().message());
    if (!model) continue;
    if (through_blob) {
      const std::string blob = model::write_blob(model.value());
      model = model::read_blob(blob, nullptr);
      ASSERT_TRUE(model) << name << ": " << model.error().message();
      EXPECT_EQ(model::write_blob(model.value()), blob) << name;
    }
    const auto record_file = MappedFile::open(base + ".json").value();
    const auto record = JsonDocument::parse(record_file->text());
    ASSERT_TRUE(record) << record.error().message();
    const Member columns(folder, record.value().root(), "columns");
    const Member answers(folder, record.value().root(), "answers");
    compare(name, model.value(), columns.view(), answers.view(),
            &(*tallies)[std::string(*item.find("family").as_string())]);
  }
}

TEST(SklearnGolden, AnswersAreScikitLearnsOwn) {
  for (const std::string& folder : folders()) {
    std::map<std::string, Tally> tallies;
    compare_folder(folder, false, &tallies);
    for (const auto& [family, t] : tallies) {
      std::printf("%s %-14s %3zu models, %6zu values, %5.1f %% equal bits, worst %llu ulp, %.1e\n",
                  folder.c_str(), family.c_str(), t.models, t.values,
                  100.0 * static_cast<double>(t.equal) /
                      static_cast<double>(std::max<std::size_t>(t.values, 1)),
                  static_cast<unsigned long long>(t.worst_ulp), t.worst_relative);
    }
    EXPECT_FALSE(tallies.empty()) << folder;
  }
}

TEST(SklearnGolden, TheBlobAnswersAsTheFileDid) {
  for (const std::string& folder : folders()) {
    std::map<std::string, Tally> tallies;
    compare_folder(folder, true, &tallies);
  }
}

}  // namespace
}  // namespace slipway
