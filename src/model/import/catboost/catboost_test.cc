// What CatBoost files are refused for, and what they mean beyond the goldens
// (tests/golden/catboost_test.cc).
// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/catboost.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/env.h"
#include "model/import/catboost/test_message.h"
#include "model/import/import.h"

namespace slipway::model {
namespace {

// Conditions: 0 and 1 ask x, 2 asks whether c is the hash 17, 3 asks the CTR of c.
const std::string kJson = R"({"features_info":{
"float_features":[{"feature_index":0,"flat_feature_index":0,"feature_id":"x","borders":[0.5,1.5],"has_nans":true,"nan_value_treatment":"AsTrue"}],
"categorical_features":[{"feature_index":0,"flat_feature_index":1,"feature_id":"c","values":[17]}],
"ctrs":[{"elements":[{"combination_element":"cat_feature_value","cat_feature_index":0}],"ctr_type":"Borders","target_border_idx":0,
"prior_numerator":0.5,"prior_denomerator":1,"shift":0,"scale":15,"borders":[5]}]},
"ctr_data":{"{\"identifier\":[{\"cat_feature_index\":0,\"combination_element\":\"cat_feature_value\"}],\"type\":\"Borders\"}":
{"hash_map":["18446744073709551615",9,9,"5",1,2],"hash_stride":3,"counter_denominator":0}},
"model_info":{"params":{"loss_function":{"type":"RMSE"}},"class_params":{"class_to_label":[0,1],"class_names":["no","yes"]}},
"oblivious_trees":[{"leaf_values":[1,2,4,8],"splits":[{"split_index":0},{"split_index":3}]}],
"scale_and_bias":[1,[0.25]]})";

std::string changed(std::string from, std::string to, std::string text = kJson) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

void expect_refused(const std::string& bytes, std::string_view reason, std::string_view part) {
  const auto model = read_catboost(bytes);
  ASSERT_FALSE(model) << part;
  EXPECT_EQ(model.error().reason(), reason) << model.error().message();
  EXPECT_NE(model.error().message().find(part), std::string::npos) << model.error().message();
}

const TreeEnsemble& trees_of(const Model& model) {
  for (const Node& node : model.nodes) {
    if (const auto* trees = std::get_if<TreeEnsemble>(&node.op)) return *trees;
  }
  ADD_FAILURE() << "no trees";
  static const TreeEnsemble kNone;
  return kNone;
}

TEST(CatBoostJson, IsToldByWhatItHolds) {
  EXPECT_TRUE(is_catboost(kJson));
  EXPECT_TRUE(is_catboost("CBM1"));
  EXPECT_FALSE(is_catboost(R"({"learner":{"trees":[]}})"));
  EXPECT_FALSE(is_catboost("tree\nversion=v4"));
  EXPECT_FALSE(is_catboost(""));
  EXPECT_EQ(import_bytes(kJson, "m.json").value().source.library, "CatBoost");
}

TEST(CatBoostJson, BecomesAGraphOfItsInputs) {
  const Model model = read_catboost(kJson).value();
  ASSERT_EQ(model.inputs.size(), 2u);
  EXPECT_EQ(model.inputs[0].kind, InputKind::kNumber);
  EXPECT_EQ(model.inputs[1].name, "c");
  EXPECT_EQ(model.inputs[1].kind, InputKind::kHash);
  // The second split is asked first; leaves keep their order.
  const TreeEnsemble& trees = trees_of(model);
  EXPECT_EQ(std::vector<std::uint32_t>(trees.feature.begin(), trees.feature.end()),
            (std::vector<std::uint32_t>{2, 0, 0}));
  EXPECT_FALSE(trees.rule[1].default_left()) << "NaN is above";
  EXPECT_TRUE(trees.float32_inputs);
}

TEST(CatBoostJson, NanIsBelowWhereTrainingSawNone) {
  const Model model = read_catboost(changed("\"has_nans\":true", "\"has_nans\":false")).value();
  EXPECT_TRUE(trees_of(model).rule[1].default_left());
}

