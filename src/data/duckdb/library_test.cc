// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb/library.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::data {
namespace {

TEST(DuckdbLibrary, AMissingOneIsAnErrorWithTheCommandThatInstallsIt) {
  const std::vector<std::string> nowhere = {"/nowhere/libduckdb.so", "/elsewhere/libduckdb.so"};
  const auto library = open_duckdb_library(nowhere);
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(library.error().reason(), "data.duckdb_missing");
  for (const char* part : {"tools/setup", "pip install slipway", "/elsewhere/libduckdb.so"}) {
    EXPECT_NE(library.error().message().find(part), std::string::npos) << library.error().message();
  }
}

TEST(DuckdbLibrary, AnotherLibraryIsNotTakenForIt) {
  const std::vector<std::string> other = {"libz.so.1", "libm.so.6"};
  const auto library = open_duckdb_library(other);
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().reason(), "data.duckdb_version");
  EXPECT_NE(library.error().message().find("expected v1.5.5"), std::string::npos);
}

TEST(DuckdbLibrary, LoadsOnceAndForAll) {
  ASSERT_TRUE(load_duckdb());
  ASSERT_TRUE(load_duckdb());
}

}  // namespace
}  // namespace slipway::data
