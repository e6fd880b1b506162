// What a user is told when rows cannot be read: which file, line and column, and what to do.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "data/duckdb/session.h"
#include "data/read.h"

namespace slipway::data {
namespace {

using frame::Type;
using frame::TypeId;

class ReadError : public testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view bytes) {
    const std::string path = folder_ / name;
    EXPECT_TRUE(write_file_atomically(path, bytes));
    return path;
  }

  // 30,000 rows, so that rows near the end lie beyond the sample; `bad` replaces row `at`.
  std::string csv(const std::string& name, int at, const std::string& bad) {
    std::string text = "a,b,dest\n";
    for (int i = 1; i <= 30000; ++i) {
      text += i == at
                  ? bad + "\n"
                  : std::to_string(i) + "," + std::to_string(i) + ".5,x" + std::to_string(i) + "\n";
    }
    return file(name, text);
  }

  std::string written(const std::string& name, const std::string& select) {
    const std::string path = folder_ / name;
    const auto session = Session::open({.threads = 1}).value();
    EXPECT_TRUE(session->execute("COPY (" + select + ") TO " + quote_text(path)));
    return path;
  }

  static void expect(const std::string& uri, const ReadOptions& options, std::string_view reason,
                     std::string_view part) {
    auto rows = read(uri, options);
    Result<frame::Frame> frame =
        rows ? frame::collect(*rows.value(), 1 << 22) : Result<frame::Frame>(rows.error());
    ASSERT_FALSE(frame) << uri << " was read";
    EXPECT_EQ(frame.error().reason(), reason) << frame.error().message();
    EXPECT_NE(frame.error().message().find(part), std::string::npos) << frame.error().message();
  }