TEST(CatBoostJson, AnUnnamedFeatureIsCalledByItsColumn) {
  const Model model = read_catboost(changed("\"feature_id\":\"c\"", "\"feature_id\":\"\"")).value();
  EXPECT_EQ(model.inputs[1].name, "1");
}

TEST(CatBoostJson, WhatTheLossIsSaysWhatComesOut) {
  const auto with = [](const std::string& loss) {
    return read_catboost(changed("\"RMSE\"", "\"" + loss + "\"")).value();
  };
  EXPECT_EQ(with("RMSE").outputs.task, Task::kRegression);
  EXPECT_EQ(with("YetiRank").outputs.task, Task::kRanking);
  const Model binary = with("Logloss");
  EXPECT_EQ(binary.outputs.task, Task::kBinary);
  EXPECT_EQ(binary.outputs.classes, (std::vector<std::string>{"no", "yes"}));
  EXPECT_TRUE(binary.outputs.label);
  EXPECT_NE(with("Poisson").prediction, with("Poisson").margin);
  const Model custom = with("Mine");
  EXPECT_EQ(custom.outputs.task, Task::kBinary) << "it has classes";
  EXPECT_NE(custom.notes[0].find("'Mine' is a custom one"), std::string::npos);
}

TEST(CatBoostJson, LabelsAreAsPythonPrintsThem) {
  const auto names = [](const std::string& type, const std::string& list) {
    return read_catboost(changed("\"class_names\":[\"no\",\"yes\"]",
                                 "\"class_label_type\":\"" + type + "\",\"class_names\":" + list,
                                 changed("\"RMSE\"", "\"Logloss\"")))
        .value()
        .outputs.classes;
  };
  EXPECT_EQ(names("Integer", "[-1,3]"), (std::vector<std::string>{"-1", "3"}));
  EXPECT_EQ(names("Float", "[1,2.5]"), (std::vector<std::string>{"1.0", "2.5"}));
  EXPECT_EQ(names("Boolean", "[false,true]"), (std::vector<std::string>{"False", "True"}));
}

TEST(CatBoostJson, EveryWayOfBeingWrongHasItsReason) {
  expect_refused("{", "base.json.syntax", "line 1");
  expect_refused(R"({"features_info":1,"trees":2})", "model.catboost.json", "'features_info'");
  expect_refused(changed("\"borders\":[0.5,1.5]", "\"borders\":[1.5,0.5]"),
                 "model.catboost.feature", "border 1 of feature 'x' is 0.5, below the one before");
  expect_refused(changed("\"borders\":[0.5,1.5]", "\"borders\":[\"a\"]"), "model.catboost.json",
                 "float_features[0]: 'borders' holds a string");
  expect_refused(changed("\"feature_index\":0", "\"feature_index\":1.5"), "model.catboost.json",
                 "'feature_index' is a number, a 32-bit integer expected");
  expect_refused(changed("\"flat_feature_index\":1", "\"flat_feature_index\":0"),
                 "model.catboost.feature", "two features have the same index");
  expect_refused(changed("\"values\":[17]", "\"values\":[17000000000]"), "model.catboost.json",
                 "categorical_features[0]: 'values' holds");
  expect_refused(changed("\"cat_feature_index\":0}]", "\"cat_feature_index\":4}]"),
                 "model.catboost.feature",
                 "CTR feature 0 asks categorical feature 4, which is not there");
  expect_refused(changed("\"ctr_type\":\"Borders\"", "\"ctr_type\":\"Odd\""), "model.catboost.json",
                 "ctrs[0]: CTR type 'Odd' is not known");
  expect_refused(changed("cat_feature_value", "cat"), "model.catboost.json",
                 "combination_element 'cat' is not known");
  expect_refused(changed("\"split_index\":3", "\"split_index\":4"), "model.catboost.tree",
                 "tree 0: a split asks condition 4, but the features have 4");
  expect_refused(changed("[1,2,4,8]", "[1,2,4]"), "model.catboost.json",
                 "oblivious_trees[0]: 3 leaf_values for 2 splits, a multiple of 4 expected");
  expect_refused(changed("\"oblivious_trees\":[{", "\"oblivious_trees\":[],\"old\":[{"),
                 "model.catboost.trees", "no trees");
  expect_refused(changed("[1,[0.25]]", "[1,[0.25,1]]"), "model.catboost.bias",
                 "2 biases for 1 sums");
  expect_refused(changed("\"float_features\"", "\"text_features\":[{}],\"float_features\""),
                 "model.catboost.text", "text_features");
}

