// The interface against itself; tests/e2e/arrow holds it against pyarrow.
// SPDX-License-Identifier: Apache-2.0
#include "frame/arrow.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "frame/builder.h"

namespace slipway::frame {
namespace {

Frame sample() {
  DictionaryBuilder origin;
  StringBuilder name;
  FixedBuilder<std::int64_t> time;
  for (int i = 0; i < 20; ++i) {
    i % 7 == 3 ? origin.append_null() : origin.append(i % 2 == 0 ? "EWR" : "JFK");
    i % 5 == 0 ? name.append_null() : name.append("flight " + std::to_string(i));
    time.append(1'372'655'700'000'000 + i);
  }
  std::vector<Column> columns{origin.finish(), name.finish(),
                              time.finish(Type::of(TypeId::kTimestamp))};
  const Schema schema({{.name = "origin", .type = columns[0].type()},
                       {.name = "name", .type = columns[1].type()},
                       {.name = "time", .type = columns[2].type(), .nullable = false}});
  return Frame::make(schema, std::move(columns)).value();
}

TEST(Arrow, RoundTripKeepsSchemaNullsAndValuesWithoutCopying) {
  const Frame frame = sample().slice(3, 15);
  ArrowSchema schema;
  ArrowArray array;
  export_frame(frame, &schema, &array);
  const Frame back = import_frame(&schema, &array).value();
  EXPECT_EQ(schema.release, nullptr) << "moved, so marked released";
  EXPECT_EQ(array.release, nullptr);
  EXPECT_TRUE(equal(back, frame));
  EXPECT_EQ(back.column(2).parts().values.data(), frame.column(2).parts().values.data());
}

TEST(Arrow, StreamsOutliveTheirSource) {
  ArrowArrayStream stream;
  export_stream(stream_of({sample(), sample().slice(0, 2)}, sample().schema()), &stream);
  const auto imported = import_stream(&stream).value();
  EXPECT_EQ(imported->schema(), sample().schema());
  const Frame all = collect(*imported, 1000).value();
  EXPECT_EQ(all.rows(), 22);
  EXPECT_EQ(all.column("name")->text_at(21), "flight 1");
}

// A column made by hand: format, one value buffer.
struct Foreign {
  ArrowSchema child{};
  ArrowSchema schema{};
  ArrowArray column{};
  ArrowArray array{};
  std::array<const void*, 2> buffers{};
  std::array<const void*, 1> no_buffers{};
  ArrowSchema* child_schema = &child;
  ArrowArray* child_array = &column;

  Foreign(const char* format, const void* values, std::int64_t length) {
    child.format = format;
    child.name = "t";
    schema.format = "+s";
    schema.n_children = array.n_children = 1;
    schema.children = &child_schema;
    array.children = &child_array;
    buffers[1] = values;
    column.length = array.length = length;
    column.n_buffers = 2;
    column.buffers = buffers.data();
    array.n_buffers = 1;
    array.buffers = no_buffers.data();
    schema.release = [](ArrowSchema* s) { s->release = nullptr; };
    array.release = [](ArrowArray* a) { a->release = nullptr; };
  }
};

TEST(Arrow, TimestampsOfOtherUnitsBecomeMicroseconds) {
  const std::array<std::int64_t, 2> seconds{1, -2};
  Foreign in("tss:Europe/Zurich", seconds.data(), 2);
  const Frame frame = import_frame(&in.schema, &in.array).value();
  EXPECT_EQ(frame.column(0).values<std::int64_t>()[1], -2'000'000);
}

TEST(Arrow, NanosecondsThatDoNotFitAreRefusedWithTheRow) {
  const std::array<std::int64_t, 2> nanos{5000, 5001};
  Foreign in("tsn:", nanos.data(), 2);
  const auto frame = import_frame(&in.schema, &in.array);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().reason(), "frame.timestamp_precision");
  EXPECT_NE(frame.error().message().find("row 1"), std::string::npos);
}

TEST(Arrow, UnknownTypesAreRefusedByName) {
  const std::array<std::int64_t, 1> values{1};
  for (const char* format : {"+l", "tDs", "vu", "d:5", "w:3", "tsx:", ""}) {
    Foreign in(format, values.data(), 1);
    const auto frame = import_frame(&in.schema, &in.array);
    ASSERT_FALSE(frame) << format;
    EXPECT_EQ(frame.error().reason(), "frame.arrow_type");
    EXPECT_NE(frame.error().message().find("column 't'"), std::string::npos);
    EXPECT_EQ(in.array.release, nullptr) << "taken over also on error";
  }
}

TEST(Arrow, HalfFloatsAndDates) {
  const std::array<std::uint16_t, 4> halves{0x3C00, 0xC000, 0x0001, 0x7C00};
  Foreign in("e", halves.data(), 4);
  const Frame frame = import_frame(&in.schema, &in.array).value();
  EXPECT_EQ(frame.column(0).values<float>()[0], 1.0f);
  EXPECT_EQ(frame.column(0).values<float>()[1], -2.0f);
  EXPECT_EQ(frame.column(0).values<float>()[2], 0x1p-24f);
  const std::array<std::int64_t, 2> ms{86'400'000, -1};
  Foreign dates("tdm", ms.data(), 2);
  const Frame days = import_frame(&dates.schema, &dates.array).value();
  EXPECT_EQ(days.column(0).values<std::int32_t>()[0], 1);
  EXPECT_EQ(days.column(0).values<std::int32_t>()[1], -1);
}

TEST(Arrow, ABatchThatIsShorterThanItClaimsIsRefused) {
  const std::array<double, 2> values{1, 2};
  Foreign in("g", values.data(), 2);
  in.array.length = 3;
  EXPECT_EQ(import_frame(&in.schema, &in.array).error().reason(), "frame.arrow_layout");
}

}  // namespace
}  // namespace slipway::frame
