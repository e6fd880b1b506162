// Operators that read texts may stand only where there are texts.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "model/model.h"

namespace slipway::model {
namespace {

Model counting(InputKind kind, std::uint32_t input, ValueId from) {
  Model model;
  model.inputs = {{.name = "title", .kind = kind}};
  model.nodes.push_back({{0}, Select{std::vector<std::uint32_t>{0}}});
  model.nodes.push_back({{from}, TextCounts{.input = input, .hashed = 2}});
  model.margin = model.prediction = 2;
  model.outputs = {.task = Task::kTransform, .names = {"a", "b"}};
  return model;
}

TEST(TextInput, IsReadFromAnInputThatIsText) {
  EXPECT_TRUE(check(counting(InputKind::kText, 0, 0)));
}

TEST(TextInput, IsRefusedElsewhere) {
  for (const Model& model :
       {counting(InputKind::kCategory, 0, 0), counting(InputKind::kNumber, 0, 0),
        counting(InputKind::kText, 1, 0), counting(InputKind::kText, 0, 1)}) {
    const auto checked = check(model);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().reason(), "model.graph.text");
    EXPECT_NE(checked.error().message().find("is no text"), std::string::npos);
  }
}

}  // namespace
}  // namespace slipway::model
