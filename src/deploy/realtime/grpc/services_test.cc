// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/grpc/services.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <health.pb.h>
#include <open_inference_grpc.pb.h>
#include <reflection_v1.pb.h>

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "deploy/realtime/test_sink.h"
#include "net/test_http2_client.h"

namespace slipway::deploy::realtime::grpc {
namespace {

class ServicesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        catalogue_.add(load_test_model("risk", TestModel{.objective = "binary sigmoid:1"}), 0));
    ASSERT_TRUE(catalogue_.add(load_test_model("mixed", mixed_model_text()), 0));
    auto started = Server::start(
        {.net = {.port = 0, .reactors = 1}, .version = "0.1.0", .cache_bytes = 1 << 20},
        {catalogue_, {}, registry_, system_clock()});
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    client_ = std::make_unique<net::TestHttp2Client>(server_->port());
  }

  struct Answer {
    std::string status, text;
    std::vector<std::string> messages;
  };
  // `messages` are whole ones.
  Answer call(const std::string& path, const std::vector<std::string>& messages,
              const net::TestFields& more = {}) {
    net::TestFields head{{"content-type", "application/grpc"}};
    head.insert(head.end(), more.begin(), more.end());
    std::string body;
    for (const std::string& message : messages) {
      body += '\0';
      for (const int shift : {24, 16, 8, 0}) body += static_cast<char>(message.size() >> shift);
      body += message;
    }
    const auto response = client_->ask(next_, "POST", path, body, head);
    next_ += 2;
    Answer answer{response.headers.at("grpc-status"), "", {}};
    if (response.headers.count("grpc-message") > 0)
      answer.text = response.headers.at("grpc-message");
    for (std::size_t at = 0; at < response.body.size();) {
      std::size_t size = 0;
      for (int i = 1; i < 5; ++i)
        size =
            size << 8 | static_cast<unsigned char>(response.body[at + static_cast<std::size_t>(i)]);
      answer.messages.push_back(response.body.substr(at + 5, size));
      at += 5 + size;
    }
    return answer;
  }
  template <typename Reply, typename Request>
  Reply ask(const std::string& method, const Request& request) {
    const Answer answer =
        call("/inference.GRPCInferenceService/" + method, {request.SerializeAsString()});
    EXPECT_EQ(answer.status, "0") << answer.text;
    Reply reply;
    EXPECT_TRUE(answer.messages.size() == 1 && reply.ParseFromString(answer.messages[0]));
    return reply;
  }
  Answer infer(const inference::ModelInferRequest& request) {
    return call("/inference.GRPCInferenceService/ModelInfer", {request.SerializeAsString()});
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestHttp2Client> client_;
  std::uint32_t next_ = 1;
};

inference::ModelInferRequest request_of(const std::string& model, const std::vector<double>& values,
                                        std::int64_t rows) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  auto* input = request.add_inputs();
  input->set_name("input-0");
  input->set_datatype("FP64");
  input->add_shape(rows);
  input->add_shape(static_cast<std::int64_t>(values.size()) / rows);
  request.add_raw_input_contents(values.data(), values.size() * sizeof(double));
  return request;
}

std::vector<double> doubles(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(double));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TEST_F(ServicesTest, ScoresHaveTheBitsOfRest) {
  const auto columns =
      static_cast<std::int64_t>(catalogue_.find("risk")->loaded.plan->input_schema().size());
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  const std::int64_t rows = 50;
  std::vector<double> values(static_cast<std::size_t>(rows * columns));
  for (double& value : values) value = normal(random);
  const Answer answer = infer(request_of("risk", values, rows));
  ASSERT_EQ(answer.status, "0") << answer.text;
  inference::ModelInferResponse reply;
  ASSERT_TRUE(reply.ParseFromString(answer.messages.at(0)));
  EXPECT_EQ(reply.outputs(1).name(), "predict_proba");
  EXPECT_EQ(reply.outputs(1).shape(0), rows);
  net::TestClient rest(server_->port());
  const auto said = rest.ask(net::test_request(
      "POST", "/v2/models/risk/infer",
      fmt::format(R"({{"inputs":[{{"name":"x","shape":[{},{}],"datatype":"FP64","data":[{}]}}]}})",
                  rows, columns, fmt::join(values, ","))));
  ASSERT_EQ(said.status, 200) << said.body;
  const JsonDocument document = JsonDocument::parse(said.body).value();
  std::vector<double> expected;
  std::size_t outputs = 0;
  for (const JsonView output : document.root().find("outputs").array()) {
    if (outputs++ == 1) {
      for (const JsonView value : output.find("data").array())
        expected.push_back(*value.as_double());
    }
  }
  EXPECT_EQ(doubles(reply.raw_output_contents(1)), expected);
}

