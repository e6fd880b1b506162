// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "model/blob.h"
#include "model/container.h"
#include "model/import/import.h"

namespace slipway::model {
namespace {

// Two leaves under one split on feature 0.
TreeEnsemble stump() {
  TreeEnsemble e;
  e.width = 1;
  e.roots = std::vector<std::int32_t>{0};
  e.tree_output = std::vector<std::uint32_t>{0};
  e.feature = std::vector<std::uint32_t>{0};
  e.threshold = std::vector<double>{1.5};
  e.rule = std::vector<SplitRule>{SplitRule::number(true, false, Missing::kNaN)};
  e.left = std::vector<std::int32_t>{~0};
  e.right = std::vector<std::int32_t>{~1};
  e.leaf_value = std::vector<double>{10, 20};
  return e;
}

Model stump_model() {
  Model model;
  model.inputs = {{.name = "x"}};
  model.nodes.push_back({.inputs = {0}, .op = stump()});
  model.margin = model.prediction = 1;
  return model;
}

std::string reason_of(const Result<void>& result) {
  return std::string(result ? "" : result.error().reason());
}

TEST(TreeEnsemble, AWellFormedOnePasses) {
  EXPECT_TRUE(check(stump()));
  EXPECT_EQ(depth_of(stump()), 1u);
}

TEST(TreeEnsemble, CoverIsOnePerLeafOrNone) {
  EXPECT_EQ(cover_of({3, 0}, 2).size(), 2u);
  EXPECT_TRUE(cover_of({3}, 2).empty()) << "not all leaves have one";
  EXPECT_TRUE(cover_of({3, -1}, 2).empty()) << "hessians of a loss that is not convex";
  EXPECT_TRUE(cover_of({3, std::numeric_limits<float>::quiet_NaN()}, 2).empty());
  TreeEnsemble e = stump();
  e.cover = std::vector<float>{3, 0};
  EXPECT_TRUE(check(e));
  EXPECT_EQ(first_trees(e, 1).cover[0], 3);
  e.cover = std::vector<float>{3};
  EXPECT_EQ(reason_of(check(e)), "model.tree.sizes");
  e.cover = std::vector<float>{3, std::numeric_limits<float>::infinity()};
  EXPECT_EQ(reason_of(check(e)), "model.tree.sizes");
}

TEST(TreeEnsemble, EveryWayOfBeingWrongHasItsReason) {
  TreeEnsemble e = stump();
  e.left = std::vector<std::int32_t>{0};
  EXPECT_EQ(reason_of(check(e)), "model.tree.cycle");
  e = stump();
  e.right = std::vector<std::int32_t>{~0};
  EXPECT_EQ(reason_of(check(e)), "model.tree.cycle") << "a leaf in two places";
  e = stump();
  e.right = std::vector<std::int32_t>{~7};
  EXPECT_EQ(reason_of(check(e)), "model.tree.child");
  e = stump();
  e.right = std::vector<std::int32_t>{7};
  EXPECT_EQ(reason_of(check(e)), "model.tree.child");
  e = stump();
  e.threshold = std::vector<double>{std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(reason_of(check(e)), "model.tree.threshold");
  e = stump();
  e.feature = std::vector<std::uint32_t>{1};
  EXPECT_EQ(reason_of(check(e)), "model.tree.feature");
  e = stump();
  e.tree_output = std::vector<std::uint32_t>{1};
  EXPECT_EQ(reason_of(check(e)), "model.tree.output");
  e = stump();
  e.leaf_value = std::vector<double>{10, 20, 30};
  EXPECT_EQ(reason_of(check(e)), "model.tree.unreachable");
  e = stump();
  e.rule = std::vector<SplitRule>{SplitRule::category()};
  EXPECT_EQ(reason_of(check(e)), "model.tree.categories");
  e = stump();
  e.threshold = std::vector<double>{1, 2};
  EXPECT_EQ(reason_of(check(e)), "model.tree.sizes");
  e = stump();
  e.category_begin = std::vector<std::uint32_t>{0, 2, 1};
  e.category_words = std::vector<std::uint32_t>{1};
  EXPECT_EQ(reason_of(check(e)), "model.tree.offsets");
}

TEST(Model, RefusesAGraphThatDoesNotFit) {
  Model model = stump_model();
  EXPECT_TRUE(check(model));
  model.inputs.push_back({.name = "x"});
  EXPECT_EQ(reason_of(check(model)), "model.graph.input");
  model.inputs[1].name = "y";
  EXPECT_EQ(reason_of(check(model)), "model.graph.width");
  model = stump_model();
  model.nodes[0].inputs = {1};
  EXPECT_EQ(reason_of(check(model)), "model.graph.order");
  model = stump_model();
  model.prediction = 2;
  EXPECT_EQ(reason_of(check(model)), "model.graph.output");
  model = stump_model();
  model.outputs.task = Task::kBinary;
  EXPECT_EQ(reason_of(check(model)), "model.graph.classes");
  model = stump_model();
  model.inputs[0].categories = {"a", "a"};
  EXPECT_EQ(reason_of(check(model)), "model.graph.categories");
  model = stump_model();
  model.inputs[0].name = "Gr\xF6\xDF";
  EXPECT_EQ(check(model).error().message(),
            "the name of an input is not UTF-8: byte 0xf6 after 'Gr'");
  model = stump_model();
  model.inputs[0].categories = {"\xFF"};
  EXPECT_EQ(reason_of(check(model)), "model.graph.utf8");
}

TEST(Blob, ReadsBackAndKeepsWhatStandsAroundTheNumbers) {
  Model model = stump_model();
  model.source = {"Library", "1.2", "text"};
  model.inputs[0] = {.name = "flag",
                     .kind = InputKind::kCategory,
                     .category_type = CategoryType::kBool,
                     .categories = {"false", "true"}};
  model.nodes.push_back({.inputs = {1}, .op = Link{LinkKind::kSigmoid, 1.7}});
  model.prediction = 2;
  model.outputs = {.task = Task::kBinary, .classes = {"no", "yes"}, .float32 = true};
  model.exactness = {.margin_bits = true, .prediction_ulp = 4, .why = "exp"};
  model.notes = {"unusual"};
  const Model again = read_blob(write_blob(model), nullptr).value();
  EXPECT_EQ(again.inputs, model.inputs);
  EXPECT_EQ(again.outputs.classes, model.outputs.classes);
  EXPECT_TRUE(again.outputs.float32);
  EXPECT_EQ(again.exactness.prediction_ulp, 4u);
  EXPECT_EQ(again.source.version, "1.2");
  EXPECT_EQ(again.notes, model.notes);
  EXPECT_EQ(std::get<Link>(again.nodes[1].op).scale, 1.7);
  EXPECT_EQ(write_blob(again), write_blob(model));
}

TEST(Blob, AnyFlippedByteIsNoticedOrHarmless) {
  const std::string blob = write_blob(stump_model());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string damaged = blob;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    const auto model = read_blob(damaged, nullptr);
    // Only the zeros between buffers are not covered by a checksum.
    if (model) {
      EXPECT_EQ(blob[i], '\0') << "byte " << i;
      EXPECT_EQ(write_blob(model.value()), blob) << "byte " << i;
    }
  }
}

TEST(Blob, AnyTruncationIsNoticed) {
  const std::string blob = write_blob(stump_model());
  for (std::size_t size = 0; size < blob.size(); ++size) {
    const auto model = read_blob(blob.substr(0, size), nullptr);
    ASSERT_FALSE(model) << size;
    EXPECT_TRUE(model.error().reason() == "model.slip.truncated" ||
                model.error().reason() == "model.slip.magic")
        << size;
  }
}

TEST(Container, RefusesAnotherKindAndANewerVersion) {
  const std::string bytes = ContainerWriter("test.kind", 2).finish("{}");
  EXPECT_EQ(Container::open(bytes, nullptr, "other", 2).error().reason(), "model.slip.kind");
  const auto newer = Container::open(bytes, nullptr, "test.kind", 1);
  EXPECT_EQ(newer.error().reason(), "model.slip.version");
  EXPECT_TRUE(Container::open(bytes, nullptr, "test.kind", 2));
}

TEST(Container, BuffersAreAlignedAndTyped) {
  ContainerWriter writer("test.kind", 1);
  writer.add<char>("a", std::vector<char>{'x'});
  writer.add<double>("b", std::vector<double>{1, 2});
  const auto bytes = std::make_shared<const std::string>(std::move(writer).finish("{}"));
  const Container container = Container::open(*bytes, bytes, "test.kind", 1).value();
  EXPECT_EQ(container.array<double>("b").value()[1], 2);
  EXPECT_EQ(container.array<float>("b").error().reason(), "model.slip.buffer");
  EXPECT_EQ(container.array<char>("c").error().reason(), "model.slip.buffer");
}

TEST(Import, CategoriesFromPandasInOrderOfTheFile) {
  std::string text =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=2\nobjective="
      "regression\n"
      "feature_names=a b c\nfeature_infos=-1:0:1 [0:1] "
      "1:0\n\nTree=0\nnum_leaves=1\nleaf_value=3\n\nend of trees\n\n"
      "pandas_categorical:[[\"x\", \"y\"], [1, 2.5]]\n";
  const Model model = import_bytes(text, "m").value();
  EXPECT_EQ(model.inputs[0].categories, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(model.inputs[1].kind, InputKind::kNumber);
  EXPECT_EQ(model.inputs[2].category_type, CategoryType::kNumber);
  EXPECT_EQ(model.inputs[2].categories, (std::vector<std::string>{"1", "2.5"}));
  text.replace(text.find("1:0\n"), 3, "none");
  const auto ambiguous = import_bytes(text, "m");
  EXPECT_EQ(ambiguous.error().reason(), "model.lightgbm.categorical");
  EXPECT_NE(ambiguous.error().message().find("--categorical A,B"), std::string::npos);
  EXPECT_EQ(
      import_bytes(text, "m", {.categorical = {"a", "c"}}).value().inputs[2].categories.size(), 2u);
  EXPECT_EQ(import_bytes(text, "m", {.categorical = {"a", "z"}}).error().reason(),
            "model.lightgbm.categorical");
}

}  // namespace
}  // namespace slipway::model
