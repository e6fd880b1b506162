// SPDX-License-Identifier: Apache-2.0
#include "data/read.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/duckdb/session.h"

namespace slipway::data {
namespace {

using frame::Type;
using frame::TypeId;

class Read : public testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view bytes) {
    const std::string path = folder_ / name;
    EXPECT_TRUE(write_file_atomically(path, bytes));
    return path;
  }

  // Has DuckDB write what a SELECT gives.
  std::string written(const std::string& name, const std::string& select) {
    const std::string path = folder_ / name;
    const auto session = Session::open({.threads = 1}).value();
    const auto done = session->execute("COPY (" + select + ") TO " + quote_text(path));
    EXPECT_TRUE(done) << done.error().message();
    return path;
  }

  static frame::Frame all(const std::string& uri, const ReadOptions& options = {}) {
    auto rows = read(uri, options);
    EXPECT_TRUE(rows) << rows.error().message();
    auto frame = frame::collect(*rows.value(), 1 << 22);
    EXPECT_TRUE(frame) << frame.error().message();
    return std::move(frame).value();
  }

  static std::vector<std::string> texts(const frame::Column& column) {
    std::vector<std::string> out;
    for (std::int64_t row = 0; row < column.length(); ++row) {
      out.emplace_back(column.is_null(row) ? "null" : column.text_at(row));
    }
    return out;
  }