TEST_F(ServicesTest, TheResponseCacheIsSharedWithRest) {
  auto served = std::make_shared<Served>(
      Served{.loaded = load_test_model("kept", TestModel{.objective = "binary sigmoid:1"})});
  served->config = std::make_shared<const ServingConfig>(
      ServingConfig::of_text("response_cache { enable: true }", "").value());
  ASSERT_TRUE(catalogue_.add(Catalogue::Versions{served}));
  const std::vector<double> row(2, 0.1);
  net::TestClient rest(server_->port());
  const auto said = rest.ask(net::test_request(
      "POST", "/v2/models/kept/infer",
      R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0.1,0.1]}]})"));
  ASSERT_EQ(said.status, 200) << said.body;
  inference::ModelInferResponse plain, kept;
  ASSERT_TRUE(plain.ParseFromString(infer(request_of("risk", row, 1)).messages.at(0)));
  ASSERT_TRUE(kept.ParseFromString(infer(request_of("kept", row, 1)).messages.at(0)));
  ASSERT_EQ(kept.raw_output_contents_size(), 2);
  EXPECT_EQ(kept.raw_output_contents(0), plain.raw_output_contents(0));
  EXPECT_EQ(kept.raw_output_contents(1), plain.raw_output_contents(1));
  inference::ModelStatisticsRequest asked;
  asked.set_name("kept");
  const auto reply = ask<inference::ModelStatisticsResponse>("ModelStatistics", asked);
  const auto& found = reply.model_stats(0).inference_stats();
  EXPECT_EQ(found.cache_miss().count(), 1u) << "REST's";
  EXPECT_EQ(found.cache_hit().count(), 1u);
  EXPECT_EQ(found.success().count(), 2u);
  EXPECT_EQ(reply.model_stats(0).execution_count(), 1u);
}

TEST_F(ServicesTest, RefusalsSayWhatIsWrong) {
  const auto columns = catalogue_.find("risk")->loaded.plan->input_schema().size();
  const std::vector<double> row(columns, 1.0);
  const auto refused = [&](const inference::ModelInferRequest& request, const std::string& status,
                           const std::string& part) {
    const Answer answer = infer(request);
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.text.find(part), std::string::npos) << answer.text;
  };
  auto request = request_of("rusk", row, 1);
  refused(request, "5", "did you mean 'risk'");
  request = request_of("risk", row, 1);
  request.mutable_inputs(0)->set_datatype("FP65");
  refused(request, "3", "found 'FP65'");
  request = request_of("risk", row, 1);
  request.mutable_inputs(0)->set_shape(0, -1);
  refused(request, "3", "shape must be [rows]");
  request = request_of("risk", row, 1);
  request.add_raw_input_contents("more");
  refused(request, "3", "1 inputs, but 2 raw_input_contents");
  request = request_of("risk", row, 1);
  request.mutable_raw_input_contents(0)->pop_back();
  refused(request, "3", "input 'input-0'");
  request = request_of("risk", row, 1);
  request.mutable_inputs(0)->mutable_contents()->add_fp64_contents(1);
  refused(request, "3", "contents field must not be specified");
  request = request_of("risk", row, 1);
  request.add_outputs()->set_name("nothing");
  refused(request, "3", "output 'nothing' is unknown");
  request = request_of("risk", row, 1);
  (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  refused(request, "12", "shared_memory_region is not served here");
  request = request_of("risk", row, 1);
  (*request.mutable_parameters())["sequence_start"].set_string_param("yes");
  refused(request, "3", "parameter 'sequence_start' must be true or false");
  request = request_of("risk", row, 1);
  request.clear_inputs();
  request.clear_raw_input_contents();
  refused(request, "3", "'inputs' must be an array of tensors");
}

