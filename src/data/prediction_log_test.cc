// SPDX-License-Identifier: Apache-2.0
#include "data/prediction_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/thread_pool.h"
#include "data/prediction_reader.h"
#include "data/prediction_record.h"
#include "frame/builder.h"
#include "store/log_format.h"
#include "store/log_reader.h"

namespace slipway::data {
namespace {

using frame::Column;
using frame::Frame;
using frame::Schema;
using frame::Type;
using frame::TypeId;

template <typename T>
Frame frame_of(const std::string& name, const std::vector<T>& values) {
  Column column = frame::column_of(std::span<const T>(values));
  return Frame::make(Schema({{.name = name, .type = column.type()}}), {column}).value();
}

// Inputs of every kind that is stored in its own way, with missing values.
Frame mixed_inputs() {
  frame::BoolBuilder flag;
  flag.append(true), flag.append_null(), flag.append(false);
  frame::FixedBuilder<double> x;
  x.append(0.1), x.append(std::nan("")), x.append_null();
  frame::DictionaryBuilder origin;
  origin.append("JFK"), origin.append_null(), origin.append("EWR");
  frame::StringBuilder text;
  text.append(""), text.append("a, \"b\""), text.append_null();
  frame::FixedBuilder<std::int64_t> at;
  at.append(1), at.append(2), at.append(3);
  std::vector<Column> columns = {flag.finish(), x.finish(Type::of(TypeId::kFloat64)),
                                 origin.finish(), text.finish(),
                                 at.finish(Type::of(TypeId::kTimestamp))};
  std::vector<frame::Field> fields;
  const char* names[] = {"flag", "x", "origin", "text", "at"};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    fields.push_back({.name = names[i], .type = columns[i].type()});
  }
  return Frame::make(Schema(std::move(fields)), std::move(columns)).value();
}

class PredictionLogTest : public testing::Test {
 protected:
  std::unique_ptr<PredictionLog> open(store::AppendLogOptions options = {}) {
    return PredictionLog::open(folder_.path(), std::move(options)).value();
  }
  Frame all(const PredictionQuery& query, std::vector<std::string>* damage = nullptr) {
    auto rows = read_predictions(folder_.path(), query);
    EXPECT_TRUE(rows) << rows.error().message();
    Frame frame = frame::collect(*rows.value(), 1 << 20).value();
    if (damage != nullptr) *damage = rows.value()->damage();
    return frame;
  }
  std::string only_segment() {
    const auto numbers = store::list_segments(folder_.path(), posix_env()).value();
    return folder_ / store::segment_name(numbers.at(0));
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
};

TEST_F(PredictionLogTest, GivesBackWhatWasAccepted) {
  const Frame inputs = mixed_inputs();
  const Frame outputs = frame_of<double>("prediction", {0.25, 0.5, 0.75});
  {
    const auto log = open();
    log->accept({.model = "delay",
                 .version = "sha256:1",
                 .request_id = "r1",
                 .time_us = 77,
                 .inputs = inputs,
                 .outputs = outputs});
    EXPECT_EQ(log->stats().rows_accepted, 3U);
  }
  const Frame back = all({.model = "delay"});
  EXPECT_EQ(back.schema().names(),
            (std::vector<std::string>{"prediction_id", "time", "model", "version", "flag", "x",
                                      "origin", "text", "at", "prediction"}));
  EXPECT_EQ(back.column(0).text_at(2), "r1/2");
  EXPECT_EQ(back.column(1).values<std::int64_t>()[0], 77);
  EXPECT_EQ(back.column(3).text_at(0), "sha256:1");
  for (const char* name : {"flag", "x", "text", "at"}) {
    EXPECT_TRUE(equal(*back.column(name), *inputs.column(name))) << name;
  }
  EXPECT_EQ(back.column("origin")->text_at(2), "EWR");
  EXPECT_TRUE(back.column("origin")->is_null(1));
  EXPECT_TRUE(equal(*back.column("prediction"), outputs.column(0)));
}

TEST_F(PredictionLogTest, ARequestOfOneRowIsItsPrediction) {
  const Frame inputs = frame_of<double>("x", {1});
  {
    const auto log = open();
    log->accept({.model = "m",
                 .request_id = "id",
                 .single = true,
                 .inputs = inputs,
                 .outputs = inputs.slice(0, 1)});
  }
  EXPECT_EQ(all({.model = "m"}).column(0).text_at(0), "id");
}

TEST_F(PredictionLogTest, SingleRowsOfEveryKindAreTheSameAsManyAtOnce) {
  const Frame inputs = mixed_inputs();
  {
    const auto log = open();
    for (std::int64_t row = 0; row < inputs.rows(); ++row) {
      const Frame one = inputs.slice(row, 1);
      log->accept({.model = "m", .request_id = "r", .single = true, .inputs = one, .outputs = one});
    }
  }
  const Frame back = all({.model = "m"});
  ASSERT_EQ(back.rows(), 3);
  for (const char* name : {"flag", "x", "text", "at"}) {
    EXPECT_TRUE(equal(*back.column(name), *inputs.column(name))) << name;
  }
  EXPECT_EQ(back.column("origin")->text_at(0), "JFK");
  EXPECT_TRUE(back.column("origin")->is_null(1));
}

TEST_F(PredictionLogTest, LargeBatchesAndSlicesKeepTheirRows) {
  std::vector<double> values(5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const Frame inputs = frame_of<double>("x", values).slice(7, 4000);
  {
    const auto log = open();
    log->accept(
        {.model = "m", .request_id = "r", .first_row = 100, .inputs = inputs, .outputs = inputs});
  }
  const Frame back = all({.model = "m"});
  EXPECT_TRUE(equal(*back.column("x"), inputs.column(0)));
  EXPECT_EQ(back.schema().fields().back().name, "output.x");
  EXPECT_EQ(back.column(0).text_at(3999), "r/4099");
}

TEST_F(PredictionLogTest, VersionsWithOtherColumnsMeetInOneTable) {
  {
    const auto log = open();
    const Frame a = frame_of<std::int64_t>("n", {1});
    const Frame b = frame_of<double>("n", {2.5});
    const Frame c = frame_of<std::string>("s", {"x"});
    const Frame y = frame_of<float>("y", {0.5F});
    log->accept({.model = "m", .version = "1", .request_id = "a", .inputs = a, .outputs = y});
    log->accept({.model = "m", .version = "2", .request_id = "b", .inputs = b, .outputs = y});
    log->accept({.model = "m", .version = "3", .request_id = "c", .inputs = c, .outputs = y});
    log->accept({.model = "other", .version = "1", .request_id = "d", .inputs = c, .outputs = y});
  }
  const Frame back = all({.model = "m"});
  ASSERT_EQ(back.rows(), 3);
  const Column& n = *back.column("n");
  EXPECT_EQ(n.type(), Type::of(TypeId::kFloat64));
  EXPECT_EQ(n.values<double>()[0], 1.0);
  EXPECT_EQ(n.values<double>()[1], 2.5);
  EXPECT_TRUE(n.is_null(2));
  EXPECT_TRUE(back.column("s")->is_null(0));
  EXPECT_EQ(back.column("s")->text_at(2), "x");
  EXPECT_EQ(all({.model = "m", .version = "1"}).column("n")->type(), Type::of(TypeId::kInt64));
}

TEST_F(PredictionLogTest, AColumnThatWasTextAndNumberIsText) {
  {
    const auto log = open();
    const Frame number = frame_of<double>("v", {1.5});
    const Frame text = frame_of<std::string>("v", {"x"});
    log->accept({.model = "m", .request_id = "a", .inputs = number, .outputs = number});
    log->accept({.model = "m", .request_id = "b", .inputs = text, .outputs = number});
  }
  const Frame back = all({.model = "m"});
  EXPECT_EQ(back.column("v")->text_at(0), "1.5");
  EXPECT_EQ(back.column("v")->text_at(1), "x");
}

TEST_F(PredictionLogTest, QueriesByTime) {
  {
    const auto log = open();
    const Frame x = frame_of<double>("x", {1});
    for (const std::int64_t time_us : {10, 20, 30}) {
      log->accept({.model = "m", .request_id = "r", .time_us = time_us, .inputs = x, .outputs = x});
    }
  }
  EXPECT_EQ(all({.model = "m", .from_us = 20}).rows(), 2);
  EXPECT_EQ(all({.model = "m", .from_us = 20, .until_us = 30}).rows(), 1);
  const auto models = list_predictions(folder_.path()).value();
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0].rows, 3);
  EXPECT_EQ(models[0].first_us, 10);
  EXPECT_EQ(models[0].last_us, 30);
}

TEST_F(PredictionLogTest, EverySegmentCanBeReadWithoutTheOlderOnes) {
  {
    const auto log = open({.segment_bytes = 300, .total_bytes = 1500});
    const Frame x = frame_of<double>("x", {1});
    for (int i = 0; i < 50; ++i) {
      log->accept({.model = "m",
                   .version = "1",
                   .request_id = std::to_string(i),
                   .single = true,
                   .inputs = x,
                   .outputs = x});
      ASSERT_TRUE(log->flush());
    }
    EXPECT_GT(log->stats().log.segments_removed, 0U);
  }
  std::vector<std::string> damage;
  const Frame back = all({.model = "m"}, &damage);
  EXPECT_TRUE(damage.empty());
  EXPECT_GT(back.rows(), 3);
  EXPECT_EQ(back.column(0).text_at(back.rows() - 1), "49");
}

TEST_F(PredictionLogTest, ManyThreadsLogManyModels) {
  constexpr std::size_t kThreads = 4, kEach = 500;
  {
    const auto log = open({.segment_bytes = 20000});
    ThreadPool pool("log", kThreads);
    pool.run(kThreads, [&](std::size_t thread) {
      const std::string model = fmt::format("m{}", thread % 2);
      for (std::size_t i = 0; i < kEach; ++i) {
        const Frame x = frame_of<double>("x", {static_cast<double>(i)});  // schema of its own
        log->accept({.model = model, .request_id = "r", .single = true, .inputs = x, .outputs = x});
      }
    });
    EXPECT_EQ(log->stats().rows_accepted, kThreads * kEach);
  }
  for (const char* model : {"m0", "m1"}) {
    std::vector<std::string> damage;
    EXPECT_EQ(all({.model = model}, &damage).rows(), kThreads * kEach / 2);
    EXPECT_TRUE(damage.empty());
  }
}

TEST_F(PredictionLogTest, WithoutRoomRowsAreDroppedAndCounted) {
  const auto log = open({.buffer_bytes = 1000, .flush_interval_ms = 60'000});
  const Frame x = frame_of<double>("x", {1});
  for (int i = 0; i < 100; ++i) {
    log->accept({.model = "m", .request_id = "r", .inputs = x, .outputs = x});
  }
  const auto stats = log->stats();
  EXPECT_GT(stats.rows_dropped, 0U);
  EXPECT_EQ(stats.rows_accepted + stats.rows_dropped, 100U);
}

TEST_F(PredictionLogTest, DamagedRecordsAreLeftOutAndReported) {
  {
    const auto log = store::AppendLog::open(folder_.path()).value();
    const Frame x = frame_of<double>("x", {1});
    const frame::PredictionBatch batch{
        .model = "m", .request_id = "good", .inputs = x, .outputs = x};
    std::string schema, rows;
    const auto id = encode_schema(batch, &schema);
    encode_rows(id, batch, &rows);
    ASSERT_TRUE(log->append(schema));
    ASSERT_TRUE(log->append(rows.substr(0, rows.size() - 1)));
    ASSERT_TRUE(log->append("what is this?"));
    ASSERT_TRUE(log->append(rows));
    rows.clear();
    encode_rows(id + 1, batch, &rows);
    ASSERT_TRUE(log->append(rows));
  }
  std::vector<std::string> damage;
  EXPECT_EQ(all({.model = "m"}, &damage).rows(), 1);
  ASSERT_EQ(damage.size(), 3U);
  EXPECT_NE(damage[0].find("request 'good': its 1 rows cannot be read"), std::string::npos);
  EXPECT_NE(damage[1].find("no record of a prediction log"), std::string::npos);
  EXPECT_NE(damage[2].find("1 rows of unknown columns"), std::string::npos);
}

TEST_F(PredictionLogTest, AModelThatWasNotLoggedIsAnErrorThatNamesTheOthers) {
  const auto none = read_predictions(folder_ / "nowhere", {.model = "m"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason(), "data.no_prediction_log");
  EXPECT_NE(none.error().message().find("--log off"), std::string::npos);
  {
    const auto log = open();
    const Frame x = frame_of<double>("x", {1});
    log->accept({.model = "delay", .request_id = "r", .inputs = x, .outputs = x});
  }
  const auto other = read_predictions(folder_.path(), {.model = "dely", .version = "2"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason(), "data.model_not_logged");
  EXPECT_NE(other.error().message().find("model 'dely' version '2' in that time; it has delay"),
            std::string::npos)
      << other.error().message();
}

}  // namespace
}  // namespace slipway::data
