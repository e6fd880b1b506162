// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/batching.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "deploy/realtime/endpoint.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "deploy/realtime/test_sink.h"
#include "frame/builder.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

constexpr BatchOptions kOptions{.worth_ns = 10'000, .together_min = 8, .pause_requests = 100};

TEST(BatchCostTest, FewOrCheapRequestsAreNotPutOff) {
  BatchCost cost(kOptions, 20);
  EXPECT_FALSE(cost.pays(100)) << "nothing is known";
  cost.scored_alone(9'000);
  EXPECT_FALSE(cost.pays(100)) << "cheap";
  for (int i = 0; i < 20; ++i) cost.scored_alone(30'000);
  EXPECT_TRUE(cost.pays(40));
  EXPECT_FALSE(cost.pays(39)) << "few, as its engines' table has it";
  BatchCost no_table(kOptions, 0);
  no_table.scored_alone(30'000);
  EXPECT_FALSE(no_table.pays(1000));
}

TEST(BatchCostTest, SlowRequestsAreKnownWithoutATable) {
  BatchCost cost(kOptions, 0);
  EXPECT_TRUE(cost.wants_sample());
  EXPECT_FALSE(cost.is_slow()) << "nothing is known";
  cost.scored_alone(90'000);
  EXPECT_FALSE(cost.is_slow());
  for (int i = 0; i < 20; ++i) cost.scored_alone(300'000);
  EXPECT_TRUE(cost.is_slow());
}

TEST(BatchCostTest, WhatDoesNotPayIsLeftForAWhile) {
  BatchCost cost(kOptions, 2);
  cost.scored_alone(30'000);
  for (int i = 0; i < 100; ++i) cost.scored_together(20 * 20'000, 20);
  EXPECT_TRUE(cost.pays(20));
  BatchCost dear(kOptions, 2);
  dear.scored_alone(30'000);
  for (int i = 0; i < 8; ++i) dear.scored_together(20 * 29'000, 20);
  int waited = 0;
  while (!dear.pays(20)) ++waited;
  EXPECT_EQ(waited, 100);
}

class Alone {
 public:
  Alone() : admission_({}, 1, registry_) {
    (void)catalogue_.add(load_test_model("delay", TestModel{}), 0);
    (void)catalogue_.add(load_test_model("risk", TestModel{}), 0);
    endpoints_ = std::make_unique<Endpoints>(catalogue_, Endpoint::Around{admission_, registry_});
  }
  WaitingRequest request(const std::string& model, const std::vector<double>& first) {
    const Endpoint* endpoint = endpoints_->find(model);
    std::vector<frame::Column> columns;
    for (int i = 0; i < 2; ++i) {
      frame::FixedBuilder<double> builder;
      for (const double value : first) builder.append(value + i);
      columns.push_back(builder.finish(frame::Type::of(frame::TypeId::kFloat64)));
    }
    return {.endpoint = endpoint->shared_from_this(),
            .rows = frame::Frame::make(endpoint->plan().input_schema(), std::move(columns)).value(),
            .id = fmt::format("{}", first.front())};
  }

 private:
  Catalogue catalogue_;
  MetricRegistry registry_;
  Admission admission_;
  std::unique_ptr<Endpoints> endpoints_;
};

TEST(BatcherTest, OneBadRequestAmongGoodOnesFailsAlone) {
  Alone alone;
  Batcher batcher({.rows_max = 30});
  const auto rows = [](std::size_t count, double first) {
    return std::vector<double>(count, first);
  };
  for (const double first : {1.0, 2.0, -1.0, 3.0})
    batcher.add(alone.request("delay", rows(6, first)));
  batcher.add(alone.request("risk", rows(2, 4)));
  batcher.add(alone.request("risk", rows(2, 5)));
  batcher.add(alone.request("delay", rows(10, 6)));
  std::vector<std::string> runs, answers;
  batcher.flush(
      [&](const Endpoint& endpoint, const frame::Frame& batch, bool) -> Result<frame::Frame> {
        runs.push_back(fmt::format("{} {}", endpoint.name(), batch.rows()));
        const auto values = batch.column(0).values<double>();
        for (const double value : values) {
          if (value < 0) return Error(Code::kInvalidArgument, "scoring.row", "below zero");
        }
        return endpoint.score(batch, {});
      },
      [&](const WaitingRequest& request, const Result<frame::Frame>& scores,
          const BatchShare& share) {
        answers.push_back(fmt::format("{}: {} of {}{}", request.id,
                                      scores ? fmt::format("{}", scores.value().rows())
                                             : std::string(scores.error().message()),
                                      share.rows, share.is_first ? " first" : ""));
      },
      [] { return std::int64_t{0}; });
  // Of risk there are too few rows to be better together; the last of delay would be too many.
  EXPECT_EQ(runs, (std::vector<std::string>{"delay 24", "delay 6", "delay 6", "delay 6", "delay 6",
                                            "risk 2", "risk 2", "delay 10"}));
  EXPECT_EQ(answers,
            (std::vector<std::string>{"1: 6 of 6 first", "2: 6 of 6 first",
                                      "-1: below zero of 6 first", "3: 6 of 6 first",
                                      "4: 2 of 2 first", "5: 2 of 2 first", "6: 10 of 10 first"}));
  EXPECT_TRUE(batcher.empty());
}

TEST(BatcherTest, BehindASlowBatchTheRestWaits) {
  Alone alone;
  Batcher batcher({.slow_ns = 100, .rows_max = 30});
  std::int64_t now_ns = 0;
  std::vector<std::string> answers;
  const auto flush = [&](std::int64_t cost_ns) {
    answers.clear();
    batcher.flush(
        [&](const Endpoint& endpoint, const frame::Frame& rows, bool) {
          now_ns += cost_ns;
          return endpoint.score(rows, {});
        },
        [&](const WaitingRequest& request, const Result<frame::Frame>& scores,
            const BatchShare& share) {
          EXPECT_TRUE(scores);
          answers.push_back(fmt::format("{} in {} ns", request.id, share.ns));
        },
        [&] { return now_ns; });
    return answers;
  };
  using Answers = std::vector<std::string>;
  batcher.add(alone.request("delay", {1}));
  batcher.add(alone.request("risk", {2}));
  batcher.add(alone.request("delay", {3}));
  EXPECT_EQ(flush(100), (Answers{"1 in 100 ns"}));
  EXPECT_FALSE(batcher.empty());
  batcher.add(alone.request("risk", {4}));
  EXPECT_EQ(flush(101), (Answers{"3 in 101 ns"}));
  EXPECT_EQ(flush(99), (Answers{"2 in 99 ns", "4 in 99 ns"}));
  EXPECT_TRUE(batcher.empty());
}

// Half of them, of two models, are more than twice what the engines' table asks for.
constexpr std::size_t kClients = 240;

class BatchedServerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"delay", "kind"}) {
      const bool is_kind = name == std::string("kind");
      ASSERT_TRUE(catalogue_.add(
          load_test_model(name, is_kind
                                    ? TestModel{.objective = "multiclass num_class:3", .classes = 3}
                                    : TestModel{}),
          0));
    }
    server_ = Server::start({.net = {.port = 0, .reactors = 1},
                             .batching = {.worth_ns = 0, .together_min = 2, .pause_requests = 0}},
                            {catalogue_, {&between_}, registry_, system_clock()})
                  .value();
    for (std::size_t i = 0; i < kClients; ++i)
      clients_.push_back(std::make_unique<net::TestClient>(server_->port()));
  }
  std::string request(std::mt19937_64& random, std::size_t number) {
    std::normal_distribution<double> normal(0.5, 1);
    const std::size_t rows = 1 + random() % 3;
    std::string data;
    for (std::size_t i = 0; i < rows * 2; ++i)
      data += fmt::format("{}{}", i == 0 ? "" : ",", normal(random));
    const char* parameters[] = {
        "", R"(,"outputs":[{"name":"predict","parameters":{"binary_data":true}}])",
        R"(,"outputs":[{"name":"margin"},{"name":"predict"}])",
        R"(,"outputs":[{"name":"nothing"}])"};
    return net::test_request(
        "POST", fmt::format("/v2/models/{}/infer", random() % 2 == 0 ? "delay" : "kind"),
        fmt::format(R"({{"id":"r{}","inputs":[{{"name":"x","shape":[{},2],"datatype":"FP64",)"
                    R"("data":[{}]}}]{}}})",
                    number, rows, data, parameters[random() % 4]));
  }
  std::uint64_t executions(const std::string& model) {
    return catalogue_.find(model)->statistics->snapshot().executions;
  }

  TestSink between_;
  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<net::TestClient>> clients_;
};

// The first half of the requests comes in one turn, so that the half that comes while they are answered is put off.
TEST_F(BatchedServerTest, RequestsThatAreScoredTogetherGetTheAnswersOfThoseAlone) {
  std::mt19937_64 random(5);
  for (std::size_t round = 0; round < 3; ++round) {
    std::vector<std::string> requests;
    for (std::size_t i = 0; i < kClients; ++i)
      requests.push_back(request(random, round * kClients + i));
    std::vector<net::TestResponse> alone;
    for (const std::string& each : requests) alone.push_back(clients_[0]->ask(each));
    const auto send = [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) clients_[i]->send(requests[i]);
    };
    net::TestClient first(server_->port());
    ASSERT_EQ(first.ask(net::test_request("GET", "/v2")).status, 200);
    between_.once([&] {
      send(0, kClients / 2);
      between_.once([&] { send(kClients / 2, kClients); });
    });
    const std::string plain =
        net::test_request("POST", "/v1/models/delay:predict", R"({"instances":[[1,0]]})");
    ASSERT_EQ(first.ask(plain).status, 200);
    for (std::size_t i = 0; i < kClients; ++i) {
      const net::TestResponse found = clients_[i]->receive();
      EXPECT_EQ(found.status, alone[i].status) << requests[i];
      EXPECT_EQ(found.body, alone[i].body) << requests[i];
      EXPECT_EQ(found.headers.count("inference-header-content-length"),
                alone[i].headers.count("inference-header-content-length"));
    }
  }
  const auto delay = catalogue_.find("delay")->statistics->snapshot();
  EXPECT_LT(delay.executions, delay.success.count) << "nothing was scored together";
  EXPECT_GT(delay.fail.count, 0u);
  EXPECT_EQ(delay.infer.count, delay.success.count);
}

}  // namespace
}  // namespace slipway::deploy::realtime
