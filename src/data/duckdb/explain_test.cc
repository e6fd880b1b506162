// Errors that a test cannot cause, or not quickly: a full disk, a line of megabytes, too little
// memory. The texts are DuckDB 1.5.5's. The others are tested where they arise: read_error_test.cc.
// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/explain.h"

#include <gtest/gtest.h>

#include <string>

#include "data/duckdb/session.h"

namespace slipway::data {
namespace {

Error explained(const char* text, const std::string& filter = "") {
  return explain(duckdb_error(text), {.uri = "in.csv", .filter = filter});
}

TEST(Explain, AnEndlessLineIsMostLikelyAnUnclosedQuote) {
  const Error error = explained(
      "Invalid Input Error: CSV Error on Line: 118\nOriginal Line: 1,2\n"
      "Maximum line size of 2000000 bytes exceeded. Actual Size:2097152 bytes.\n\n  file = "
      "a.csv\n");
  EXPECT_EQ(error.reason(), "data.line_too_long");
  EXPECT_NE(error.message().find("a.csv line 118: the line is longer than 2 MB"),
            std::string::npos);
}

TEST(Explain, LimitsSayWhatToDo) {
  const Error disk = explained("IO Error: Could not write file \"a\": No space left on device");
  EXPECT_EQ(disk.code(), Code::kResourceExhausted);
  EXPECT_EQ(disk.reason(), "data.disk_full");
  EXPECT_NE(disk.message().find("free some space"), std::string::npos);
  const Error memory = explained("Out of Memory Error: could not allocate block of size 256.0 KiB");
  EXPECT_EQ(memory.code(), Code::kResourceExhausted);
  EXPECT_EQ(memory.reason(), "data.memory");
  EXPECT_NE(memory.message().find("raise the limit"), std::string::npos);
}

TEST(Explain, WhatIsNotKnownKeepsItsFirstLine) {
  const Error error = explained("Some Error: something new\n\nLINE 1: SELECT");
  EXPECT_EQ(error.reason(), "data.duckdb");
  EXPECT_EQ(error.message(), "in.csv: Some Error: something new");
}

TEST(Explain, AFilterIsBlamedOnlyForSql) {
  EXPECT_EQ(explained("Parser Error: syntax error", "a >").reason(), "data.filter");
  EXPECT_EQ(explained("Parser Error: syntax error").reason(), "data.duckdb");
  EXPECT_EQ(explained("IO Error: No space left on device", "a > 1").reason(), "data.disk_full");
}

TEST(Explain, CellsAreShownShortAndPrintable) {
  const std::string cell = "\x01" + std::string(200, 'x');
  const Error error = explained(
      ("Conversion Error: CSV Error on Line: 2\nOriginal Line: x\nError when converting column "
       "\"b\". Could not convert string \"" +
       cell + "\" to 'DATE'\n\n  file = a.csv\n")
          .c_str());
  EXPECT_EQ(error.reason(), "data.cell");
  EXPECT_NE(error.message().find("column 'b': ' xxx"), std::string::npos);
  EXPECT_NE(error.message().find("xxx...' is not a date (2013-07-01)"), std::string::npos);
}

TEST(Explain, OurOwnErrorsAreLeftAlone) {
  const Error ours(Code::kNotFound, "data.not_found", "no file 'a'");
  EXPECT_EQ(explain(ours, {.uri = "b"}).message(), "no file 'a'");
}

}  // namespace
}  // namespace slipway::data