  template <typename T>
  static std::vector<T> values(const frame::Column& column) {
    const auto span = column.values<T>();
    return {span.begin(), span.end()};
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

using Texts = std::vector<std::string>;
using Doubles = std::vector<double>;
using Longs = std::vector<std::int64_t>;

TEST_F(Read, CsvTypesAreGuessedWithoutLoss) {
  const auto frame =
      all(file("a.csv",
               "yes,n,x,day,at,zip,long,word\n"
               "true,1,1.5,2013-07-01,2013-07-01 05:15:00,07030,12345678901234567890,a\n"
               "False,-2,nan,2013-07-02,2013-07-01T05:15:00.5+02:00,1,2,\n"));
  const Texts expected = {"bool",      "int64",  "float64", "date",
                          "timestamp", "string", "string",  "string"};
  ASSERT_EQ(frame.schema().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(name_of(frame.schema().fields()[i].type), expected[i]);
  }
  EXPECT_EQ(values<std::int64_t>(frame.column(1)), (Longs{1, -2}));
  EXPECT_TRUE(std::isnan(values<double>(frame.column(2))[1]));
  EXPECT_EQ(frame.column(2).null_count(), 0);
  EXPECT_EQ(values<std::int64_t>(frame.column(4)),
            (Longs{1372655700'000000, 1372655700'500000 - 7200'000000}));
  EXPECT_EQ(texts(frame.column(5)), (Texts{"07030", "1"}));
  EXPECT_EQ(texts(frame.column(7)), (Texts{"a", "null"}));
}

TEST_F(Read, ExpectedTypesDecideHowTextIsRead) {
  const std::string path = file("a.csv", "id,n,c,t\n1,2,3,2013-07-01\n4,5,6,2013-07-02\n");
  const auto frame = all(path, {.expected = {{"id", Type::of(TypeId::kString)},
                                             {"n", Type::of(TypeId::kFloat64)},
                                             {"c", Type::dictionary(TypeId::kInt32)},
                                             {"t", Type::of(TypeId::kTimestamp)},
                                             {"not there", Type::of(TypeId::kBool)}}});
  EXPECT_EQ(texts(frame.column(0)), (Texts{"1", "4"}));
  EXPECT_EQ(values<double>(frame.column(1)), (Doubles{2, 5}));
  EXPECT_EQ(texts(frame.column(2)), (Texts{"3", "6"}));
  EXPECT_EQ(frame.column(3).type(), Type::of(TypeId::kTimestamp));
}

TEST_F(Read, SeparatorsLineEndsQuotesAndByteOrderMarksAreUnderstood) {
  const auto check = [&](const std::string& path) {
    const auto frame = all(path);
    EXPECT_EQ(frame.schema().names(), (Texts{"a", "b"})) << path;
    EXPECT_EQ(values<std::int64_t>(frame.column(0)), (Longs{1, 2})) << path;
    EXPECT_EQ(texts(frame.column(1)), (Texts{"x", "null"})) << path;
  };
  check(file("comma.csv", "a,b\n1,x\n2,\n"));
  check(file("semicolon.csv", "a;b\n1;x\n2;\n"));
  check(file("tab.tsv", "a\tb\n1\tx\n2\t"));
  check(file("crlf.csv", "a,b\r\n1,x\r\n2,\r\n"));
  check(file("quoted.csv", "\"a\",\"b\"\n\"1\",\"x\"\n\"2\",\"\"\n"));
  check(file("bom.csv",
             "\xEF\xBB\xBF"
             "a,b\n1,x\n2,\n"));
  check(file("blank lines.csv", "a,b\n1,x\n\n2,\n\n"));
  const auto frame = all(file("inside.csv", "a,\"b,c\"\n1,\"x\ny, \"\"z\"\"\"\n"));
  EXPECT_EQ(frame.schema().names(), (Texts{"a", "b,c"}));
  EXPECT_EQ(texts(frame.column(1)), (Texts{"x\ny, \"z\""}));
}

TEST_F(Read, AFileWithoutHeaderIsReadAsToldNotAsGuessed) {
  const std::string path = file("numbers.csv", "1,2\n3,4\n");
  EXPECT_EQ(all(path).schema().names(), (Texts{"1", "2"}));
  const auto frame = all(path, {.header = false});
  EXPECT_EQ(frame.schema().names(), (Texts{"column0", "column1"}));
  EXPECT_EQ(values<std::int64_t>(frame.column(0)), (Longs{1, 3}));
}

TEST_F(Read, NamedTextsMeanMissing) {
  const auto frame = all(file("a.csv", "x\n1.5\nNA\n"), {.missing = {"", "NA"}});
  EXPECT_EQ(frame.column(0).type(), Type::of(TypeId::kFloat64));
  EXPECT_TRUE(frame.column(0).is_null(1));
}

TEST_F(Read, PandasUnnamedIndexIsAColumn) {
  EXPECT_EQ(all(file("a.csv", ",x\n0,1.5\n")).schema().names(), (Texts{"column0", "x"}));
}

TEST_F(Read, AHeaderAloneGivesASchemaAndNoFrames) {
  auto rows = read(file("a.csv", "x,y\n"), {.expected = {{"x", Type::of(TypeId::kFloat64)}}});
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows.value()->schema().fields()[0].type, Type::of(TypeId::kFloat64));
  EXPECT_FALSE(rows.value()->next().value().has_value());
}

TEST_F(Read, ParquetTypesAreKeptExactly) {
  const auto frame = all(written(
      "a.parquet",
      "SELECT true AS b, 1::TINYINT AS i8, 2::SMALLINT AS i16, 3::INTEGER AS i32, 4::BIGINT AS i64,"
      "5::UTINYINT AS u8, 6::USMALLINT AS u16, 7::UINTEGER AS u32, 8::UBIGINT AS u64,"
      "0.1::FLOAT AS f, 0.1::DOUBLE AS d, 'text' AS s, 'bin'::BLOB AS z, DATE '1969-12-31' AS day,"
      "TIMESTAMP '2013-07-01 05:15:00.000001' AS us, TIMESTAMP_NS '2013-07-01 05:15:00.000001' AS "
      "ns,"
      "TIMESTAMPTZ '2013-07-01 05:15:00+02' AS tz, 12.34::DECIMAL(12,2) AS dec, "
      "-1.5::DECIMAL(38,1) AS wide, uuid() AS id"));
  const Texts expected = {"bool",      "int8",      "int16",         "int32",         "int64",
                          "uint8",     "uint16",    "uint32",        "uint64",        "float32",
                          "float64",   "string",    "binary",        "date",          "timestamp",
                          "timestamp", "timestamp", "decimal(12,2)", "decimal(38,1)", "string"};
  ASSERT_EQ(frame.schema().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(name_of(frame.schema().fields()[i].type), expected[i]) << i;
  }
  EXPECT_EQ(frame.column("f")->values<float>()[0], 0.1F);
  EXPECT_EQ(frame.column("day")->values<std::int32_t>()[0], -1);
  EXPECT_EQ(frame.column("us")->values<std::int64_t>()[0], 1372655700'000001);
  EXPECT_EQ(frame.column("ns")->values<std::int64_t>()[0], 1372655700'000001);
  EXPECT_EQ(frame.column("tz")->values<std::int64_t>()[0], 1372655700'000000 - 7200'000000);
  EXPECT_EQ(frame.column("id")->text_at(0).size(), 36U);
}

TEST_F(Read, JsonLinesAndArraysOfObjects) {
  const auto lines = all(file("a.jsonl",
                              "{\"n\":1,\"x\":1,\"s\":\"a\",\"t\":\"2013-07-01T05:15:00Z\"}\n"
                              "{\"n\":2,\"x\":2.5,\"s\":5}\n"));
  EXPECT_EQ(values<std::int64_t>(lines.column(0)), (Longs{1, 2}));
  EXPECT_EQ(values<double>(lines.column(1)), (Doubles{1, 2.5}));
  EXPECT_EQ(texts(lines.column(2)), (Texts{"a", "5"}));
  EXPECT_EQ(lines.column(3).type(), Type::of(TypeId::kTimestamp));
  EXPECT_TRUE(lines.column(3).is_null(1));
  const auto array = all(file("a.json", "[{\"n\":1},\n {\"n\":2}]"));
  EXPECT_EQ(values<std::int64_t>(array.column(0)), (Longs{1, 2}));
}

TEST_F(Read, ColumnsComeInTheOrderAsked) {
  const std::string path = file("a.csv", "a,b,c\n1,2,3\n");
  EXPECT_EQ(all(path, {.columns = {"c", "a"}}).schema().names(), (Texts{"c", "a"}));
}

TEST_F(Read, TheFilterMaySeeEveryColumn) {
  const std::string csv = file("a.csv", "a,b\n1,x\n2,y\n3,x\n");
  const auto frame = all(csv, {.columns = {"a"}, .filter = "b = 'x' and a > 1 -- late ones"});
  EXPECT_EQ(values<std::int64_t>(frame.column(0)), (Longs{3}));
}

TEST_F(Read, RowsKeepTheirOrderOnManyThreads) {
  const std::string path = written("a.parquet", "SELECT i FROM range(400000) t(i) ORDER BY i");
  auto rows = read(path, {.batch_rows = 10000, .threads = 4}).value();
  std::int64_t expected = 0;
  while (auto frame = rows->next().value()) {
    EXPECT_LE(frame->rows(), 10000 + 2048);
    for (const std::int64_t value : frame->column(0).values<std::int64_t>()) {
      ASSERT_EQ(value, expected++);
    }
  }
  EXPECT_EQ(expected, 400000);
}

TEST_F(Read, AFolderAPatternAndPackedFilesAreReadInOrder) {
  ASSERT_TRUE(posix_env().make_folders(folder_ / "in/sub"));
  file("in/b.csv", "n\n2\n");
  file("in/a.csv", "n\n1\n");
  file("in/sub/c.csv", "n\n3\n");
  file("in/_SUCCESS", "");
  written("in/d.csv.gz", "SELECT 4 AS n");
  EXPECT_EQ(values<std::int64_t>(all(folder_ / "in").column(0)), (Longs{1, 2, 4, 3}));
  EXPECT_EQ(values<std::int64_t>(all(folder_ / "in/[ab].csv").column(0)), (Longs{1, 2}));
  EXPECT_EQ(values<std::int64_t>(all("file://" + (folder_ / "in/a.csv")).column(0)), (Longs{1}));
}

TEST_F(Read, NumberTypesOfSeveralParquetFilesMeetInTheWiderOne) {
  written("1.parquet", "SELECT 1::BIGINT AS x");
  written("2.parquet", "SELECT 2.5::DOUBLE AS x");
  EXPECT_EQ(values<double>(all(folder_ / "*.parquet").column(0)), (Doubles{1, 2.5}));
}

TEST_F(Read, AnEnumBecomesADictionary) {
  const auto session = std::shared_ptr<Session>(Session::open().value());
  ASSERT_TRUE(session->execute("CREATE TYPE airport AS ENUM ('EWR', 'JFK')"));
  // Parquet keeps no enums, so the conversion is tested where they come from.
  const auto columns = session->describe("SELECT 'JFK'::airport AS origin").value();
  EXPECT_EQ(columns[0].type, Type::dictionary(TypeId::kInt32));
}

TEST_F(Read, DescribeTellsColumnsAndRowsWithoutReadingThem) {
  const std::string path = written("a.parquet", "SELECT 1 AS a, [1] AS list FROM range(10)");
  const Table table = describe(path).value();
  EXPECT_EQ(table.rows, 10);
  ASSERT_EQ(table.columns.size(), 2U);
  EXPECT_EQ(table.columns[0].type, Type::of(TypeId::kInt32));
  EXPECT_EQ(table.columns[1].sql_type, "LIST");
  EXPECT_FALSE(table.columns[1].type.has_value());
  EXPECT_EQ(all(path, {.columns = {"a"}}).rows(), 10);
}

TEST_F(Read, AStreamMayBeDroppedBeforeItsEnd) {
  const std::string path = written("a.parquet", "SELECT i FROM range(1000000) t(i)");
  auto rows = read(path, {.threads = 4}).value();
  EXPECT_TRUE(rows->next().value().has_value());
}

}  // namespace
}  // namespace slipway::data