TEST_F(ServicesTest, CategoriesAndMissingValuesComeByName) {
  inference::ModelInferRequest request;
  request.set_model_name("mixed");
  const auto add = [&](const char* name, const char* type) {
    auto* input = request.add_inputs();
    input->set_name(name);
    input->set_datatype(type);
    input->add_shape(1);
    return input->mutable_contents();
  };
  add("distance", "FP32")->add_fp32_contents(std::numeric_limits<float>::quiet_NaN());
  add("carrier", "BYTES")->add_bytes_contents("B6");
  add("month", "INT32")->add_int_contents(2);
  add("weekend", "BOOL")->add_bool_contents(true);
  const Answer answer = infer(request);
  ASSERT_EQ(answer.status, "0") << answer.text;
  inference::ModelInferResponse reply;
  ASSERT_TRUE(reply.ParseFromString(answer.messages.at(0)));
  net::TestClient rest(server_->port());
  const auto said = rest.ask(net::test_request(
      "POST", "/v2/models/mixed/infer",
      R"({"inputs":[{"name":"distance","shape":[1],"datatype":"FP64","data":[null]},)"
      R"({"name":"carrier","shape":[1],"datatype":"BYTES","data":["B6"]},)"
      R"({"name":"month","shape":[1],"datatype":"INT32","data":[2]},)"
      R"({"name":"weekend","shape":[1],"datatype":"BOOL","data":[true]}]})"));
  const auto number = fmt::format("{}", doubles(reply.raw_output_contents(0)).at(0));
  EXPECT_NE(said.body.find("\"data\":[" + number), std::string::npos) << number << " " << said.body;
}

TEST_F(ServicesTest, AStreamAnswersEachMessageAndOutlivesItsErrors) {
  const auto columns = catalogue_.find("risk")->loaded.plan->input_schema().size();
  const std::vector<double> row(columns, 1.0);
  const auto good = request_of("risk", row, 1);
  auto bad = request_of("nothing", row, 1);
  bad.set_id("second");
  const Answer answer =
      call("/inference.GRPCInferenceService/ModelStreamInfer",
           {good.SerializeAsString(), bad.SerializeAsString(), good.SerializeAsString()});
  EXPECT_EQ(answer.status, "0");
  ASSERT_EQ(answer.messages.size(), 3u);
  std::vector<inference::ModelStreamInferResponse> replies(3);
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(replies[i].ParseFromString(answer.messages[i]));
  EXPECT_EQ(replies[0].error_message(), "");
  EXPECT_TRUE(replies[0].infer_response().parameters().at("triton_final_response").bool_param());
  EXPECT_NE(replies[1].error_message().find("unknown model"), std::string::npos);
  EXPECT_EQ(replies[1].infer_response().id(), "second");
  EXPECT_EQ(replies[2].infer_response().raw_output_contents(1),
            replies[0].infer_response().raw_output_contents(1));
}

