// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/admission.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "deploy/realtime/test_sink.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

const std::string kBody = R"({"instances":[[1,0]]})";

std::string predict(const std::string& model, const std::string& body = kBody) {
  return net::test_request("POST", "/v1/models/" + model + ":predict", body);
}
std::string infer(const std::string& parameters, const std::string& id = "") {
  return net::test_request(
      "POST", "/v2/models/delay/infer",
      fmt::format(R"({{"id":"{}","inputs":[{{"name":"x","shape":[1,2],"datatype":"FP64",)"
                  R"("data":[1,0]}}],"parameters":{}}})",
                  id, parameters));
}

class AdmissionTest : public testing::Test {
 protected:
  void start(const AdmissionLimits& limits, const std::string& config = "",
             const BatchOptions& batching = {}) {
    for (const char* name : {"delay", "risk"}) {
      auto served = std::make_shared<Served>(Served{.loaded = load_test_model(name, TestModel{})});
      if (name == std::string("delay"))
        served->config =
            std::make_shared<const ServingConfig>(ServingConfig::of_text(config, "").value());
      ASSERT_TRUE(catalogue_.add(Catalogue::Versions{served}));
    }
    server_ = Server::start(
                  {.net = {.port = 0, .reactors = 1}, .admission = limits, .batching = batching},
                  {catalogue_, {&slow_}, registry_, clock_})
                  .value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  // All of them in one segment, so in one turn.
  std::vector<int> statuses(const std::vector<std::string>& requests) {
    std::string bytes;
    for (const std::string& request : requests) bytes += request;
    EXPECT_TRUE(client_->send(bytes));
    std::vector<int> found;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      last_ = client_->receive();
      found.push_back(last_.status);
    }
    return found;
  }
  bool counted(const std::string& series) const {
    return registry_.render().find(series) != std::string::npos;
  }

  FakeClock clock_{1'000'000};
  TestSink slow_;
  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
  net::TestResponse last_;
};

TEST_F(AdmissionTest, WhatIsTooMuchAtATimeIsToldToComeAgain) {
  start({.in_flight_max = 2});
  EXPECT_EQ(statuses({predict("delay"), predict("risk"), predict("delay"), predict("risk")}),
            (std::vector{200, 200, 503, 503}));
  EXPECT_EQ(last_.headers["retry-after"], "1");
  EXPECT_NE(last_.body.find("(2, --max-in-flight)"), std::string::npos) << last_.body;
  EXPECT_EQ(last_.headers.count("connection"), 0u) << "it may go on";
  EXPECT_EQ(statuses({predict("delay")}), std::vector{200});
  EXPECT_TRUE(counted("{model=\"\",reason=\"realtime.in_flight\"} 2\n")) << registry_.render();
  EXPECT_TRUE(counted("slipway_http_responses_total{code=\"503\"} 2\n"));
}

TEST_F(AdmissionTest, NoLimitIsNone) {
  start({.in_flight_max = 0});
  EXPECT_EQ(statuses(std::vector(20, predict("delay"))), std::vector(20, 200));
}

TEST_F(AdmissionTest, AModelHasItsOwnLimitAndOthersGoOn) {
  start({.model_in_flight_max = 2},
        "dynamic_batching { default_queue_policy { max_queue_size: 1 } }");
  EXPECT_EQ(statuses({predict("delay"), predict("delay"), predict("risk"), predict("risk"),
                      predict("risk")}),
            (std::vector{200, 429, 200, 200, 429}));
  EXPECT_EQ(last_.headers["retry-after"], "1");
  EXPECT_NE(last_.body.find("model 'risk'"), std::string::npos) << last_.body;
  EXPECT_TRUE(counted("{model=\"delay\",reason=\"realtime.model_in_flight\"} 1\n"));
}

TEST_F(AdmissionTest, WhatIsNoPredictionIsAlwaysAnswered) {
  start({.in_flight_max = 1});
  EXPECT_EQ(statuses({predict("delay"), net::test_request("GET", "/v2/health/live"),
                      net::test_request("GET", "/metrics"), predict("delay")}),
            (std::vector{200, 200, 200, 503}));
}

