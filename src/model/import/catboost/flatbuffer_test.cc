// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/flatbuffer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/import/catboost/test_message.h"

namespace slipway::model {
namespace {

TEST(FlatTable, ReadsWhatIsThereAndDefaultsForWhatIsNot) {
  Message m(6);
  m.set(m.root(), 0, std::int32_t{-7});
  m.set(m.root(), 1, 2.5);
  m.text(m.root(), 2, "hello");
  m.list(m.root(), 3, std::vector<float>{1, 2});
  const auto children = m.tables(m.root(), 4, 2, 1);
  m.set(children[1], 0, std::uint8_t{9});
  const FlatTable root = FlatTable::root(m.bytes).value();
  EXPECT_EQ(root.number<std::int32_t>(0, 1).value(), -7);
  EXPECT_EQ(root.number<double>(1, 0).value(), 2.5);
  EXPECT_EQ(root.text(2).value(), "hello");
  EXPECT_EQ(root.numbers<float>(3).value(), (std::vector<float>{1, 2}));
  ASSERT_EQ(root.tables(4).value().size(), 2u);
  EXPECT_EQ(root.tables(4).value()[0].number<std::uint8_t>(0, 3).value(), 3);
  EXPECT_EQ(root.tables(4).value()[1].number<std::uint8_t>(0, 3).value(), 9);
  EXPECT_FALSE(root.table(5).value()) << "a field that is absent";
  EXPECT_EQ(root.number<int>(99, 4).value(), 4) << "a field that this writer did not know";
  EXPECT_TRUE(root.texts(5).value().empty());
}

void expect_refused(const Result<void>& result, std::string_view what) {
  ASSERT_FALSE(result) << what;
  EXPECT_EQ(result.error().reason(), "model.catboost.flatbuffer") << what;
  EXPECT_NE(result.error().message().find("byte "), std::string::npos) << what;
}

template <typename T>
Result<void> outcome(const Result<T>& result) {
  return result ? Result<void>() : Result<void>(result.error());
}

TEST(FlatTable, WhatPointsOutOfTheMessageIsRefused) {
  expect_refused(outcome(FlatTable::root("")), "nothing");
  expect_refused(outcome(FlatTable::root("abc")), "less than an offset");
  expect_refused(outcome(FlatTable::root(std::string("\xff\xff\xff\x7f", 4))), "a root far away");

  Message m(3);
  m.list(m.root(), 0, std::vector<double>{1, 2});
  m.text(m.root(), 1, "x");
  m.tables(m.root(), 2, 1, 1);
  const std::string whole = m.bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto root = FlatTable::root(std::string_view(whole).substr(0, size));
    if (!root) continue;
    const bool all =
        root.value().numbers<double>(0) && root.value().text(1) && root.value().tables(2);
    EXPECT_FALSE(all) << "cut off after " << size << " bytes";
  }

  Message list(1);
  list.list(list.root(), 0, std::vector<double>{1});
  list.put(list.bytes.size() - 12, std::uint32_t{0xFFFFFFFF});
  expect_refused(outcome(FlatTable::root(list.bytes).value().numbers<double>(0)),
                 "4 billion items");

  Message vtable(1);
  vtable.put(vtable.root(), std::int32_t{1 << 30});
  expect_refused(outcome(FlatTable::root(vtable.bytes)), "a vtable before the message");
  vtable.put(vtable.root(), -(std::int32_t{1} << 30));
  expect_refused(outcome(FlatTable::root(vtable.bytes)), "a vtable after the message");
  Message odd(1);
  odd.put(4, std::uint16_t{5});
  expect_refused(outcome(FlatTable::root(odd.bytes)), "a vtable of 5 bytes");
}

}  // namespace
}  // namespace slipway::model
