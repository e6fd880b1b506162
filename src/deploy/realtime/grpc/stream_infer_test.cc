// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/stream_infer.h"

#include <gtest/gtest.h>
#include <open_inference_grpc.pb.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "net/grpc_message.h"
#include "net/test_http2_client.h"

namespace slipway::deploy::realtime::grpc {
namespace {

// Ids of predictions, by the name that they are logged under; those of shadows wait while they are held.
class Ids final : public frame::PredictionSink {
 public:
  void accept(const frame::PredictionBatch& batch) noexcept override {
    MutexLock lock(mutex_);
    while (holds_ && batch.model.ends_with("~shadow")) changed_.wait(mutex_);
    ids_[std::string(batch.model)].emplace_back(batch.request_id);
    changed_.notify_all();
  }
  void hold(bool on) {
    MutexLock lock(mutex_);
    holds_ = on;
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(const std::string& name, std::size_t count) {
    MutexLock lock(mutex_);
    for (int in_vain = 0; ids_[name].size() < count && in_vain < 100;)
      in_vain += changed_.wait_for_ms(mutex_, 100) ? 0 : 1;
    return ids_[name];
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool holds_ GUARDED_BY(mutex_) = false;
  std::map<std::string, std::vector<std::string>> ids_ GUARDED_BY(mutex_);
};

class StreamInferTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"one", "two"})
      ASSERT_TRUE(catalogue_.add(load_test_model(name, TestModel{}), 0));
    start({});
    net::TestClient rest(server_->port());
    const auto put = rest.ask(net::test_request(
        "PUT", "/v2/routes/live", R"({"targets":[{"model":"one"}],"shadows":[{"model":"two"}]})"));
    ASSERT_EQ(put.status, 200) << put.body;
  }
  void start(const AdmissionLimits& limits) {
    server_.reset();
    auto started = Server::start({.net = {.port = 0, .reactors = 1}, .admission = limits},
                                 {.catalogue = catalogue_,
                                  .sinks = {&ids_},
                                  .registry = registry_,
                                  .clock = system_clock(),
                                  .routes = &routes_});
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
  }

  static std::string message(const std::string& model, const std::string& id, int columns = 2) {
    inference::ModelInferRequest request;
    request.set_model_name(model);
    request.set_id(id);
    auto* input = request.add_inputs();
    input->set_name("input-0");
    input->set_datatype("FP64");
    input->add_shape(1);
    input->add_shape(columns);
    const std::vector<double> row(static_cast<std::size_t>(columns), 1.0);
    request.add_raw_input_contents(row.data(), row.size() * sizeof(double));
    return request.SerializeAsString();
  }
  // How many messages a stream of these gets, and how many of them are errors.
  struct Answers {
    std::size_t all = 0, errors = 0;
  };
  Answers stream(const std::vector<std::string>& messages) const {
    const auto response = call(messages, {{"x-user-id", "7"}});
    EXPECT_EQ(response.headers.at("grpc-status"), "0");
    Answers answers;
    std::string_view rest = response.body;
    for (auto next = net::next_message(&rest, 1 << 20); next && next.value();
         next = net::next_message(&rest, 1 << 20)) {
      inference::ModelStreamInferResponse reply;
      EXPECT_TRUE(reply.ParseFromString(std::string(next.value()->bytes)));
      ++answers.all;
      if (!reply.error_message().empty()) ++answers.errors;
    }
    return answers;
  }
  net::TestResponse call(const std::vector<std::string>& messages, net::TestFields head) const {
    std::string body;
    for (const std::string& each : messages) {
      const std::size_t at = body.size() + net::kMessageHead;
      net::begin_message(&body);
      body += each;
      net::end_message(at, false, &body);
    }
    head.emplace_back("content-type", "application/grpc");
    net::TestHttp2Client client(server_->port());
    return client.ask(1, "POST", "/inference.GRPCInferenceService/ModelStreamInfer", body, head);
  }
  bool counted(const std::string& line) const {
    return registry_.render().find("\n" + line + "\n") != std::string::npos;
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  Routes routes_;
  Ids ids_;
  std::unique_ptr<Server> server_;
};

TEST_F(StreamInferTest, EachMessageIsACopyForTheShadows) {
  const auto answers = stream({message("live", "a"), message("live", "wrong", 3),
                               message("one", "alone"), message("live", "b")});
  EXPECT_EQ(answers.all, 4U);
  EXPECT_EQ(answers.errors, 1U);
  const std::vector<std::string> expected{"a", "b"};
  EXPECT_EQ(ids_.wait_for("two~shadow", 2), expected);
  EXPECT_EQ(ids_.wait_for("one", 3), (std::vector<std::string>{"a", "alone", "b"}));
  EXPECT_TRUE(ids_.wait_for("two", 0).empty());
  // What fails fails there, too; it came before "b".
  EXPECT_TRUE(
      counted("slipway_route_requests_total{route=\"live\",model=\"two\",version=\"1\","
              "role=\"shadow\",outcome=\"failed\"} 1"))
      << registry_.render();
}

TEST_F(StreamInferTest, ShadowsThatAreBehindAreNotFelt) {
  ids_.hold(true);
  std::vector<std::string> messages;
  for (int i = 0; i < 280; ++i) messages.push_back(message("live", std::to_string(i)));
  const auto answers = stream(messages);
  ids_.hold(false);
  EXPECT_EQ(answers.all, 280U);
  EXPECT_EQ(answers.errors, 0U);
  EXPECT_EQ(ids_.wait_for("two~shadow", 256).size(), 256U);
  EXPECT_TRUE(counted("slipway_shadow_dropped_total 24")) << registry_.render();
}

// All in one frame, so in one turn.
TEST_F(StreamInferTest, AStreamThatEndsByLoadIsToldWhenToCallAgain) {
  start({.in_flight_max = 2});
  const std::string plain = message("one", "");
  const auto response = call({plain, plain, plain}, {{"triton_grpc_error", "true"}});
  EXPECT_EQ(response.headers.at("grpc-status"), "14") << response.headers.at("grpc-message");
  EXPECT_EQ(response.headers.at("grpc-retry-pushback-ms"), "1000");
}

}  // namespace
}  // namespace slipway::deploy::realtime::grpc
