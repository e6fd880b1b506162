// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/xgboost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/import/import.h"
#include "model/import/json_root.h"
#include "model/import/xgboost/objective.h"
#include "model/import/xgboost/value.h"

namespace slipway::model {
namespace {

// Two features, one tree of one split.
const char* const kStump = R"({"learner": {
  "attributes": {},
  "feature_names": ["a", "b"], "feature_types": ["float", "c"],
  "gradient_booster": {"model": {
    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
    "iteration_indptr": [0, 1], "tree_info": [0],
    "trees": [{"base_weights": [0, 0, 0], "categories": [], "categories_nodes": [],
      "categories_segments": [], "categories_sizes": [], "default_left": [1, 0, 0], "id": 0,
      "left_children": [1, -1, -1], "right_children": [2, -1, -1], "parents": [2147483647, 0, 0],
      "split_conditions": [5E-1, 1E0, 2E0], "split_indices": [0, 0, 0], "split_type": [0, 0, 0],
      "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3",
        "size_leaf_vector": "1"}}]}, "name": "gbtree"},
  "learner_model_param": {"base_score": "[5E-1]", "boost_from_average": "1", "num_class": "0",
    "num_feature": "2", "num_target": "1"},
  "objective": {"name": "binary:logistic"}}, "version": [3, 2, 0]})";

// The stump with texts replaced; each must be there.
std::string stump(std::vector<std::pair<std::string, std::string>> changes = {}) {
  std::string json = kStump;
  for (const auto& [old, replacement] : changes) {
    const auto at = json.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    json.replace(at, old.size(), replacement);
  }
  return json;
}

Model read(std::vector<std::pair<std::string, std::string>> changes = {},
           const XgboostOptions& options = {}) {
  const auto model = read_xgboost(stump(std::move(changes)), options);
  EXPECT_TRUE(model) << model.error().message();
  return model ? model.value() : Model();
}

const TreeEnsemble& trees_of(const Model& model) {
  for (const Node& node : model.nodes) {
    if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) return *trees;
  }
  static const TreeEnsemble none;
  return none;
}