TEST_F(ServicesTest, MetadataIsThatOfRest) {
  inference::ModelMetadataRequest metadata;
  metadata.set_name("mixed");
  const auto described = ask<inference::ModelMetadataResponse>("ModelMetadata", metadata);
  EXPECT_EQ(described.platform(), "lightgbm");
  EXPECT_EQ(described.inputs(1).name(), "carrier");
  EXPECT_EQ(described.inputs(1).datatype(), "BYTES");
  inference::ModelReadyRequest ready;
  ready.set_name("nothing");
  EXPECT_FALSE(ask<inference::ModelReadyResponse>("ModelReady", ready).ready());
  ready.set_name("risk");
  EXPECT_TRUE(ask<inference::ModelReadyResponse>("ModelReady", ready).ready());
  const auto index = ask<inference::RepositoryIndexResponse>("RepositoryIndex",
                                                             inference::RepositoryIndexRequest());
  EXPECT_EQ(index.models_size(), 2);
  EXPECT_EQ(call("/inference.GRPCInferenceService/RepositoryModelLoad", {""}).status, "14");
  EXPECT_EQ(call("/inference.GRPCInferenceService/ModelMetadata", {"\xFF"}).status, "3");
}

TEST_F(ServicesTest, ReflectionKnowsEveryService) {
  ::grpc::reflection::v1::ServerReflectionRequest list, symbol, unknown;
  list.set_list_services("*");
  symbol.set_file_containing_symbol("inference.GRPCInferenceService");
  unknown.set_file_by_filename("none.proto");
  const Answer answer =
      call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
           {list.SerializeAsString(), symbol.SerializeAsString(), unknown.SerializeAsString()});
  ASSERT_EQ(answer.messages.size(), 3u) << answer.text;
  ::grpc::reflection::v1::ServerReflectionResponse reply;
  ASSERT_TRUE(reply.ParseFromString(answer.messages[0]));
  EXPECT_EQ(reply.list_services_response().service_size(), 5);
  ASSERT_TRUE(reply.ParseFromString(answer.messages[1]));
  EXPECT_EQ(reply.file_descriptor_response().file_descriptor_proto_size(), 2);
  ASSERT_TRUE(reply.ParseFromString(answer.messages[2]));
  EXPECT_EQ(reply.error_response().error_code(), 5);
}

// The calls of a stream come in one frame, so in one turn.
TEST_F(ServicesTest, TooManyAtATimeAndTooLateHaveStatusesOfTheirOwn) {
  FakeClock clock{1'000'000};
  MetricRegistry registry;
  class Later final : public frame::PredictionSink {
   public:
    explicit Later(FakeClock& clock) : clock_(clock) {}
    void accept(const frame::PredictionBatch&) noexcept override { clock_.advance_us(5000); }

   private:
    FakeClock& clock_;
  } later(clock);
  // The server goes before what it was given.
  const std::shared_ptr<void> at_end(nullptr, [this](void*) {
    client_.reset();
    server_.reset();
  });
  client_.reset();
  server_ = Server::start({.net = {.port = 0, .reactors = 1},
                           .admission = {.in_flight_max = 3, .model_in_flight_max = 2}},
                          {catalogue_, {&later}, registry, clock})
                .value();
  client_ = std::make_unique<net::TestHttp2Client>(server_->port());
  next_ = 1;
  auto request = request_of("risk", {1, 0}, 1);
  const std::string plain = request.SerializeAsString();
  (*request.mutable_parameters())["timeout"].set_int64_param(1000);
  const std::string hurried = request.SerializeAsString();
  const auto found =
      call("/inference.GRPCInferenceService/ModelStreamInfer", {plain, hurried, plain});
  ASSERT_EQ(found.messages.size(), 3u);
  std::vector<std::string> errors;
  for (const std::string& message : found.messages) {
    inference::ModelStreamInferResponse reply;
    ASSERT_TRUE(reply.ParseFromString(message));
    errors.push_back(reply.error_message());
  }
  EXPECT_EQ(errors[0], "");
  EXPECT_NE(errors[1].find("its timeout was over"), std::string::npos) << errors[1];
  EXPECT_NE(errors[2].find("predictions of model 'risk' are in flight"), std::string::npos)
      << errors[2];
  const auto ended = call("/inference.GRPCInferenceService/ModelStreamInfer", {plain, plain, plain},
                          {{"triton_grpc_error", "true"}});
  EXPECT_EQ(ended.status, "8") << ended.text;
  const auto late = call("/inference.GRPCInferenceService/ModelStreamInfer", {plain, hurried},
                         {{"triton_grpc_error", "true"}});
  EXPECT_EQ(late.status, "4") << late.text;
}

