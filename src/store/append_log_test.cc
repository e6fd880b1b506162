// SPDX-License-Identifier: Apache-2.0
#include "store/append_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "store/log_format.h"
#include "store/log_reader.h"

namespace slipway::store {
namespace {

using Records = std::vector<std::string>;

Records read_all(const std::string& folder, std::vector<LogDamage>* damage = nullptr) {
  auto reader = LogReader::open(folder).value();
  Records records;
  while (const auto record = reader.next().value()) records.emplace_back(record->payload);
  if (damage != nullptr) *damage = reader.damage();
  return records;
}

class AppendLogTest : public testing::Test {
 protected:
  std::unique_ptr<AppendLog> open(AppendLogOptions options = {}) {
    auto log = AppendLog::open(folder_.path(), options);
    EXPECT_TRUE(log) << log.error().message();
    return std::move(log).value();
  }

  // Paths of the segments, oldest first.
  std::vector<std::string> segments() {
    std::vector<std::string> paths;
    for (const auto number : list_segments(folder_.path(), posix_env()).value()) {
      paths.push_back(folder_ / segment_name(number));
    }
    return paths;
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(AppendLogTest, ReturnsWhatWasAppendedInOrderAcrossRestarts) {
  Records expected;
  for (int run = 0; run < 3; ++run) {
    const auto log = open();
    for (int i = 0; i < 1000; ++i) {
      expected.push_back(fmt::format("run {} record {}", run, i));
      ASSERT_TRUE(log->append(expected.back()));
    }
    if (run == 1) {
      ASSERT_TRUE(log->flush());
    }
  }
  expected.emplace_back();  // an empty record is one too
  const auto log = open();
  ASSERT_TRUE(log->append(""));
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(log->stats().durable, 1U);
  EXPECT_EQ(read_all(folder_.path()), expected);
}

TEST_F(AppendLogTest, AFullBufferDropsAndCounts) {
  const auto log = open({.buffer_bytes = 100, .flush_interval_ms = 60'000});
  EXPECT_TRUE(log->append(std::string(40, 'a')));
  EXPECT_FALSE(log->append(std::string(100, 'b')));
  EXPECT_FALSE(log->append(std::string(kPayloadBytesMax + 1, 'c')));
  EXPECT_EQ(log->stats().dropped, 2U);
  ASSERT_TRUE(log->close());
  EXPECT_FALSE(log->append("late"));
  EXPECT_EQ(read_all(folder_.path()), Records{std::string(40, 'a')});
}

TEST_F(AppendLogTest, BatchesAreWrittenWithoutBeingAskedFor) {
  const auto log = open({.flush_interval_ms = 1});
  ASSERT_TRUE(log->append("x"));
  Mutex mutex;
  Condition never;
  MutexLock lock(mutex);
  while (log->stats().durable == 0) never.wait_for_ms(mutex, 1);
  EXPECT_EQ(read_all(folder_.path()), Records{"x"});
}

TEST_F(AppendLogTest, SegmentsAreClosedBySizeAndBeginWithThePreamble) {
  const auto log = open({.segment_bytes = 100, .preamble = [] { return Records{"schema"}; }});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(log->append(std::string(80, 'a')));
    ASSERT_TRUE(log->flush());
  }
  EXPECT_EQ(segments().size(), 3U);
  EXPECT_EQ(read_all(folder_.path()),
            (Records{"schema", std::string(80, 'a'), "schema", std::string(80, 'a'), "schema",
                     std::string(80, 'a')}));
}

TEST_F(AppendLogTest, TheOldestSegmentsGoByTotalSize) {
  const auto log = open({.segment_bytes = 100, .total_bytes = 500});
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(log->append(fmt::format("{:0100}", i)));
    ASSERT_TRUE(log->flush());
  }
  ASSERT_TRUE(log->close());
  EXPECT_EQ(segments().size(), 3U);
  EXPECT_EQ(read_all(folder_.path()).back(), fmt::format("{:0100}", 19));
  EXPECT_EQ(log->stats().segments_removed, 17U);
  EXPECT_LE(log->stats().bytes, 500U);
}

TEST_F(AppendLogTest, TheOldestSegmentsGoByAge) {
  FakeClock clock(1'000'000);
  const auto log = open({.age_max_us = 800, .clock = &clock});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(log->append(std::to_string(i)));
    ASSERT_TRUE(log->flush());
    clock.advance_us(500);
  }
  ASSERT_TRUE(log->close());
  EXPECT_EQ(read_all(folder_.path()), (Records{"2", "3", "4"}));
}

TEST_F(AppendLogTest, ASecondWriterIsRefused) {
  const auto log = open();
  const auto second = AppendLog::open(folder_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "store.log_locked");
  EXPECT_NE(second.error().message().find("another process writes"), std::string::npos);
}

TEST_F(AppendLogTest, ATornEndIsCutOffAndCounted) {
  {
    const auto log = open();
    ASSERT_TRUE(log->append("first"));
    ASSERT_TRUE(log->append("second"));
  }
  const auto size = posix_env().file_size(segments()[0]).value();
  ASSERT_TRUE(posix_env().truncate(segments()[0], size - 3));
  EXPECT_EQ(read_all(folder_.path()), Records{"first"});
  const auto log = open();
  EXPECT_EQ(log->stats().cut_bytes, kFrameHeaderBytes + 3);
  ASSERT_TRUE(log->append("third"));
  ASSERT_TRUE(log->flush());
  std::vector<LogDamage> damage;
  EXPECT_EQ(read_all(folder_.path(), &damage), (Records{"first", "third"}));
  EXPECT_TRUE(damage.empty());
}

TEST_F(AppendLogTest, DamageEndsItsSegmentAndIsReported) {
  for (int run = 0; run < 2; ++run) {
    const auto log = open();
    for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(log->append(text));
  }
  std::string bytes = posix_env().read_file(segments()[0]).value();
  bytes[bytes.find("two")] ^= 1;
  ASSERT_TRUE(write_file_atomically(segments()[0], bytes));
  std::vector<LogDamage> damage;
  EXPECT_EQ(read_all(folder_.path(), &damage), (Records{"one", "one", "two", "three"}));
  ASSERT_EQ(damage.size(), 1U);
  EXPECT_EQ(damage[0].file, segments()[0]);
  EXPECT_EQ(damage[0].offset, kSegmentHeaderBytes + kFrameHeaderBytes + 3);
  EXPECT_NE(damage[0].text().find("byte 43: a record's checksum is wrong"), std::string::npos)
      << damage[0].text();
  ASSERT_TRUE(write_file_atomically(segments()[0], "no segment"));
  read_all(folder_.path(), &damage);
  EXPECT_EQ(damage[0].what, "this is no segment header");
}

// kill -9 between any two instructions: what flush() acknowledged is there, and nothing half.
TEST_F(AppendLogTest, WhatWasAcknowledgedSurvivesKill) {
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto log = AppendLog::open(folder_.path(), {.segment_bytes = 4096}).value();
      for (std::uint64_t i = 0;; ++i) {
        log->append(fmt::format("{}:{}:{}", round, i, std::string(i % 700, 'x')));
        if (i % 5 != 0 || !log->flush()) continue;
        if (write(pipe_ends[1], &i, sizeof(i)) != sizeof(i)) _exit(1);
      }
    }
    close(pipe_ends[1]);
    std::uint64_t acknowledged = 0;
    for (int i = 0; i < 3 + round; ++i) {
      ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof(acknowledged)),
                static_cast<ssize_t>(sizeof(acknowledged)));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) > 0) {
    }
    close(pipe_ends[0]);
    std::vector<LogDamage> damage;
    std::uint64_t expected = 0;
    for (const auto& record : read_all(folder_.path(), &damage)) {
      if (!record.starts_with(fmt::format("{}:", round))) continue;
      ASSERT_EQ(record, fmt::format("{}:{}:{}", round, expected, std::string(expected % 700, 'x')));
      ++expected;
    }
    EXPECT_GT(expected, acknowledged);
    EXPECT_TRUE(damage.empty());
  }
}