bool has_note(const Model& model, const std::string& part) {
  return std::any_of(model.notes.begin(), model.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

void expect_error(std::vector<std::pair<std::string, std::string>> changes,
                  const std::string& reason, const std::string& part,
                  const XgboostOptions& options = {}) {
  const auto model = read_xgboost(stump(std::move(changes)), options);
  ASSERT_FALSE(model) << reason;
  EXPECT_EQ(model.error().reason(), reason) << model.error().message();
  EXPECT_NE(model.error().message().find(part), std::string::npos) << model.error().message();
}

TEST(Xgboost, ReadsWhatTheFileSays) {
  const Model model = read();
  EXPECT_EQ(model.source.library, "XGBoost");
  EXPECT_EQ(model.source.version, "3.2.0");
  EXPECT_EQ(model.source.format, "JSON");
  EXPECT_EQ(model.inputs[1].name, "b");
  EXPECT_TRUE(has_note(model, "does not hold the categories of b"));
  EXPECT_EQ(model.outputs.task, Task::kBinary);
  EXPECT_TRUE(model.outputs.float32);
  EXPECT_EQ(model.exactness.prediction_ulp, 4u);
  const TreeEnsemble& trees = trees_of(model);
  EXPECT_EQ(trees.threshold[0], 0.5);
  EXPECT_TRUE(trees.rule[0].strictly_less());
  EXPECT_TRUE(trees.rule[0].default_left());
  EXPECT_EQ(trees.base[0], 0) << "the logit of one half";
  EXPECT_EQ(trees.leaf_value[1], 2);
}

TEST(Xgboost, NamesFeaturesAsXgboostDoes) {
  const Model model = read({{R"(["a", "b"])", "[]"}, {R"(["float", "c"])", "[]"}});
  EXPECT_EQ(model.inputs[0].name, "f0");
  EXPECT_EQ(model.inputs[1].name, "f1");
}

TEST(Xgboost, CategoriesOfTheFileAreWhatCallersSend) {
  const std::string enc = R"("cats": {"enc": [{"offsets": [], "values": []}, )";
  const std::string before = R"("gbtree_model_param")";
  Model model =
      read({{before, enc + R"({"offsets": [0, 1, 3], "values": [98, 97, 97]}]}, )" + before}});
  EXPECT_EQ(model.inputs[0].kind, InputKind::kNumber);
  EXPECT_EQ(model.inputs[1].kind, InputKind::kCategory);
  EXPECT_EQ(model.inputs[1].categories, (std::vector<std::string>{"b", "aa"}));
  model = read({{before, enc + R"({"type": 15, "values": [-5, 10]}]}, )" + before}});
  EXPECT_EQ(model.inputs[1].category_type, CategoryType::kNumber);
  EXPECT_EQ(model.inputs[1].categories, (std::vector<std::string>{"-5", "10"}));
  // "ö" and "x": before 3.4 XGBoost cut such texts at the wrong bytes.
  const std::string umlaut = enc + R"({"offsets": [0, 2, 3], "values": [-61, -74, 120]}]}, )";
  model = read({{before, umlaut + before}});
  EXPECT_EQ(model.inputs[1].kind, InputKind::kNumber);
  EXPECT_TRUE(has_note(model, "or not as they were"));
  model = read({{before, umlaut + before}, {"[3, 2, 0]", "[3, 4, 0]"}});
  EXPECT_EQ(model.inputs[1].categories, (std::vector<std::string>{"ö", "x"}));
}

TEST(Xgboost, CategorySplitsSendTheirMembersRight) {
  const Model model = read({{R"("split_type": [0, 0, 0])", R"("split_type": [1, 0, 0])"},
                            {R"("categories": [])", R"("categories": [1, 33])"},
                            {R"("categories_nodes": [])", R"("categories_nodes": [0])"},
                            {R"("categories_segments": [])", R"("categories_segments": [0])"},
                            {R"("categories_sizes": [])", R"("categories_sizes": [2])"},
                            {"5E-1, 1E0", "NaN, 1E0"}});
  const TreeEnsemble& trees = trees_of(model);
  EXPECT_TRUE(trees.rule[0].is_category() && trees.rule[0].members_right());
  EXPECT_EQ(trees.category_words[0], 2u);
  EXPECT_EQ(trees.category_words[1], 2u);
}

TEST(Xgboost, WhatPruningLeftBehindDropsOut) {
  const Model model = read({{"[1, -1, -1], \"right", "[3, -1, -1, -1], \"right"},
                            {"[2, -1, -1]", "[2, -1, -1, -1]"},
                            {"[5E-1, 1E0, 2E0]", "[5E-1, 7E0, 2E0, 3E0]"},
                            {R"("split_indices": [0, 0, 0])", R"("split_indices": [0, 9, 0, 0])"},
                            {R"("split_type": [0, 0, 0])", R"("split_type": [0, 0, 0, 0])"},
                            {"[1, 0, 0]", "[1, 0, 0, 0]"},
                            {R"("num_nodes": "3")", R"("num_nodes": "4")"}});
  const TreeEnsemble& trees = trees_of(model);
  EXPECT_EQ(trees.leaves(), 2u);
  EXPECT_EQ(trees.leaf_value[0], 3);
  EXPECT_EQ(trees.leaf_value[1], 2);
}

TEST(Xgboost, AnyNumberMayReadAsMissing) {
  const Model model = read({}, {.missing = -999.0});
  ASSERT_EQ(model.nodes.size(), 4u);
  EXPECT_EQ(std::get<Replace>(model.nodes[1].op).from[0], -999);
  EXPECT_EQ(model.margin, 3u);
  EXPECT_TRUE(has_note(model, "-999 reads as missing"));
}

TEST(Xgboost, TheBestRoundIsAnOptionAndANote) {
  const std::vector<std::pair<std::string, std::string>> two_rounds{
      {R"("attributes": {})", R"("attributes": {"best_iteration": "0"})"},
      {"[0, 1]", "[0, 1, 2]"},
      {R"("tree_info": [0])", R"("tree_info": [0, 0])"},
      {R"("trees": [)",
       R"("trees": [{"default_left": [0], "left_children": [-1], "right_children": [-1],
          "split_conditions": [9E0], "split_indices": [0],
          "tree_param": {"num_nodes": "1", "size_leaf_vector": "0"}}, )"}};
  const Model all = read(two_rounds);
  EXPECT_EQ(trees_of(all).trees(), 2u);
  EXPECT_TRUE(has_note(all, "best_iteration is 0: Booster.predict uses all 2 trees"));
  EXPECT_EQ(trees_of(read(two_rounds, {.stop_at_best_iteration = true})).trees(), 1u);
  expect_error({{R"("attributes": {})", R"("attributes": {"best_iteration": "1"})"}},
               "model.xgboost.best_iteration", "best_iteration is 1, but there is no such round");
}

TEST(Xgboost, PickledBoostersHoldTheModelBesideTheirConfiguration) {
  const std::string wrapped = R"({"Config": {"learner": {}}, "Model": )" + stump() + "}";
  EXPECT_TRUE(is_xgboost(wrapped));
  EXPECT_TRUE(read_xgboost(wrapped));
  EXPECT_TRUE(is_xgboost(stump()));
  EXPECT_FALSE(is_xgboost(R"({"tree_info": [{"learner": 1}]})"));
  EXPECT_FALSE(is_xgboost("{}"));
}

TEST(Xgboost, UnknownObjectivesPredictMargins) {
  const Model model = read({{"binary:logistic", "my:own"}});
  EXPECT_EQ(model.margin, model.prediction);
  EXPECT_TRUE(has_note(model, "'my:own' is taken for a custom one"));
  EXPECT_EQ(trees_of(model).base[0], 0.5);
  EXPECT_EQ(model.exactness.prediction_ulp, 0u);
  expect_error({{"binary:logistic", "reg:expectileerror"}}, "model.xgboost.objective",
               "its predictions are not its margins");
}

TEST(Xgboost, VersionsDecideWhereTheyDiffer) {
  using xgboost::base_margins;
  using xgboost::objective_of;
  const auto quantile = [](xgboost::Version version) {
    return objective_of("reg:quantileerror", version, 3).value().link.kind;
  };
  EXPECT_EQ(quantile({3, 2}), LinkKind::kIdentity);
  EXPECT_EQ(quantile({3, 4}), LinkKind::kSortRow);
  const auto old = objective_of("binary:logistic", {1, 5}, 1).value();
  EXPECT_EQ(old.link.scale, 1000);
  EXPECT_FALSE(base_margins(old, "1", 1));
  const auto bounded = objective_of("binary:logistic", {3, 2}, 1).value();
  EXPECT_EQ(base_margins(bounded, "[1E0]", 2).value(),
            base_margins(bounded, "9.99999E-1", 2).value());
  EXPECT_FALSE(base_margins(bounded, "1.5", 1));
  EXPECT_FALSE(base_margins(objective_of("reg:gamma", {3, 2}, 1).value(), "0", 1));
}

TEST(Xgboost, TheOneFloatThatADoubleLosesIsRead) {
  EXPECT_EQ(xgboost::to_float(7.038531e-26), 7.038531e-26F);
  EXPECT_EQ(xgboost::to_float(-7.038531e-26), -7.038531e-26F);
  EXPECT_EQ(xgboost::to_float(0.1), 0.1F);
}

TEST(Xgboost, DamagedTreesAreNamedByTreeAndNode) {
  expect_error({{"[1, -1, -1]", "[7, -1, -1]"}}, "model.xgboost.child",
               "tree 0: node 0: its left child is 7, but the tree has 3 nodes");
  expect_error({{"[2, -1, -1]", "[2.5, -1, -1]"}}, "model.xgboost.child", "right child is 2.5");
  expect_error({{"[2, -1, -1]", "[1, -1, -1]"}}, "model.xgboost.cycle", "is reached twice");
  expect_error({{"[1, -1, -1]", "[0, -1, -1]"}}, "model.xgboost.cycle", "is reached twice");
  expect_error({{R"("split_indices": [0, 0, 0])", R"("split_indices": [2, 0, 0])"}},
               "model.xgboost.feature", "splits on feature 2, but there are 2");
  expect_error({{"[5E-1, 1E0, 2E0]", "[5E-1, 1E0]"}}, "model.xgboost.count",
               "split_conditions has 2 values, 3 expected");
  expect_error({{"[5E-1, 1E0, 2E0]", "[5E-1, \"x\", 2E0]"}}, "model.xgboost.value",
               "split_conditions holds something that is no number");
  expect_error({{R"("num_nodes": "3")", R"("num_nodes": "4")"}}, "model.xgboost.count",
               "left_children has 3 values, num_nodes is 4");
  expect_error({{"5E-1, 1E0", "NaN, 1E0"}}, "model.tree.threshold", "is NaN");
  expect_error({{R"("tree_info": [0])", R"("tree_info": [1])"}}, "model.xgboost.tree_info",
               "adds to output 1, but there are 1");
  expect_error({{R"("tree_info": [0])", R"("tree_info": [])"}}, "model.xgboost.tree_info",
               "tree_info has 0 entries, the file has 1 trees");
  expect_error({{R"("size_leaf_vector": "1")", R"("size_leaf_vector": "3")"}},
               "model.xgboost.leaf_vector", "leaves hold 3 values, the model has 1 outputs");
}

TEST(Xgboost, DamagedCategorySetsAreNamed) {
  const std::pair<std::string, std::string> type{R"("split_type": [0, 0, 0])",
                                                 R"("split_type": [1, 0, 0])"};
  expect_error({type}, "model.xgboost.categories", "node 0: splits on categories, but lists none");
  const auto with = [&](const char* categories, const char* node, const char* begin,
                        const char* size) {
    return std::vector<std::pair<std::string, std::string>>{
        type,
        {R"("categories": [])", std::string(R"("categories": )") + categories},
        {R"("categories_nodes": [])", std::string(R"("categories_nodes": )") + node},
        {R"("categories_segments": [])", std::string(R"("categories_segments": )") + begin},
        {R"("categories_sizes": [])", std::string(R"("categories_sizes": )") + size}};
  };
  expect_error(with("[1]", "[9]", "[0]", "[1]"), "model.xgboost.categories", "is node 9");
  expect_error(with("[1]", "[0]", "[0]", "[2]"), "model.xgboost.categories", "lists 1 categories");
  expect_error(with("[1]", "[0]", "[0]", "[0]"), "model.xgboost.categories", "with 0 categories");
  expect_error(with("[16777216]", "[0]", "[0]", "[1]"), "model.xgboost.categories",
               "whole numbers below");
  expect_error(with("[-1, 3]", "[0]", "[0]", "[2]"), "model.xgboost.categories", "category -1");
}

TEST(Xgboost, DamagedFilesAreRefusedByPlace) {
  expect_error({{"\"version\"", "version"}}, "model.xgboost.json", "line 15 column 46");
  expect_error({{"[3, 2, 0]", "[3, 2]"}}, "model.xgboost.version", "three integers");
  expect_error({{"\"gradient_booster\"", "\"booster\""}}, "model.xgboost.structure",
               "'gradient_booster' is nothing, an object expected");
  expect_error({{"\"name\": \"gbtree\"", "\"name\": \"gbforest\""}}, "model.xgboost.booster",
               "'gbforest': gbtree, dart and gblinear");
  expect_error({{R"("num_feature": "2", "num_target")", R"("num_feature": "0", "num_target")"}},
               "model.xgboost.unfitted", "before it was trained");
  expect_error({{R"("num_class": "0")", R"("num_class": "9999999")"}}, "model.xgboost.parameter",
               "num_class is 9999999, 0 to 65536 expected");
  expect_error({{R"("num_class": "0")", R"("num_class": "many")"}}, "model.xgboost.structure",
               "'num_class' is 'many', an integer expected");
  expect_error({{"[5E-1]\"", "half\""}}, "model.xgboost.base_score", "'half' is no number");
  expect_error({{"[5E-1]\"", "[5E-1,5E-1]\""}}, "model.xgboost.base_score", "lists 2 values");
  expect_error({{"[5E-1]\"", "2E0\""}}, "model.xgboost.base_score",
               "outside the objective's range");
  expect_error({{R"(["a", "b"])", R"(["a"])"}}, "model.xgboost.feature_names",
               "feature_names has 1 entries, num_feature is 2");
  expect_error({{R"(["a", "b"])", R"(["a", 2])"}}, "model.xgboost.feature_names",
               "feature_names[1] is no UTF-8 text");
  expect_error({{R"(["a", "b"])", R"(["a", "a"])"}}, "model.graph.input", "two inputs");
  const std::string before = R"("gbtree_model_param")";
  expect_error({{before, R"("cats": {"enc": [{}]}, )" + before}}, "model.xgboost.cats",
               "has 1 columns, num_feature is 2");
  expect_error(
      {{before,
        R"("cats": {"enc": [{"offsets": [], "values": []}, {"offsets": [0, 9], "values": [97]}]}, )" +
            before}},
      "model.xgboost.cats", "cats.enc[1]: text 0 lies at 0 to 9 of 1 bytes");
  expect_error(
      {{before,
        R"("cats": {"enc": [{"offsets": [], "values": []}, {"type": 15, "values": ["x"]}]}, )" +
            before}},
      "model.xgboost.cats", "cats.enc[1]: values must be a list of numbers");
  expect_error({{before, R"("weight_drop": [1, 1], )" + before}}, "model.xgboost.weight_drop",
               "weight_drop has 2 values");
}

TEST(Xgboost, OldBinariesAreRefusedWithTheWayOn) {
  std::string legacy(136, '\0');
  legacy += std::string("\x0f\0\0\0\0\0\0\0", 8) + "binary:logistic" + std::string(20, '\0');
  for (const std::string& bytes : {legacy, "binf" + legacy}) {
    EXPECT_TRUE(is_xgboost_binary(bytes));
    const auto model = import_bytes(bytes, "model.bst");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().reason(), "model.import.format");
    EXPECT_NE(model.error().message().find("pip install 'xgboost<3.1'"), std::string::npos);
  }
  EXPECT_FALSE(is_xgboost_binary(std::string(200, 'x')));
}

TEST(JsonRoot, KeysAreThoseOfTheOutermostObject) {
  EXPECT_TRUE(has_root_key(R"(  {"a": {"b": ["c"]}, "d" : 1})", "d"));
  EXPECT_FALSE(has_root_key(R"({"a": {"b": ["c"]}, "d": "e"})", "b"));
  EXPECT_FALSE(has_root_key(R"({"a": {"b": ["c"]}, "d": "e"})", "e"));
  EXPECT_FALSE(has_root_key(R"({"a\"": 1, "x)", "x"));
  EXPECT_FALSE(has_root_key(R"(["a"])", "a"));
  EXPECT_FALSE(has_root_key("", "a"));
  EXPECT_FALSE(has_root_key(R"({"a": "\)", "b"));
}

}  // namespace
}  // namespace slipway::model