// Two connections of 120 streams each, asked about two models: half of that is more than twice what the engines' table asks for.
class CallsOfATurnTest : public testing::Test {
 protected:
  static constexpr std::size_t kConnections = 2, kStreams = 120;

  void start(const BatchOptions& batching) {
    for (const char* name : {"delay", "risk"})
      ASSERT_TRUE(catalogue_.add(load_test_model(name, TestModel{}), 0));
    server_ = Server::start({.net = {.port = 0, .reactors = 1}, .batching = batching},
                            {catalogue_, {&sink_}, registry_, clock_})
                  .value();
    for (auto& connection : connections_)
      connection = std::make_unique<net::TestHttp2Client>(server_->port());
  }
  static std::string frames_of(std::uint32_t stream, const inference::ModelInferRequest& request,
                               const net::TestFields& more = {}) {
    net::TestFields fields{{"content-type", "application/grpc"}, {"te", "trailers"}};
    fields.insert(fields.end(), more.begin(), more.end());
    const std::string message = request.SerializeAsString();
    std::string framed(1, '\0');
    for (const int shift : {24, 16, 8, 0}) framed += static_cast<char>(message.size() >> shift);
    return net::test_frame(1, 4, stream,
                           net::test_hpack(net::test_head(
                               "POST", "/inference.GRPCInferenceService/ModelInfer", fields))) +
           net::test_frame(0, 1, stream, framed + message);
  }
  using Frames = std::vector<std::string>;  // of each connection
  // Sent while a first call is worked on; `then` while the first of those is.
  void send_at_once(const Frames& frames, const Frames& then = {}) {
    const auto send = [this](const Frames& of_connections) {
      for (std::size_t i = 0; i < of_connections.size(); ++i)
        connections_[i]->raw().send(of_connections[i]);
    };
    net::TestHttp2Client first(server_->port());
    // Some of it happens when this has returned.
    sink_.once([this, send, frames, then] {
      send(frames);
      if (!then.empty()) sink_.once([send, then] { send(then); });
    });
    first.raw().send(frames_of(1, request_of("risk", {0, 0}, 1)));
    ASSERT_EQ(first.receive(1).headers.at("grpc-status"), "0");
  }

  FakeClock clock_{1'000'000};
  TestSink sink_;
  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::array<std::unique_ptr<net::TestHttp2Client>, kConnections> connections_;
  std::size_t alone_asked_ = 0;
};

TEST_F(CallsOfATurnTest, AreScoredTogetherAndGetTheAnswersOfThoseAlone) {
  start({.worth_ns = 0, .slow_ns = 1'000'000'000, .together_min = 2, .pause_requests = 0});
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0.5, 1);
  net::TestHttp2Client alone(server_->port());
  std::uint32_t next = 1;  // the same on each of them
  for (int round = 0; round < 3; ++round) {
    Frames frames(kConnections), then(kConnections);
    std::vector<net::TestResponse> expected;
    for (std::size_t connection = 0; connection < kConnections; ++connection) {
      for (std::size_t i = 0; i < kStreams; ++i) {
        const auto rows = static_cast<std::int64_t>(1 + random() % 3);
        std::vector<double> values(static_cast<std::size_t>(rows) * 2);
        for (double& value : values) value = normal(random);
        auto request = request_of(random() % 2 == 0 ? "delay" : "risk", values, rows);
        request.set_id(fmt::format("{} {}", round, expected.size()));
        const std::uint64_t kind = random() % 4;
        if (kind == 1) request.add_outputs()->set_name("margin");
        if (kind == 2) request.add_outputs()->set_name("nothing");
        const auto stream = next + 2 * static_cast<std::uint32_t>(i);
        (i < kStreams / 2 ? frames : then)[connection] += frames_of(stream, request);
        const auto own = static_cast<std::uint32_t>(2 * alone_asked_++ + 1);
        alone.raw().send(frames_of(own, request));
        expected.push_back(alone.receive(own));
      }
    }
    send_at_once(frames, then);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto stream = next + 2 * static_cast<std::uint32_t>(i % kStreams);
      const net::TestResponse found = connections_[i / kStreams]->receive(stream);
      EXPECT_EQ(found.body, expected[i].body) << i;
      EXPECT_EQ(found.headers.at("grpc-status"), expected[i].headers.at("grpc-status")) << i;
      EXPECT_EQ(found.headers.count("grpc-message"), expected[i].headers.count("grpc-message"));
    }
    next += 2 * kStreams;
  }
  const auto delay = catalogue_.find("delay")->statistics->snapshot();
  EXPECT_LT(delay.executions, delay.success.count) << "nothing was scored together";
  EXPECT_GT(delay.fail.count, 0u);
}

