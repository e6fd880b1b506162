// SPDX-License-Identifier: Apache-2.0
#include "data/sql.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace slipway::data {
namespace {

TEST(Script, RunsEveryStatementWithItsVariables) {
  auto folder = TemporaryFolder::create().value();
  const auto done = run_script(
      "-- makes a file\nCREATE TABLE t AS SELECT '${who}' AS who;\n"
      "COPY t TO '${out}/a.csv' (HEADER false);\n-- the end\n",
      {{"out", folder.path()}, {"who", "it's me"}});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(posix_env().read_file(folder / "a.csv").value(), "it's me\n");
  EXPECT_TRUE(run_script(""));
}

TEST(Script, AnUnknownVariableIsNamedWithItsLine) {
  for (const char* script : {"SELECT 1;\nSELECT '${data}';", "\nSELECT '${data"}) {
    const auto done = run_script(script, {{"out", "x"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason(), "data.variable");
    EXPECT_NE(done.error().message().find("script line 2: nothing gives a value to ${data"),
              std::string::npos)
        << done.error().message();
  }
}

TEST(Script, AFailingStatementIsNumbered) {
  const auto binds = run_script("SELECT 1; SELECT nothing; SELECT 3;");
  ASSERT_FALSE(binds);
  EXPECT_EQ(binds.error().reason(), "data.script");
  EXPECT_NE(binds.error().message().find("statement 2 of 3: Binder Error"), std::string::npos)
      << binds.error().message();
  const auto parses = run_script("SELEKT 1;");
  ASSERT_FALSE(parses);
  EXPECT_NE(parses.error().message().find("SELEKT"), std::string::npos);
}

}  // namespace
}  // namespace slipway::data
