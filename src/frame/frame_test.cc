// SPDX-License-Identifier: Apache-2.0
#include "frame/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "frame/builder.h"
#include "frame/numbers.h"

namespace slipway::frame {
namespace {

Column texts(const std::vector<const char*>& values) {
  StringBuilder builder;
  for (const char* value : values) value != nullptr ? builder.append(value) : builder.append_null();
  return builder.finish();
}

Column integers_with_null_at(int null_row, int rows) {
  FixedBuilder<std::int32_t> builder;
  for (int i = 0; i < rows; ++i) i == null_row ? builder.append_null() : builder.append(i);
  return builder.finish(Type::of(TypeId::kInt32));
}

TEST(Column, CountsNullsAcrossByteBoundariesAndSlices) {
  const Column column = integers_with_null_at(9, 40);
  EXPECT_EQ(column.null_count(), 1);
  EXPECT_TRUE(column.is_null(9));
  EXPECT_FALSE(column.is_null(8));
  const Column slice = column.slice(5, 30);
  EXPECT_EQ(slice.null_count(), 1);
  EXPECT_TRUE(slice.is_null(4));
  EXPECT_EQ(slice.values<std::int32_t>()[5], 10);
  EXPECT_EQ(column.slice(10, 30).null_count(), 0);
  EXPECT_EQ(slice.slice(4, 1).null_count(), 1);
}

TEST(Column, BuffersAreAlignedForSimd) {
  const Column column = column_of(std::array{1.0, 2.0});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(column.parts().values.data()) % 64, 0u);
}

TEST(Builder, FirstNullComesLate) {
  FixedBuilder<double> builder;
  for (int i = 0; i < 17; ++i) builder.append(i);
  builder.append_null();
  const Column column = builder.finish(Type::of(TypeId::kFloat64));
  EXPECT_EQ(column.null_count(), 1);
  for (int i = 0; i < 17; ++i) EXPECT_FALSE(column.is_null(i));
  EXPECT_TRUE(column.is_null(17));
  EXPECT_EQ(builder.finish(Type::of(TypeId::kFloat64)).length(), 0)
      << "finish() leaves the builder empty";
}

TEST(Builder, BoolsAndTexts) {
  BoolBuilder bools;
  for (int i = 0; i < 20; ++i) i == 7 ? bools.append_null() : bools.append(i % 3 == 0);
  const Column flags = bools.finish();
  EXPECT_TRUE(flags.bool_at(18));
  EXPECT_FALSE(flags.bool_at(19));
  EXPECT_TRUE(flags.is_null(7));
  const Column names = texts({"", nullptr, "Zürich"});
  EXPECT_EQ(names.text_at(0), "");
  EXPECT_EQ(names.text_at(1), "");
  EXPECT_EQ(names.text_at(2), "Zürich");
  EXPECT_EQ(names.slice(2, 1).text_at(0), "Zürich");
}

TEST(Builder, DictionaryCodesInOrderOfAppearance) {
  DictionaryBuilder builder;
  for (const char* text : {"JFK", "EWR", "JFK"}) builder.append(text);
  builder.append_null();
  const Column column = builder.finish();
  EXPECT_EQ(column.code_at(2), 0);
  EXPECT_EQ(column.text_at(1), "EWR");
  EXPECT_TRUE(column.is_null(3));
  EXPECT_EQ(column.dictionary().length(), 2);
}

TEST(Frame, RefusesColumnsThatDisagree) {
  const Schema schema({{.name = "a", .type = Type::of(TypeId::kFloat64)},
                       {.name = "b", .type = Type::of(TypeId::kString)}});
  const auto lengths = Frame::make(schema, {column_of(std::array{1.0, 2.0}), texts({"x"})});
  ASSERT_FALSE(lengths);
  EXPECT_EQ(lengths.error().reason(), "frame.lengths_differ");
  EXPECT_NE(lengths.error().message().find("column 'b' has 1 rows"), std::string::npos);
  const auto types = Frame::make(schema, {column_of(std::array{1.0}), column_of(std::array{1.0})});
  EXPECT_EQ(types.error().reason(), "frame.type_differs");
  EXPECT_EQ(Frame::make(schema, {}).error().reason(), "frame.column_count");
}

TEST(Frame, ConcatenatesWhatItSliced) {
  const Schema schema({{.name = "n", .type = Type::of(TypeId::kInt32)},
                       {.name = "t", .type = Type::of(TypeId::kString)}});
  const Frame whole =
      Frame::make(schema, {integers_with_null_at(1, 4), texts({"a", nullptr, "c", "d"})}).value();
  const Frame joined = concatenate({whole.slice(0, 1), whole.slice(1, 2), whole.slice(3, 1)});
  EXPECT_TRUE(equal(joined, whole));
  EXPECT_FALSE(equal(whole.slice(0, 3), whole));
}

TEST(Frame, CollectStopsAtItsLimitAndKeepsAnEmptyStreamsSchema) {
  const Schema schema({{.name = "x", .type = Type::of(TypeId::kFloat64)}});
  const Frame two = Frame::make(schema, {column_of(std::array{1.0, 2.0})}).value();
  const auto stream = stream_of({two, two}, schema);
  EXPECT_EQ(collect(*stream, 3).error().reason(), "frame.too_many_rows");
  const auto empty = stream_of({}, schema);
  const Frame nothing = collect(*empty, 3).value();
  EXPECT_EQ(nothing.rows(), 0);
  EXPECT_EQ(nothing.schema(), schema);
}

TEST(Numbers, ReadEveryNumericTypeAndNullAsNaN) {
  std::vector<double> out(4);
  ASSERT_TRUE(read_numbers(integers_with_null_at(2, 4), out));
  EXPECT_EQ(out[3], 3);
  EXPECT_TRUE(std::isnan(out[2]));
  FixedBuilder<std::uint64_t> large;
  large.append(std::uint64_t{1} << 63);
  std::vector<double> one(1);
  ASSERT_TRUE(read_numbers(large.finish(Type::of(TypeId::kUInt64)), one));
  EXPECT_EQ(one[0], 9223372036854775808.0);
  const auto text = read_numbers(texts({"1"}), one);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().reason(), "frame.not_a_number");
}

TEST(Numbers, DecimalsAreRoundedOnce) {
  __extension__ using Int128 = __int128;
  FixedBuilder<Int128> builder;
  builder.append(12345);
  builder.append(-static_cast<Int128>(1000000000000000001LL) * 1000);
  std::vector<double> out(2);
  ASSERT_TRUE(read_numbers(builder.finish(Type::decimal(38, 3)), out));
  EXPECT_EQ(out[0], 12.345);
  EXPECT_EQ(out[1], -1000000000000000001.0);
}

TEST(Type, NamesAreReadBack) {
  for (const char* name :
       {"bool", "int8", "uint64", "float32", "string", "binary", "date", "timestamp", "category"}) {
    ASSERT_TRUE(type_named(name)) << name;
    EXPECT_EQ(name_of(*type_named(name)), name);
  }
  EXPECT_EQ(name_of(Type::decimal(12, 2)), "decimal(12,2)");
  EXPECT_FALSE(type_named("double"));
}

}  // namespace
}  // namespace slipway::frame
