// SPDX-License-Identifier: Apache-2.0
#include "model/import/lightgbm/dump.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/env.h"
#include "model/blob.h"
#include "model/import/import.h"
#include "model/import/lightgbm/lightgbm.h"

namespace slipway::model {
namespace {

// A stump on feature 0, as dump_model() gives it.
std::string stump(const std::string& split = R"("split_index": 0, "split_feature": 0,
    "threshold": 1.5, "decision_type": "<=", "default_left": true, "missing_type": "NaN")",
                  const std::string& leaf = R"("leaf_index": 1, "leaf_value": 2)") {
  return R"({"name": "tree", "version": "v4", "num_class": 1, "num_tree_per_iteration": 1,
    "max_feature_idx": 0, "objective": "binary sigmoid:2", "average_output": false,
    "feature_names": ["x"], "feature_infos": {"x": {"min_value": 0, "max_value": 3, "values": []}},
    "tree_info": [{"tree_index": 0, "num_leaves": 2, "tree_structure": {)" +
         split + R"(, "left_child": {"leaf_index": 0, "leaf_value": 1}, "right_child": {)" + leaf +
         R"(}}}], "pandas_categorical": null})";
}

std::string message_of(const std::string& dump) {
  const auto model = read_lightgbm_dump(dump);
  if (model) return "";
  return std::string(model.error().reason()) + ": " + model.error().message();
}

void expect_error(const std::string& dump, const std::string& part) {
  const std::string message = message_of(dump);
  EXPECT_EQ(message.rfind("model.lightgbm.dump: ", 0), 0u) << message;
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(LightGbmDump, GivesTheModelOfTheText) {
  std::size_t compared = 0;
  for (const std::string& name : posix_env().list("tests/fuzz/lightgbm_dump").value()) {
    const std::string stem = name.substr(0, name.find('.'));
    const std::string text = "tests/golden/lightgbm/" + stem + ".txt";
    if (!posix_env().exists(text)) continue;
    const auto dump = import_file("tests/fuzz/lightgbm_dump/" + name);
    ASSERT_TRUE(dump) << dump.error().message();
    Model model = dump.value();
    EXPECT_EQ(model.source.format, "JSON dump v4");
    model.source.format = "text v4";
    EXPECT_EQ(write_blob(model), write_blob(import_file(text).value())) << name;
    ++compared;
  }
  EXPECT_GE(compared, 10u);
}

TEST(LightGbmDump, ReadsPandasCategories) {
  std::string dump = stump(R"("split_index": 0, "split_feature": 0, "threshold": "0||2",
    "decision_type": "==", "default_left": false, "missing_type": "None")");
  dump.replace(dump.find("null"), 4, R"([["b", "a", "c"]])");
  dump.replace(dump.find(R"("values": [])"), 12, R"("values": [-1, 0, 1, 2])");
  const Model model = read_lightgbm_dump(dump).value();
  EXPECT_EQ(model.inputs[0].kind, InputKind::kCategory);
  EXPECT_EQ(model.inputs[0].categories, (std::vector<std::string>{"b", "a", "c"}));
  const auto& trees = std::get<TreeEnsemble>(model.nodes[0].op);
  EXPECT_EQ(trees.category_words[0], 5u);
}

TEST(LightGbmDump, IsToldByItsKeys) {
  EXPECT_TRUE(is_lightgbm_dump(stump()));
  EXPECT_FALSE(is_lightgbm_dump(R"({"learner": {"tree_info": []}})"));
  EXPECT_EQ(message_of(stump()), "");
}

TEST(LightGbmDump, EveryWayOfBeingWrongIsNamed) {
  expect_error("{\"tree_info\": [", "line 1 column");
  expect_error(stump("\"split_feature\": 0"), "tree 0: a split has no split_index");
  expect_error(stump("\"split_index\": 1, \"split_feature\": 0"), "split 1 is out of range");
  const std::string split = R"("split_index": 0, "split_feature": 0, "threshold": 1, )";
  expect_error(stump(split + R"("decision_type": "<", "missing_type": "NaN")"),
               "needs decision_type '<=' or '=='");
  expect_error(stump(split + R"("decision_type": "==", "default_left": true,
    "missing_type": "None")"),
               "no text like '1||3'");
  expect_error(stump(R"("split_index": 0, "split_feature": 0, "threshold": "1||x",
    "decision_type": "==", "default_left": true, "missing_type": "None")"),
               "category 'x'");
  const std::string good = stump();
  const auto with_leaf = [&](const std::string& leaf) {
    std::string dump = good;
    const std::string old = R"("leaf_index": 1, "leaf_value": 2)";
    return dump.replace(dump.find(old), old.size(), leaf);
  };
  expect_error(with_leaf(R"("leaf_index": 0, "leaf_value": 2)"), "leaf 0 is there twice");
  expect_error(with_leaf(R"("leaf_value": 2)"), "a leaf has no leaf_index");
  expect_error(with_leaf(R"("leaf_index": 1, "leaf_value": "x")"), "leaf_value is a string");
  expect_error(with_leaf(R"("leaf_index": 1, "leaf_value": 1, "leaf_const": 1)"),
               "only some leaves have a leaf_const");
  std::string dump = good;
  dump.replace(dump.find("\"x\"]"), 4, "\"x y\"]");
  expect_error(dump, "'x y' is empty or has a space");
  dump = good;
  dump.replace(dump.find("binary"), 6, "bi\\nnary");
  expect_error(dump, "a text of one line expected");
  dump = good;
  dump.replace(dump.find("binary"), 6, "magic!");
  EXPECT_NE(message_of(dump).find("model.lightgbm.objective: the dump, rewritten as LightGBM text"),
            std::string::npos)
      << message_of(dump);
}

}  // namespace
}  // namespace slipway::model