TEST(CatBoostJson, ClassesAndSettingsThatDoNotFitAreRefused) {
  const std::string binary = changed("\"RMSE\"", "\"Logloss\"");
  expect_refused(changed("[\"no\",\"yes\"]", "[\"no\"]", binary), "model.catboost.classes",
                 "1 classes for Logloss");
  expect_refused(changed("[\"no\",\"yes\"]", "[[]]", binary), "model.catboost.settings",
                 "class_names holds an array");
  expect_refused(changed("\"RMSE\"", "\"MultiClass\""), "model.catboost.classes",
                 "class_to_label has 2 entries for 1 sums");
  expect_refused(changed("\"class_to_label\":[0,1]", "\"class_to_label\":[5]",
                         changed("\"RMSE\"", "\"MultiClass\"")),
                 "model.catboost.classes", "sum 0 is for class 5 of 2");
  expect_refused(
      changed("\"model_info\":{", "\"model_info\":{\"binclass_probability_threshold\":\"2\","),
      "model.catboost.settings", "a number between 0 and 1 expected");
  expect_refused(changed("{\"loss_function\":{\"type\":\"RMSE\"}}", "\"{\""),
                 "model.catboost.settings", "'params' in the file's metadata is not JSON");
}

TEST(CatBoostJson, TablesThatDoNotFitTheirFeaturesAreRefused) {
  expect_refused(changed("\"ctr_data\"", "\"old_data\""), "model.catboost.ctr_missing",
                 "CTR feature 0 has no table in the file");
  expect_refused(changed("\"5\",1,2]", "\"5\",1]"), "model.catboost.json",
                 "'hash_map' ends within an entry");
  expect_refused(changed("\"5\",1,2]", "\"5\",1,2,\"5\",1,2]"), "model.catboost.ctr",
                 "CTR table 0 has the key 5 twice");
  expect_refused(changed("\"5\",1,2]", "5,1,2]"), "model.catboost.json", "a key is");
  expect_refused(changed("\"5\",1,2]", "\"5\",1e300,2]"), "model.catboost.json", "a count is");
  expect_refused(changed("\"hash_stride\":3", "\"hash_stride\":0"), "model.catboost.json",
                 "'hash_stride' is 0");
  expect_refused(changed("\"target_border_idx\":0", "\"target_border_idx\":1"),
                 "model.catboost.ctr", "counts target border 1, its table has 1");
}

// ---- trees that are not oblivious ----

std::string nested(const std::string& tree) {
  const std::size_t at = kJson.find("\"oblivious_trees\"");
  return kJson.substr(0, at) + "\"trees\":[" + tree + "]}";
}

TEST(CatBoostJson, NestedTreesKeepTheirShape) {
  const Model model = read_catboost(nested(R"({"split":{"split_index":0},"left":{"value":1},
      "right":{"split":{"split_index":1},"left":{"value":2},"right":{"value":3}}})"))
                          .value();
  EXPECT_EQ(trees_of(model).splits(), 2u);
  EXPECT_EQ(trees_of(model).leaves(), 3u);
  expect_refused(nested(R"({"split":{"split_index":0},"left":{"value":1}})"), "model.catboost.json",
                 "trees[0]: 'split_index'");
  expect_refused(
      nested(R"({"split":{"split_index":0},"left":{"value":1},"right":{"value":[1,2]}})"),
      "model.catboost.json", "a leaf of 2 values, 1 expected");
}

// ---- the binary form ----

constexpr unsigned kTreeFields = 19;