// The real disk until the Nth operation, which fails; a failing write tears: half of it arrives.
// Nothing is truly synced: no power fails here, and the loop is long.
class FaultEnv final : public Env {
 public:
  FaultEnv(int first, int count) : first_(first), last_(first + count) {}

  Result<std::string> read_file(const std::string& path) override { return real_.read_file(path); }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    RETURN_IF_ERROR(fail("create"));
    ASSIGN_OR_RETURN(auto file, real_.create(path));
    return std::unique_ptr<WritableFile>(std::make_unique<File>(this, std::move(file)));
  }
  Result<std::unique_ptr<WritableFile>> open_append(const std::string& path) override {
    return real_.open_append(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(fail("rename"));
    std::filesystem::rename(from, to);
    return {};
  }
  Result<void> remove(const std::string& path) override {
    RETURN_IF_ERROR(fail("remove"));
    return real_.remove(path);
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    return real_.truncate(path, size);
  }
  Result<void> make_folders(const std::string& path) override { return real_.make_folders(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return real_.list(folder);
  }
  Result<std::uint64_t> file_size(const std::string& path) override {
    return real_.file_size(path);
  }
  bool exists(const std::string& path) override { return real_.exists(path); }
  bool is_folder(const std::string& path) override { return real_.is_folder(path); }
  std::optional<std::string> variable(const std::string& name) override {
    return real_.variable(name);
  }

  int operations() const { return operations_; }

 private:
  class File final : public WritableFile {
   public:
    File(FaultEnv* env, std::unique_ptr<WritableFile> real) : env_(env), real_(std::move(real)) {}
    Result<void> append(std::string_view bytes) override {
      const auto failed = env_->fail("append");
      if (failed) return real_->append(bytes);
      (void)real_->append(bytes.substr(0, bytes.size() / 2)).has_value();
      return failed;
    }
    Result<void> sync() override { return env_->fail("sync"); }

   private:
    FaultEnv* env_;
    std::unique_ptr<WritableFile> real_;
  };

  Result<void> fail(const char* doing) {
    const int operation = operations_.fetch_add(1);
    if (operation < first_ || operation >= last_) return {};
    return Error(Code::kResourceExhausted, "io.disk_full", fmt::format("{}: no space", doing));
  }

  Env& real_ = posix_env();
  const int first_, last_;
  std::atomic<int> operations_{0};
};

// Writes 30 records, each flushed; says which were acknowledged.
std::vector<bool> write_under_faults(const std::string& folder, Env* env) {
  std::vector<bool> acknowledged;
  const auto log =
      AppendLog::open(folder, {.flush_interval_ms = 1, .segment_bytes = 200, .env = env}).value();
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(log->append(fmt::format("{:04}", i)));
    acknowledged.push_back(log->flush().has_value());
  }
  const auto closed = log->close();
  if (closed) acknowledged.assign(acknowledged.size(), true);
  return acknowledged;
}