TEST_F(AdmissionTest, RequestsOfOtherConnectionsCountThatWereThereAtTheSameTime) {
  start({.in_flight_max = 2});
  std::vector<std::unique_ptr<net::TestClient>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<net::TestClient>(server_->port()));
    ASSERT_EQ(clients.back()->ask(predict("delay")).status, 200);
  }
  slow_.once([&] {
    for (const auto& client : clients) client->send(predict("delay"));
  });
  ASSERT_EQ(client_->ask(predict("delay")).status, 200);
  int answered = 0, refused = 0;
  for (const auto& client : clients) {
    const int status = client->receive().status;
    answered += status == 200;
    refused += status == 503;
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(refused, 4);
  for (const auto& client : clients) EXPECT_EQ(client->ask(predict("delay")).status, 200);
}

// Each prediction counts as slow here, so that each is put off while others are looked at.
class SlowPredictionsTest : public AdmissionTest {
 protected:
  void start_with(std::size_t clients, std::size_t in_flight_max = 2,
                  const std::string& config = "") {
    start({.in_flight_max = in_flight_max}, config, {.slow_ns = 0});
    for (std::size_t i = 0; i < clients; ++i) {
      clients_.push_back(std::make_unique<net::TestClient>(server_->port()));
      ASSERT_EQ(clients_.back()->ask(infer("{}")).status, 200);
    }
  }
  // What was sent arrives soon, but maybe not at once.
  bool gets_answer(std::size_t client, int within_ms) const {
    pollfd wanted{clients_[client]->descriptor(), POLLIN, 0};
    return poll(&wanted, 1, within_ms) == 1;
  }
  std::vector<int> statuses_of_clients() {
    std::vector<int> found;
    for (const auto& client : clients_) found.push_back(client->receive().status);
    return found;
  }

  std::vector<std::unique_ptr<net::TestClient>> clients_;
};

TEST_F(SlowPredictionsTest, RefusalsGoBetweenThem) {
  start_with(5);
  std::vector<bool> during_second;
  std::promise<void> is_seen;
  slow_.once([&] {  // during one that is not put off
    for (std::size_t i = 0; i < 3; ++i) clients_[i]->send(infer("{}"));
    slow_.once([&] {  // during the first of those
      for (std::size_t i = 3; i < 5; ++i) clients_[i]->send(infer("{}"));
      slow_.once([&] {
        for (const std::size_t i : {0, 2, 4}) during_second.push_back(gets_answer(i, 5000));
        for (const std::size_t i : {1, 3}) during_second.push_back(gets_answer(i, 0));
        is_seen.set_value();
      });
    });
  });
  ASSERT_EQ(client_->ask(predict("delay")).status, 200);
  is_seen.get_future().wait();
  EXPECT_EQ(statuses_of_clients(), (std::vector{200, 200, 503, 200, 503}));
  EXPECT_EQ(during_second, (std::vector{true, true, true, false, false}));
  for (const auto& client : clients_) EXPECT_EQ(client->ask(infer("{}")).status, 200);
}

TEST_F(SlowPredictionsTest, ThoseOfAHigherPriorityGoFirst) {
  start_with(6, 0);
  // The first that names one makes its reactor look for more of them.
  ASSERT_EQ(clients_[0]->ask(infer(R"({"priority":9})")).status, 200);
  const auto name = [](std::size_t i) { return std::string(1, static_cast<char>('a' + i)); };
  const char* parameters[] = {"{}",
                              R"({"priority":3})",
                              R"({"priority":0})",
                              R"({"priority":1})",
                              R"({"priority":3})",
                              R"({"priority":2})"};
  slow_.once([&] {
    for (std::size_t i = 0; i < 5; ++i) clients_[i]->send(infer(parameters[i], name(i)));
    slow_.once(
        [&] { clients_[5]->send(infer(parameters[5], name(5))); });  // comes during the first
  });
  ASSERT_EQ(client_->ask(infer("{}", "before")).status, 200);
  EXPECT_EQ(statuses_of_clients(), std::vector(6, 200));
  EXPECT_EQ(slow_.last_ids(6), (std::vector<std::string>{"d", "f", "b", "e", "a", "c"}));
}

TEST_F(SlowPredictionsTest, PrioritiesAreTheModelsLevels) {
  start_with(4, 0, "dynamic_batching { priority_levels: 3 default_priority_level: 2 }");
  ASSERT_EQ(clients_[0]->ask(infer(R"({"priority":1})")).status, 200);
  slow_.once([&] {
    clients_[0]->send(infer(R"({"priority":3})", "third"));
    clients_[1]->send(infer(R"({"priority":4})", "no level"));
    clients_[2]->send(infer("{}", "none"));
    clients_[3]->send(infer(R"({"priority":1})", "first"));
  });
  ASSERT_EQ(client_->ask(infer("{}", "before")).status, 200);
  EXPECT_EQ(statuses_of_clients(), std::vector(4, 200));
  EXPECT_EQ(slow_.last_ids(4), (std::vector<std::string>{"first", "no level", "none", "third"}));
}

