// SPDX-License-Identifier: Apache-2.0
#include "data/write.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "data/read.h"
#include "frame/builder.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Frame;
using frame::Schema;
using frame::Type;
using frame::TypeId;

__extension__ using Int128 = __int128;

template <typename T>
Column fixed(Type type, std::vector<std::optional<T>> values) {
  frame::FixedBuilder<T> builder;
  for (const auto& value : values) value ? builder.append(*value) : builder.append_null();
  return builder.finish(type);
}

Column text(std::vector<std::optional<std::string>> values) {
  frame::StringBuilder builder;
  for (const auto& value : values) value ? builder.append(*value) : builder.append_null();
  return builder.finish();
}

Frame frame_of(std::vector<std::pair<std::string, Column>> columns) {
  std::vector<frame::Field> fields;
  std::vector<Column> made;
  for (auto& [name, column] : columns) {
    fields.push_back({.name = name, .type = column.type()});
    made.push_back(std::move(column));
  }
  return Frame::make(Schema(std::move(fields)), std::move(made)).value();
}

// One column of every kind, each with a null in its last row.
Frame every_type() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  frame::BoolBuilder flag;
  flag.append(true), flag.append(false), flag.append_null();
  frame::DictionaryBuilder category;
  category.append("EWR"), category.append("JFK"), category.append_null();
  return frame_of(
      {{"flag", flag.finish()},
       {"i8", fixed<std::int8_t>(Type::of(TypeId::kInt8), {-1, 2, {}})},
       {"u64", fixed<std::uint64_t>(Type::of(TypeId::kUInt64), {~std::uint64_t{0}, 2, {}})},
       {"f", fixed<float>(Type::of(TypeId::kFloat32), {0.1F, 2.0F, {}})},
       {"x", fixed<double>(Type::of(TypeId::kFloat64), {0.1, kNan, {}})},
       {"s", text({"a,\"b\"\nc", "", {}})},
       {"day", fixed<std::int32_t>(Type::of(TypeId::kDate), {-1, 15887, {}})},
       {"at", fixed<std::int64_t>(Type::of(TypeId::kTimestamp), {1372655700'000000, -1, {}})},
       {"dec", fixed<Int128>(Type::decimal(12, 2), {Int128{-5}, Int128{123456}, {}})},
       {"wide", fixed<Int128>(Type::decimal(38, 1), {Int128{-15}, Int128{1} << 100, {}})},
       {"origin", category.finish()}});
}

class Write : public testing::Test {
 protected:
  static Result<void> write_all(const std::string& path, const Frame& frame,
                                const WriteOptions& options = {}) {
    ASSIGN_OR_RETURN(const auto out, write(path, frame.schema(), options));
    RETURN_IF_ERROR(out->write(frame));
    return out->finish();
  }

  std::string text_of(const std::string& name, const Frame& frame) {
    const std::string path = folder_ / name;
    const auto done = write_all(path, frame);
    EXPECT_TRUE(done) << done.error().message();
    return posix_env().read_file(path).value();
  }

  static Frame read_all(const std::string& path, const ReadOptions& options = {}) {
    auto rows = read(path, options);
    EXPECT_TRUE(rows) << rows.error().message();
    return frame::collect(*rows.value(), 1 << 22).value();
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(Write, CsvIsExactAndKeepsMissingEmptyAndNanApart) {
  EXPECT_EQ(text_of("a.csv", every_type()),
            "flag,i8,u64,f,x,s,day,at,dec,wide,origin\n"
            "true,-1,18446744073709551615,0.1,0.1,\"a,\"\"b\"\"\nc\",1969-12-31,"
            "2013-07-01T05:15:00.000000Z,-0.05,-1.5,EWR\n"
            "false,2,2,2,nan,\"\",2013-07-01,1969-12-31T23:59:59.999999Z,1234.56,"
            "126765060022822940149670320537.6,JFK\n"
            ",,,,,,,,,,\n");
}

TEST_F(Write, TsvSeparatesByTabs) {
  EXPECT_EQ(text_of("a.tsv", frame_of({{"a", text({"x,y"})}, {"b", text({"x\ty"})}})),
            "a\tb\nx,y\t\"x\ty\"\n");
}

TEST_F(Write, JsonLinesAreObjectsOfTypedValues) {
  EXPECT_EQ(text_of("a.jsonl", every_type().slice(1, 2)),
            "{\"flag\":false,\"i8\":2,\"u64\":2,\"f\":2.0,\"x\":null,\"s\":\"\",\"day\":"
            "\"2013-07-01\",\"at\":\"1969-12-31T23:59:59.999999Z\",\"dec\":1234.56,"
            "\"wide\":126765060022822940149670320537.6,\"origin\":\"JFK\"}\n"
            "{\"flag\":null,\"i8\":null,\"u64\":null,\"f\":null,\"x\":null,\"s\":null,\"day\":null,"
            "\"at\":null,\"dec\":null,\"wide\":null,\"origin\":null}\n");
}

TEST_F(Write, ParquetReadsBackAsItWas) {
  const Frame frame = every_type();
  const std::string path = folder_ / "a.parquet";
  const auto done = write_all(path, frame);
  ASSERT_TRUE(done) << done.error().message();
  const Frame back = read_all(path);
  for (std::size_t i = 0; i + 1 < frame.columns().size(); ++i) {
    EXPECT_EQ(back.schema().fields()[i], frame.schema().fields()[i]);
    EXPECT_TRUE(equal(back.column(i), frame.column(i))) << frame.schema().fields()[i].name;
  }
  EXPECT_EQ(back.column("origin")->text_at(1), "JFK");
  EXPECT_TRUE(back.column("origin")->is_null(2));
}

TEST_F(Write, CsvReadsBackAsItWasWhenTheTypesAreKnown) {
  const Frame frame = every_type();
  ReadOptions options;
  for (const auto& field : frame.schema().fields()) options.expected[field.name] = field.type;
  const std::string path = folder_ / "a.csv";
  ASSERT_TRUE(write_all(path, frame));
  const Frame back = read_all(path, options);
  for (std::size_t i = 0; i + 1 < frame.columns().size(); ++i) {
    if (frame.schema().fields()[i].name == "s") continue;  // an empty text reads as missing
    EXPECT_TRUE(equal(back.column(i), frame.column(i))) << frame.schema().fields()[i].name;
  }
}

TEST_F(Write, ManyFramesKeepTheirOrder) {
  for (const char* name : {"a.parquet", "a.csv", "a.jsonl"}) {
    const std::string path = folder_ / name;
    const Schema schema({{.name = "i", .type = Type::of(TypeId::kInt64)}});
    auto out = write(path, schema).value();
    std::vector<std::int64_t> values(5000);
    for (std::int64_t start = 0; start < 300000; start += 5000) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = start + static_cast<std::int64_t>(i);
      }
      ASSERT_TRUE(out->write(Frame::make(schema, {frame::column_of(values)}).value()));
    }
    ASSERT_TRUE(out->finish());
    const Frame back = read_all(path);
    ASSERT_EQ(back.rows(), 300000);
    for (std::size_t i = 0; i < 300000; ++i) {
      ASSERT_EQ(back.column(0).values<std::int64_t>()[i], static_cast<std::int64_t>(i));
    }
  }
}

TEST_F(Write, NoRowsGiveAFileWithColumns) {
  const Schema schema({{.name = "x", .type = Type::of(TypeId::kFloat64)}});
  for (const char* name : {"a.parquet", "a.csv"}) {
    auto out = write(folder_ / name, schema).value();
    ASSERT_TRUE(out->finish());
    EXPECT_EQ(read_all(folder_ / name).schema().names(), (std::vector<std::string>{"x"}));
  }
}

TEST_F(Write, WithoutFinishTheOldFileStays) {
  for (const char* name : {"a.csv", "a.parquet"}) {
    const std::string path = folder_ / name;
    ASSERT_TRUE(write_file_atomically(path, "old"));
    {
      const Frame frame = every_type();
      auto out = write(path, frame.schema()).value();
      ASSERT_TRUE(out->write(frame));
    }
    EXPECT_EQ(posix_env().read_file(path).value(), "old");
  }
  EXPECT_EQ(posix_env().list(folder_.path()).value().size(), 2U);
}

TEST_F(Write, TimesThatHaveNoIsoFormAreNumbers) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const Type day = Type::of(TypeId::kDate), at = Type::of(TypeId::kTimestamp);
  EXPECT_EQ(text_of("a.csv", frame_of({{"day", fixed<std::int32_t>(day, {-719528, 2932897})},
                                       {"at", fixed<std::int64_t>(at, {kMost, -kMost})}})),
            "day,at\n0000-01-01,9223372036854775807\n2932897,-9223372036854775807\n");
}

TEST_F(Write, ASingleMissingCellIsNotAnEmptyLine) {
  EXPECT_EQ(text_of("a.csv", frame_of({{"s", text({std::nullopt})}})), "s\n\"\"\n");
}

struct Refusal {
  const char* name;
  const char* reason;
  const char* part;
};

TEST_F(Write, WhatCannotBeWrittenIsRefusedAtOnce) {
  const Frame frame = frame_of({{"s", text({"x"})}});
  const Refusal refusals[] = {{"a.xlsx", "data.format", "csv, tsv, jsonl, parquet"},
                              {"a.csv.gz", "data.format", "packed text"},
                              {"no/a.csv", "io.not_found", "cannot write"},
                              {"no/a.parquet", "io.not_found", "cannot write"}};
  for (const auto& [name, reason, part] : refusals) {
    const auto out = write(folder_ / name, frame.schema());
    ASSERT_FALSE(out) << name;
    EXPECT_EQ(out.error().reason(), reason);
    EXPECT_NE(out.error().message().find(part), std::string::npos) << out.error().message();
  }
  const auto twice = write(folder_ / "a.csv", Schema({{.name = "x"}, {.name = "X"}}));
  EXPECT_EQ(twice.error().reason(), "data.duplicate_column");
  EXPECT_NE(twice.error().message().find("column 'X' occurs twice"), std::string::npos);
  const auto binary =
      write(folder_ / "a.csv", Schema({{.name = "z", .type = Type::of(TypeId::kBinary)}}));
  EXPECT_EQ(binary.error().reason(), "data.binary_in_text");
  EXPECT_NE(binary.error().message().find("column 'z'"), std::string::npos);
  const auto stdout_parquet = write("-", frame.schema(), {.format = Format::kParquet});
  EXPECT_EQ(stdout_parquet.error().reason(), "data.format");
  EXPECT_EQ(write(folder_ / "a.csv", Schema()).error().reason(), "data.no_columns");
}

TEST_F(Write, AFrameOfOtherColumnsIsRefused) {
  const Frame frame = frame_of({{"s", text({"x"})}});
  const Frame other = frame_of({{"t", text({"x"})}});
  for (const char* name : {"a.csv", "a.parquet"}) {
    auto out = write(folder_ / name, frame.schema()).value();
    const auto done = out->write(other);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason(), "data.schema_differs");
    EXPECT_NE(done.error().message().find("column 1 is 't' string, expected 's' string"),
              std::string::npos);
  }
}