TEST_F(CallsOfATurnTest, SlowOnesGoByPriorityAndAreDroppedWhenNobodyWaits) {
  start({.slow_ns = 0});
  const auto request = [](const char* id, std::uint64_t priority) {
    auto made = request_of("delay", {1, 0}, 1);
    made.set_id(id);
    (*made.mutable_parameters())["priority"].set_uint64_param(priority);
    return made;
  };
  connections_[0]->raw().send(frames_of(1, request("first", 1)));
  ASSERT_EQ(connections_[0]->receive(1).headers.at("grpc-status"), "0");
  send_at_once({frames_of(3, request("a", 3)) + frames_of(5, request("b", 0)) +
                    frames_of(7, request("c", 1)),
                frames_of(1, request("d", 2))});
  for (const std::uint32_t stream : {3u, 5u, 7u})
    EXPECT_EQ(connections_[0]->receive(stream).headers.at("grpc-status"), "0");
  EXPECT_EQ(connections_[1]->receive(1).headers.at("grpc-status"), "0");
  EXPECT_EQ(sink_.last_ids(4), (std::vector<std::string>{"c", "d", "a", "b"}));

  // Each takes a second of the clock; the last one's caller has left by then.
  sink_.always = [this] { clock_.advance_us(1'000'000); };
  send_at_once({frames_of(9, request("e", 1)) + frames_of(11, request("f", 2)) +
                frames_of(13, request("g", 3), {{"grpc-timeout", "1500m"}})});
  EXPECT_EQ(connections_[0]->receive(9).headers.at("grpc-status"), "0");
  EXPECT_EQ(connections_[0]->receive(11).headers.at("grpc-status"), "0");
  EXPECT_EQ(connections_[0]->receive(13).headers.at("grpc-status"), "4");

  // So is one whose caller leaves while another one is worked on.
  sink_.always = nullptr;
  sink_.once([&] {
    connections_[0]->raw().send(frames_of(21, request("i", 1)) + frames_of(23, request("j", 2)));
    sink_.once([&] {
      connections_[0]->raw().send(net::test_frame(3, 0, 23, std::string("\0\0\0\x8", 4)));
    });
  });
  connections_[1]->raw().send(frames_of(3, request("k", 1)));
  EXPECT_EQ(connections_[1]->receive(3).headers.at("grpc-status"), "0");
  EXPECT_EQ(connections_[0]->receive(21).headers.at("grpc-status"), "0");
  connections_[1]->raw().send(frames_of(5, request("l", 1)));
  EXPECT_EQ(connections_[1]->receive(5).headers.at("grpc-status"), "0");
  EXPECT_EQ(sink_.last_ids(3), (std::vector<std::string>{"k", "i", "l"}));
  EXPECT_NE(registry_.render().find("reason=\"realtime.cancelled\"} 1"), std::string::npos);

  auto wrong = request("h", 1);
  (*wrong.mutable_parameters())["priority"].set_string_param("high");
  connections_[0]->raw().send(frames_of(25, wrong));
  EXPECT_EQ(connections_[0]->receive(25).headers.at("grpc-status"), "3");
}

}  // namespace
}  // namespace slipway::deploy::realtime::grpc