TEST_F(AdmissionTest, APriorityIsAWholeNumber) {
  start({});
  for (const char* wrong : {"-1", "1.5", "\"first\"", "null"}) {
    EXPECT_EQ(statuses({infer(fmt::format(R"({{"priority":{}}})", wrong))}), std::vector{400});
    EXPECT_NE(last_.body.find("1 goes first, 0 is the model's usual one"), std::string::npos)
        << last_.body;
  }
  EXPECT_FALSE(ServingConfig::of_text("dynamic_batching { priority_levels: 2 }", "").has_value());
  EXPECT_FALSE(ServingConfig::of_text(
                   "dynamic_batching { priority_levels: 2 default_priority_level: 3 }", "")
                   .has_value());
}

TEST_F(SlowPredictionsTest, WhatGetsLateMeanwhileIsNotScored) {
  start_with(2);
  slow_.once([&] {
    for (const auto& client : clients_) client->send(infer(R"({"timeout":1000})"));
    slow_.once([&] { clock_.advance_us(1001); });
  });
  ASSERT_EQ(client_->ask(predict("delay")).status, 200);
  EXPECT_EQ(statuses_of_clients(), (std::vector{200, 504}));
  for (const auto& client : clients_) EXPECT_EQ(client->ask(infer("{}")).status, 200);
}

TEST_F(AdmissionTest, ALargeBodyIsRefusedBeforeItIsSent) {
  start({.model_in_flight_max = 1});
  const std::string large =
      net::test_request("POST", "/v1/models/delay:predict", std::string(1 << 20, ' '));
  const std::string head = large.substr(0, large.find("\r\n\r\n") + 4);
  EXPECT_EQ(statuses({predict("delay"), head}), (std::vector{200, 429}));
  EXPECT_EQ(last_.headers["connection"], "close") << "the body was not read";
  EXPECT_TRUE(client_->is_closed());
  client_ = std::make_unique<net::TestClient>(server_->port());
  EXPECT_EQ(statuses({predict("risk"), predict("delay")}), (std::vector{200, 200}));
}

TEST_F(AdmissionTest, WhatIsTooLateIsNotScored) {
  start({}, "dynamic_batching { default_queue_policy { default_timeout_microseconds: 9000 } }");
  slow_.always = [this] { clock_.advance_us(5000); };
  EXPECT_EQ(statuses({predict("risk"), infer(R"({"timeout":1000})"), infer(R"({"timeout":7000})"),
                      infer("{}"), predict("delay"), predict("risk")}),
            (std::vector{200, 504, 200, 504, 504, 200}));
  EXPECT_EQ(statuses({infer(R"({"timeout":1000})")}), std::vector{200});
  EXPECT_TRUE(counted("{model=\"delay\",reason=\"realtime.deadline\"} 3\n")) << registry_.render();
  EXPECT_EQ(statuses({infer(R"({"timeout":-1})")}), std::vector{400});
  EXPECT_NE(last_.body.find("a whole number of microseconds from 0 on"), std::string::npos)
      << last_.body;
}

TEST_F(AdmissionTest, StatisticsTellHowLongRequestsWaited) {
  start({});
  slow_.always = [this] { clock_.advance_us(50); };
  EXPECT_EQ(statuses(std::vector(3, predict("delay"))), std::vector(3, 200));
  EXPECT_EQ(catalogue_.find("delay")->statistics->snapshot().queue.ns, 150'000u);
}

TEST(InFlightTest, ItsModelIsReadFromAPath) {
  const auto check = [](std::string_view path, std::string_view model, std::string_view version) {
    const auto found = model_of(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->model, model) << path;
    EXPECT_EQ(found->version, version) << path;
  };
  check("/v2/models/a%20b/infer", "a%20b", "");
  check("/v2/models/a/versions/3/infer", "a", "3");
  check("/v1/models/a:predict", "a", "");
  check("/models/a/invocations", "a", "");
  EXPECT_FALSE(model_of("/invocations"));
}

}  // namespace
}  // namespace slipway::deploy::realtime