TEST_F(Write, TextThatIsNotUtf8IsNotSilentlyDroppedFromParquet) {
  const auto done = write_all(folder_ / "a.parquet", frame_of({{"s", text({"Z\xFCrich"})}}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "data.not_utf8");
  EXPECT_NE(done.error().message().find("a.parquet': column 's'"), std::string::npos);
  EXPECT_TRUE(posix_env().list(folder_.path()).value().empty());
}

// A folder on a file system that is always full.
TEST_F(Write, AFullDiskLeavesNothingBehind) {
  const std::string full = "/dev/full";
  if (!posix_env().exists(full)) GTEST_SKIP();
  class FullEnv final : public Env {
   public:
    Result<std::string> read_file(const std::string& path) override { return real.read_file(path); }
    Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
      RETURN_IF_ERROR(real.create(path));
      return real.open_append("/dev/full");
    }
    Result<std::unique_ptr<WritableFile>> open_append(const std::string& path) override {
      return real.open_append(path);
    }
    Result<void> rename(const std::string& a, const std::string& b) override {
      return real.rename(a, b);
    }
    Result<void> remove(const std::string& path) override { return real.remove(path); }
    Result<void> truncate(const std::string& path, std::uint64_t size) override {
      return real.truncate(path, size);
    }
    Result<void> make_folders(const std::string& path) override { return real.make_folders(path); }
    Result<std::vector<std::string>> list(const std::string& path) override {
      return real.list(path);
    }
    Result<std::uint64_t> file_size(const std::string& path) override {
      return real.file_size(path);
    }
    bool exists(const std::string& path) override { return real.exists(path); }
    bool is_folder(const std::string& path) override { return real.is_folder(path); }
    std::optional<std::string> variable(const std::string& name) override {
      return real.variable(name);
    }
    Env& real = posix_env();
  } env;
  const auto done = write_all(folder_ / "a.csv", every_type(), {.env = &env});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(done.error().reason(), "io.disk_full");
  EXPECT_TRUE(posix_env().list(folder_.path()).value().empty());
}

}  // namespace
}  // namespace slipway::data
