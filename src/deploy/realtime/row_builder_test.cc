// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/row_builder.h"

#include <gtest/gtest.h>

#include "deploy/realtime/test_model.h"

namespace slipway::deploy::realtime {
namespace {

class RowBuilderTest : public testing::Test {
 protected:
  const frame::Frame& fill(const std::vector<double>& a, const std::vector<double>& b) {
    RowBuilder rows(inputs_, a.size(), &store_);
    for (std::size_t row = 0; row < a.size(); ++row) {
      rows.numbers(0)[row] = a[row];
      rows.numbers(1)[row] = b[row];
    }
    return rows.finish();
  }
  static double at(const frame::Frame& frame, std::size_t column, std::size_t row) {
    return frame.column(column).values<double>()[row];
  }

  const InputTable inputs_{*load_test_model("m", TestModel{}).plan};
  RowStore store_;
};

TEST_F(RowBuilderTest, TheNextFrameOfTheSameShapeReusesTheMemory) {
  const void* first = fill({1}, {2}).column(0).values<double>().data();
  const frame::Frame& second = fill({3}, {4});
  EXPECT_EQ(second.column(0).values<double>().data(), first);
  EXPECT_EQ(at(second, 0, 0), 3);
  EXPECT_EQ(at(second, 1, 0), 4);
}

TEST_F(RowBuilderTest, WhatSomebodyKeepsStaysAsItWas) {
  const frame::Frame kept = fill({1}, {2});
  const frame::Column column = fill({3}, {4}).column(1);
  const frame::Frame& last = fill({5}, {6});
  EXPECT_EQ(at(kept, 1, 0), 2);
  EXPECT_EQ(column.values<double>()[0], 4);
  EXPECT_EQ(at(last, 1, 0), 6);
}

TEST_F(RowBuilderTest, ShapesMayChangeFromFrameToFrame) {
  for (const std::size_t rows : {1, 100, 1, 0, 3, 200'000, 2}) {
    std::vector<double> a(rows, 1), b(rows);
    for (std::size_t row = 0; row < rows; ++row) b[row] = static_cast<double>(row);
    const frame::Frame& frame = fill(a, b);
    ASSERT_EQ(frame.rows(), static_cast<std::int64_t>(rows));
    if (rows == 0) continue;
    EXPECT_EQ(at(frame, 1, rows - 1), static_cast<double>(rows - 1));
  }
}

}  // namespace
}  // namespace slipway::deploy::realtime