  const ReadOptions numbers_ = {.expected = {{"a", Type::of(TypeId::kFloat64)},
                                             {"b", Type::of(TypeId::kFloat64)},
                                             {"dest", Type::of(TypeId::kString)}}};
  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(ReadError, TextInANumberColumnNamesLineAndColumn) {
  const std::string early = csv("early.csv", 117, "117,oops,x");
  expect(early, numbers_, "data.cell", early + " line 118 column 'b': 'oops' is not a number");
  const std::string late = csv("late.csv", 29000, "29000,oops,x");
  expect(late, numbers_, "data.cell", late + " line 29001 column 'b': 'oops' is not a number");
  expect(late, {}, "data.cell", "column 'b': 'oops' is not a number");
}

TEST_F(ReadError, AWholeNumberIsNeverRounded) {
  const std::string guessed = csv("guessed.csv", 29000, "1.5,1.5,x");
  expect(guessed, {}, "data.cell",
         "column 'a': '1.5' is not a whole number, as the first rows of the column are");
  const ReadOptions whole = {.expected = {{"a", Type::of(TypeId::kInt64)}}};
  expect(guessed, whole, "data.cell", "column 'a': '1.5' is not a whole number");
  expect(csv("zeros.csv", 29000, "007,1.5,x"), {}, "data.cell", "column 'a': '007' is not");
  std::string lines;
  for (int i = 0; i < 30000; ++i) lines += "{\"a\":1}\n";
  expect(file("late.jsonl", lines + "{\"a\":1.5}\n"), {}, "data.cell", "column 'a': '1.5' is not");
}

TEST_F(ReadError, ALineOfAnotherWidthIsRefused) {
  for (const int at : {117, 29000}) {
    const std::string where = " line " + std::to_string(at + 1);
    expect(csv("few.csv", at, "1,2"), numbers_, "data.row_width",
           where + ": the line has 2 cells, expected 3");
    expect(csv("many.csv", at, "1,2,3,4,5"), {}, "data.row_width",
           where + ": the line has more cells, expected 3");
  }
}

TEST_F(ReadError, AnUnclosedQuoteIsFound) {
  expect(csv("quote.csv", 117, "1,2,\"x"), numbers_, "data.quote", " line 118: a cell begins with");
  expect(csv("inner.csv", 117, "1,2,\"x\"y"), numbers_, "data.quote", " line 118: ");
  expect(csv("last.csv", 30000, "1,2,\"x"), numbers_, "data.quote", " line 30001: ");
}

TEST_F(ReadError, TextThatIsNotUtf8IsRefused) {
  expect(csv("latin1.csv", 117, "1,2,Z\xFCrich"), {}, "data.not_utf8", " line 118: ");
  expect(csv("late.csv", 29000, "1,2,Z\xFCrich"), {}, "data.not_utf8", " line 29001: ");
}

TEST_F(ReadError, MixedLineEndsAreNamed) {
  expect(file("mixed.csv", "a,b\r\n1,2\n3,4\r\n"), {}, "data.csv", "mixes line ends");
}

TEST_F(ReadError, AColumnThatOccursTwiceIsRefused) {
  expect(file("a.csv", "x,y,X\n1,2,3\n"), {}, "data.duplicate_column", "line 1: column 'X'");
}

TEST_F(ReadError, FilesOfOneReadMustAgree) {
  file("1.csv", "a,b\n1,2\n");
  file("2.csv", "b,a\n1,2\n");
  expect(folder_ / "*.csv", {}, "data.header_differs", "has the header b,a");
  written("1.parquet", "SELECT 1 AS a");
  written("2.parquet", "SELECT 1 AS a, 2 AS b");
  expect(folder_ / "*.parquet", {}, "data.columns_differ", "only one of them has b");
  expect(folder_.path(), {}, "data.mixed_formats", "name one of them");
}

TEST_F(ReadError, BrokenJsonNamesTheLine) {
  const std::string good = "{\"a\":1,\"b\":\"x\"}\n";
  expect(file("cut.jsonl", good + "{\"a\":2,\"b\":\"x\n"), {}, "data.json", "line 2: unexpected");
  expect(file("list.jsonl", good + "[1]\n"), {}, "data.json", "not all JSON objects");
  const ReadOptions number = {.expected = {{"a", Type::of(TypeId::kFloat64)}}};
  expect(file("word.jsonl", good + "{\"a\":\"oops\"}\n"), number, "data.cell", "line 2");
}

TEST_F(ReadError, DamagedParquetIsRefused) {
  const std::string path = written("a.parquet", "SELECT i, i * 0.5 AS x FROM range(10000) t(i)");
  const std::string bytes = posix_env().read_file(path).value();
  expect(file("cut.parquet", bytes.substr(0, bytes.size() - 50)), {}, "data.parquet_damaged",
         "its end is missing");
  expect(file("short.parquet", "PAR1"), {}, "data.parquet_damaged", "too small");
  std::string zeros = bytes;
  zeros.replace(100, 2000, 2000, '\0');
  expect(file("zeros.parquet", zeros), {}, "data.parquet_damaged", "zeros.parquet");
}

TEST_F(ReadError, EmptyAndMissingFiles) {
  expect(file("a.csv", ""), {}, "data.empty_file", "a.csv' is empty");
  expect(file("b.csv", "\n\n"), {}, "data.empty_file", "b.csv' holds no line");
  expect(folder_ / "aa.csv", {}, "data.not_found", "did you mean 'a.csv'?");
  expect(folder_ / "no/a.csv", {}, "data.not_found", "there is no folder");
  expect(folder_ / "*.parquet", {}, "data.no_files", "has no files to read");
  ASSERT_TRUE(posix_env().make_folders(folder_ / "empty"));
  expect(folder_ / "empty", {}, "data.no_files", "csv, tsv, jsonl, parquet");
  expect(file("rows.xlsx", "x"), {}, "data.format", "csv, tsv, jsonl, parquet");
}

TEST_F(ReadError, OtherSourcesAreRefusedKindly) {
  expect("s3://bucket/a.parquet", {}, "data.scheme", "reads files only");
  expect("postgres://db/table", {}, "data.scheme", "not postgres");
}

TEST_F(ReadError, AMissingColumnNamesTheNearestOne) {
  expect(file("a.csv", "carrier,origin\nUA,JFK\n"), {.columns = {"carier", "qqq"}},
         "data.column_missing",
         "no column 'carier' (did you mean 'carrier'?), 'qqq'; it has carrier, origin");
}

TEST_F(ReadError, AColumnOfAnotherKindSaysHowToConvertIt) {
  const std::string path = written("a.parquet", "SELECT {'x': 1} AS s, 1::HUGEINT AS h");
  expect(path, {.columns = {"s"}}, "data.column_type", "column 's' is STRUCT");
  expect(path, {}, "data.column_type", "SELECT * REPLACE (CAST(\"s\" AS DOUBLE)");
}

TEST_F(ReadError, ATimestampFinerThanAMicrosecondIsNotCut) {
  const std::string path =
      written("a.parquet", "SELECT TIMESTAMP_NS '2013-07-01 05:15:00.000000001' AS t");
  expect(path, {}, "data.timestamp_precision", "column 't'");
}

TEST_F(ReadError, AFilterThatDoesNotParseIsQuoted) {
  const std::string path = file("a.csv", "a,b\n1,x\n");
  expect(path, {.filter = "a >"}, "data.filter", "the filter `a >`");
  expect(path, {.filter = "c > 1"}, "data.filter", "\"c\" not found");
  expect(path, {.filter = "1=1); DROP TABLE x; SELECT (1"}, "data.filter", "cannot be used");
}

TEST_F(ReadError, AFilterCannotOpenOtherFiles) {
  file("secret.csv", "s\nhidden\n");
  expect(file("a.csv", "a\n1\n"),
         {.filter = "(SELECT count(*) FROM '" + (folder_ / "secret.csv") + "') > 0"}, "data.filter",
         "cannot be used");
}

}  // namespace
}  // namespace slipway::data