void check_faults(int first, int count) {
  auto folder = TemporaryFolder::create().value();
  FaultEnv env(first, count);
  const auto acknowledged = write_under_faults(folder.path(), &env);
  std::vector<LogDamage> damage;
  const Records records = read_all(folder.path(), &damage);
  EXPECT_TRUE(damage.empty()) << damage[0].text();
  std::size_t at = 0;
  for (std::size_t i = 0; i < acknowledged.size(); ++i) {
    const bool there = at < records.size() && records[at] == fmt::format("{:04}", i);
    if (there) ++at;
    EXPECT_TRUE(there || !acknowledged[i]) << "record " << i << ", faults from " << first;
  }
  EXPECT_EQ(at, records.size()) << "a record occurs twice or in another order, faults from "
                                << first;
}

TEST(AppendLogFaults, WhateverOperationFailsNothingAcknowledgedIsLostAndNothingTwice) {
  auto folder = TemporaryFolder::create().value();
  FaultEnv none(0, 0);
  write_under_faults(folder.path(), &none);
  ASSERT_GT(none.operations(), 60);
  for (int first = 0; first < none.operations(); ++first) {
    check_faults(first, 1);
    check_faults(first, 3);
  }
}

TEST(AppendLogFaults, ADiskThatStaysFullLosesTheRestAndSaysSo) {
  auto folder = TemporaryFolder::create().value();
  FaultEnv env(20, 1 << 20);
  const auto log = AppendLog::open(folder.path(), {.flush_interval_ms = 1, .env = &env}).value();
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(log->append("x"));
    (void)log->flush().has_value();
  }
  const auto flushed = log->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().reason(), "io.disk_full");
  const auto closed = log->close();
  ASSERT_FALSE(closed);
  const auto stats = log->stats();
  EXPECT_EQ(stats.lost, 30 - stats.durable);
  EXPECT_EQ(read_all(folder.path()).size(), stats.durable);
}

TEST(LogFormat, FramesSayWhatIsWrongWithThem) {
  std::string bytes;
  append_frame("payload", payload_crc("payload"), &bytes);
  EXPECT_EQ(read_frame(bytes, 0).payload, "payload");
  EXPECT_EQ(read_frame(bytes, bytes.size()).state, FrameState::kEnd);
  EXPECT_EQ(read_frame(bytes.substr(0, 12), 0).state, FrameState::kCut);
  EXPECT_EQ(read_frame(bytes.substr(0, 4), 0).state, FrameState::kCut);
  EXPECT_EQ(read_frame(std::string(64, '\0'), 0).state, FrameState::kDamaged);
  EXPECT_EQ(read_frame(std::string(64, '\xFF'), 0).state, FrameState::kDamaged);
}

TEST(LogFormat, ASegmentHeaderIsCheckedAsAWhole) {
  const std::string header = segment_header({.number = 7, .created_us = 5});
  ASSERT_EQ(header.size(), kSegmentHeaderBytes);
  EXPECT_EQ(read_segment_header(header)->number, 7U);
  EXPECT_EQ(read_segment_header(header)->created_us, 5);
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string other = header;
    other[i] ^= 1;
    EXPECT_FALSE(read_segment_header(other)) << i;
  }
  EXPECT_EQ(segment_number(segment_name(12)), 12U);
  EXPECT_EQ(segment_number("12.log"), std::nullopt);
  EXPECT_EQ(segment_number("0000000000x7.log"), std::nullopt);
}

}  // namespace
}  // namespace slipway::store