// A model of one float feature 'x' with the border 0.5 and one tree: 1 or 2.
struct Cbm {
  Cbm() {
    m.text(m.root(), 0, "FlabuffersModel_v1");
    trees = m.table(m.root(), 1, kTreeFields);
    m.set(trees, 0, std::int32_t{1});
    const auto x = m.tables(trees, 5, 1, 6)[0];
    m.set(x, 1, std::int32_t{0});
    m.set(x, 2, std::int32_t{0});
    m.list(x, 3, std::vector<float>{0.5F});
    m.text(x, 4, "x");
    m.list(trees, 1, std::vector<std::int32_t>{0});
    m.list(trees, 2, std::vector<std::int32_t>{1});
    m.list(trees, 8, std::vector<double>{1, 2});
  }
  std::string file() const {
    std::string bytes = "CBM1";
    const auto size = static_cast<std::uint32_t>(m.bytes.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    return bytes + m.bytes + tail;
  }
  Message m{4};
  std::size_t trees = 0;
  std::string tail;
};

TEST(CatBoostCbm, ASmallOneIsRead) {
  const Model model = read_catboost(Cbm().file()).value();
  EXPECT_EQ(model.inputs[0].name, "x");
  EXPECT_EQ(trees_of(model).leaves(), 2u);
  EXPECT_NE(model.notes[0].find("no loss in the file"), std::string::npos);
}

TEST(CatBoostCbm, ADamagedFileIsRefused) {
  const std::string whole = Cbm().file();
  for (std::size_t size = 4; size < whole.size(); ++size)
    EXPECT_FALSE(read_catboost(whole.substr(0, size))) << size;
  expect_refused("CBM1", "model.catboost.truncated", "the file ends before the model");
  expect_refused(whole.substr(0, 100), "model.catboost.truncated",
                 "bytes, but 92 follow: the file was cut off");
  expect_refused(std::string("CBM1\0\0\0\0", 8), "model.catboost.flatbuffer", "byte 0");
}

TEST(CatBoostCbm, EveryWayOfBeingWrongHasItsReason) {
  Cbm cbm;
  cbm.m.text(cbm.m.root(), 0, "FlabuffersModel_v9");
  expect_refused(cbm.file(), "model.catboost.version", "the format is 'FlabuffersModel_v9'");
  cbm = Cbm();
  cbm.m.set(cbm.trees, 0, std::int32_t{0});
  expect_refused(cbm.file(), "model.catboost.dimension", "0 values per leaf");
  cbm = Cbm();
  cbm.m.list(cbm.trees, 2, std::vector<std::int32_t>{17});
  expect_refused(cbm.file(), "model.catboost.tree", "17 splits, at most 16 expected");
  cbm = Cbm();
  cbm.m.list(cbm.trees, 8, std::vector<double>{1, 2, 3});
  expect_refused(cbm.file(), "model.catboost.tree", "the trees have 2 leaf values, the file 3");
  cbm = Cbm();
  cbm.m.list(cbm.trees, 8, std::vector<double>{1});
  expect_refused(cbm.file(), "model.catboost.tree", "a leaf's values are 1 to 1, but there are 1");
  cbm = Cbm();
  cbm.m.bytes[cbm.m.bytes.find('x')] = '\xff';
  expect_refused(cbm.file(), "model.catboost.feature",
                 "the name of the feature with flat index 0 is no UTF-8");
  cbm = Cbm();
  const auto estimated = cbm.m.tables(cbm.trees, 13, 1, 4);
  const auto texts = cbm.m.tables(cbm.trees, 12, 1, 4);
  cbm.m.text(texts[0], 2, "review");
  expect_refused(cbm.file(), "model.catboost.text", "text or embedding features ('review')");
  EXPECT_EQ(estimated.size(), 1u);
}

// 10,000 features that all name one list of 10,000 borders.
TEST(CatBoostCbm, ListsThatAreSharedDoNotMakeAHugeModel) {
  Cbm cbm;
  const auto features = cbm.m.tables(cbm.trees, 5, 10000, 4);
  const std::size_t shared = cbm.m.bytes.size();
  cbm.m.list(features[0], 3, std::vector<float>(10000));
  for (const std::size_t feature : features) {
    const std::size_t slot = feature + 4 + 8 * 3;
    cbm.m.set(feature, 3, static_cast<std::uint32_t>(shared - slot));
  }
  expect_refused(cbm.file(), "model.catboost.too_large", "lists are shared");
}

// All nodes ask x. Per node a step forward to the left and to the right, 0 for its own leaf.
Cbm steps(const std::vector<std::pair<std::uint16_t, std::uint16_t>>& nodes) {
  Cbm cbm;
  cbm.m.list(cbm.trees, 1, std::vector<std::int32_t>(nodes.size()));
  cbm.m.list(cbm.trees, 2, std::vector<std::int32_t>{static_cast<std::int32_t>(nodes.size())});
  std::vector<std::uint32_t> packed, leaves;
  for (const auto& [left, right] : nodes) {
    packed.push_back(left | std::uint32_t{right} << 16);
    leaves.push_back(static_cast<std::uint32_t>(leaves.size() % 2));
  }
  cbm.m.list(cbm.trees, 10, packed);
  cbm.m.list(cbm.trees, 11, leaves);
  return cbm;
}

TEST(CatBoostCbm, StepsMustLeadToNodesOfTheTreeOnce) {
  EXPECT_EQ(trees_of(read_catboost(steps({{1, 2}, {0, 0}, {0, 0}}).file()).value()).leaves(), 2u);
  EXPECT_EQ(trees_of(read_catboost(steps({{1, 0}, {0, 0}}).file()).value()).leaves(), 2u)
      << "a side that ends at the node itself";
  expect_refused(steps({{1, 9}, {0, 0}, {0, 0}}).file(), "model.catboost.tree",
                 "node 9 is no node");
  expect_refused(steps({{1, 1}, {0, 0}}).file(), "model.catboost.tree",
                 "node 1 is no node of it, or");
  Cbm cbm = steps({{1, 2}, {0, 0}, {0, 0}});
  cbm.m.list(cbm.trees, 11, std::vector<std::uint32_t>{0});
  expect_refused(cbm.file(), "model.catboost.tree", "3 nodes, but 3 splits and 1 leaf numbers");
}

// One CTR table of CTR type `type` whose only key has value number `index`.
std::string with_table(std::int8_t type, std::uint32_t index, std::int32_t classes) {
  Cbm cbm;
  const std::size_t parts = cbm.m.bytes.size();
  cbm.m.list(cbm.m.root(), 3, std::vector<std::uint32_t>(1));
  cbm.m.put(parts + 4, static_cast<std::uint32_t>(cbm.m.bytes.size() - parts - 4));
  cbm.m.bytes += std::string("\x12\0\0\0static_provider_v1", 22);
  Message table(5);
  const std::size_t base = table.table(table.root(), 0, 3);
  table.set(base, 1, type);
  std::string bucket(12, '\0');
  bucket[8] = static_cast<char>(index);
  table.text(table.root(), 1, bucket);
  table.text(table.root(), 2, std::string_view("\x01\0\0\0\x02\0\0\0", 8));
  table.set(table.root(), 4, classes);
  const std::uint32_t numbers[] = {1, static_cast<std::uint32_t>(table.bytes.size())};
  cbm.tail.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  cbm.tail += table.bytes;
  return cbm.file();
}

TEST(CatBoostCbm, CtrTablesAreChecked) {
  EXPECT_TRUE(read_catboost(with_table(0, 0, 2)));
  expect_refused(with_table(0, 1, 2), "model.catboost.ctr_table",
                 "CTR table 0: a key's value is number 1, but there are 1");
  expect_refused(with_table(0, 0, 0), "model.catboost.ctr_table", "counts of 0 target classes");
  expect_refused(with_table(9, 0, 2), "model.catboost.ctr", "CTR type 9 is not known");
  const std::string whole = with_table(0, 0, 2);
  expect_refused(whole.substr(0, whole.size() - 1), "model.catboost.truncated", "CTR table 0");
}

TEST(CatBoostCbm, TextAndEmbeddingsAreRefusedOnlyWhereTreesAskThem) {
  const auto file = [](const char* name) {
    return posix_env().read_file(std::string("tests/fuzz/catboost/") + name).value();
  };
  expect_refused(file("text.cbm"), "model.catboost.text", "text or embedding features ('t')");
  expect_refused(file("embedding.cbm"), "model.catboost.text", "text or embedding features ('e')");
  EXPECT_TRUE(read_catboost(file("text_unused.cbm")));
}

}  // namespace
}  // namespace slipway::model
