// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace slipway {
namespace {

TEST(AtomicFile, AppearsOnlyOnCommit) {
  auto folder = TemporaryFolder::create().value();
  const std::string path = folder / "out.csv";
  {
    auto file = AtomicFile::begin(path).value();
    EXPECT_TRUE(file.temporary_path().ends_with(".csv"));
    EXPECT_TRUE(posix_env().exists(file.temporary_path()));
  }
  EXPECT_TRUE(posix_env().list(folder.path()).value().empty());
  ASSERT_TRUE(write_file_atomically(path, "a,b\n"));
  EXPECT_EQ(posix_env().read_file(path).value(), "a,b\n");
  EXPECT_EQ(posix_env().list(folder.path()).value().size(), 1u);
}

TEST(AtomicFile, SaysWhichTargetCannotBeWritten) {
  const auto file = AtomicFile::begin("/nowhere/out.csv");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().reason(), "io.not_found");
  EXPECT_NE(file.error().message().find("cannot write '/nowhere/out.csv'"), std::string::npos);
}

TEST(MappedFile, HasTheBytesAndRefusesFolders) {
  auto folder = TemporaryFolder::create().value();
  ASSERT_TRUE(write_file_atomically(folder / "a", "hello"));
  EXPECT_EQ(MappedFile::open(folder / "a").value()->text(), "hello");
  ASSERT_TRUE(write_file_atomically(folder / "empty", ""));
  EXPECT_EQ(MappedFile::open(folder / "empty").value()->bytes().size(), 0u);
  EXPECT_EQ(MappedFile::open(folder.path()).error().reason(), "io.wrong_kind");
  EXPECT_EQ(MappedFile::open(folder / "b").error().code(), Code::kNotFound);
}

TEST(Env, AppendsAndTruncates) {
  auto folder = TemporaryFolder::create().value();
  const std::string path = folder / "log";
  for (const char* text : {"one", "two"}) {
    auto file = posix_env().open_append(path).value();
    ASSERT_TRUE(file->append(text));
    ASSERT_TRUE(file->sync());
  }
  ASSERT_TRUE(posix_env().truncate(path, 4));
  EXPECT_EQ(posix_env().read_file(path).value(), "onet");
  EXPECT_EQ(posix_env().file_size(path).value(), 4u);
}

TEST(Clock, PrintsUtc) {
  EXPECT_EQ(format_utc(1'372'655'700'000'001), "2013-07-01T05:15:00.000001Z");
  EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59.999999Z");
  FakeClock clock(5);
  clock.advance_us(2);
  EXPECT_EQ(clock.now_us(), 7);
}

}  // namespace
}  // namespace slipway
