// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "deploy/realtime/test_model.h"
#include "frame/builder.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

// Keeps what it was given.
class Recorder final : public frame::PredictionSink {
 public:
  struct Seen {
    std::string model, version;
    std::vector<std::string> ids;
    frame::Frame inputs, outputs;
  };
  void accept(const frame::PredictionBatch& batch) noexcept override {
    Seen seen{
        std::string(batch.model), std::string(batch.version), {}, batch.inputs, batch.outputs};
    for (std::int64_t row = 0; row < batch.inputs.rows(); ++row)
      seen.ids.push_back(prediction_id(batch, row));
    MutexLock lock(mutex_);
    seen_.push_back(std::move(seen));
  }
  std::vector<Seen> seen() {
    MutexLock lock(mutex_);
    return seen_;
  }

 private:
  Mutex mutex_;
  std::vector<Seen> seen_ GUARDED_BY(mutex_);
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    add("delay", load_test_model("delay", TestModel{}));
    add("risk", load_test_model("risk", TestModel{.objective = "binary sigmoid:1"}));
    add("kind",
        load_test_model("kind", TestModel{.objective = "multiclass num_class:3", .classes = 3}));
    add("mixed", load_test_model("mixed", mixed_model_text()));
    auto started =
        Server::start({.net = {.port = 0, .reactors = 2, .limits = {.drain_idle_ms = 10'000}},
                       .version = "0.1.0"},
                      {catalogue_, {&recorder_}, registry_, system_clock()});
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  void add(const std::string& name, Loaded loaded) {
    plans_[name] = loaded.plan;
    ASSERT_TRUE(catalogue_.add(std::move(loaded), 0));
  }

  net::TestResponse get(const std::string& path) {
    return client_->ask(net::test_request("GET", path));
  }
  net::TestResponse infer(const std::string& model, const std::string& body,
                          const std::string& headers = "") {
    return client_->ask(net::test_request("POST", "/v2/models/" + model + "/infer", body, headers));
  }
  net::TestResponse predict(const std::string& model, const std::string& body,
                            const std::string& headers = "") {
    return client_->ask(
        net::test_request("POST", "/v1/models/" + model + ":predict", body, headers));
  }
  // "outputs" of an infer reply, without what differs from request to request.
  std::string outputs(const std::string& model, const std::string& body) {
    const net::TestResponse response = infer(model, body);
    const std::size_t at = response.body.find("\"outputs\":");
    return at == std::string::npos ? response.body : response.body.substr(at + 10);
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  Recorder recorder_;
  std::map<std::string, std::shared_ptr<const plan::Plan>> plans_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

std::string tensor(const std::string& name, const std::string& shape, const std::string& type,
                   const std::string& data) {
  return fmt::format(R"({{"name":"{}","shape":{},"datatype":"{}","data":{}}})", name, shape, type,
                     data);
}
std::string inputs(const std::string& tensors) { return R"({"inputs":[)" + tensors + "]}"; }

TEST_F(ServerTest, SaysWhoItIsAndHowItIs) {
  EXPECT_EQ(
      get("/v2").body,
      R"({"name":"slipway","version":"0.1.0","extensions":["classification","sequence",)"
      R"("model_repository","model_configuration","binary_tensor_data","statistics","logging"]})");
  EXPECT_EQ(get("/v2/health/live").body, R"({"live":true})");
  EXPECT_EQ(get("/v2/health/ready").body, R"({"ready":true})");
  EXPECT_EQ(get("/v2/models/delay/ready").body, R"({"name":"delay","ready":true})");
  EXPECT_EQ(get("/v2/models/delay/versions/1/ready").status, 200);
  EXPECT_EQ(get("/v1/models/delay").body, R"({"name":"delay","ready":true})");
}

TEST_F(ServerTest, DescribesAModel) {
  EXPECT_EQ(get("/v2/models/mixed/versions/1").body,
            R"({"name":"mixed","versions":["1"],"platform":"lightgbm","inputs":[)"
            R"({"name":"distance","datatype":"FP64","shape":[-1]},)"
            R"({"name":"carrier","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"month","datatype":"FP64","shape":[-1]},)"
            R"({"name":"weekend","datatype":"BOOL","shape":[-1]}],"outputs":[)"
            R"({"name":"predict","datatype":"FP64","shape":[-1]},)"
            R"({"name":"margin","datatype":"FP64","shape":[-1]}]})");
  EXPECT_NE(get("/v2/models/kind")
                .body.find(R"({"name":"predict","datatype":"BYTES","shape":[-1]},)"
                           R"({"name":"predict_proba","datatype":"FP64","shape":[-1,3]},)"
                           R"({"name":"margin","datatype":"FP64","shape":[-1,3]}])"),
            std::string::npos);
}

TEST_F(ServerTest, TheHomePageHoldsACommandThatWorks) {
  EXPECT_EQ(get("/").body, R"({"status":"alive"})") << "what KServe's clients want of it";
  const std::string page =
      client_->ask(net::test_request("GET", "/", "", "User-Agent: curl/8\r\n")).body;
  EXPECT_NE(page.find("mixed, version 1: LightGBM, regression, 4 inputs"), std::string::npos)
      << page;
  for (const auto& [name, plan] : plans_) {
    const std::string url = "'http://test/v2/models/" + name + "/infer' -d '";
    const std::size_t begin = page.find(url) + url.size();
    const std::string body = page.substr(begin, page.find("'\n", begin) - begin);
    EXPECT_EQ(infer(name, body).status, 200) << body;
  }
}

TEST_F(ServerTest, RowsComeByPositionOrByName) {
  const std::string expected = outputs("delay", inputs(tensor("x", "[2,2]", "FP64", "[1,0,0,1]")));
  EXPECT_EQ(
      expected,
      R"([{"name":"predict","datatype":"FP64","shape":[2],"data":[0.8,-0.19999999999999998]}]})");
  for (const std::string& body : {
           inputs(tensor("x", "[2,2]", "FP64", "[[1,0],[0,1]]")),
           inputs(tensor("x", "[2,2]", "INT8", "[[1,0],[0,1]]")),
           inputs(tensor("x", "[2,2]", "BOOL", "[true,false,false,true]")),
           inputs(tensor("a", "[2]", "FP64", "[1,0]") + "," + tensor("b", "[2]", "FP64", "[0,1]")),
           inputs(tensor("b", "[2,1]", "FP32", "[[0],[1]]") + "," +
                  tensor("a", "[2,1]", "UINT64", "[1,0]")),
           inputs(tensor("a", "[2]", "FP64", "[1,0]") + "," + tensor("b", "[2]", "FP64", "[0,1]") +
                  "," + tensor("unused", "[2]", "BYTES", "[\"\",\"\"]")),
       }) {
    EXPECT_EQ(outputs("delay", body), expected) << body;
  }
}

TEST_F(ServerTest, CategoriesComeAsTheyWere) {
  const auto mixed = [&](const std::string& distance, const std::string& carrier,
                         const std::string& month, const std::string& weekend) {
    const std::string body = inputs(tensor("distance", "[1]", "FP64", distance) + "," +
                                    tensor("carrier", "[1]", "BYTES", carrier) + "," +
                                    tensor("month", "[1]", "INT64", month) + "," +
                                    tensor("weekend", "[1]", "BOOL", weekend));
    const std::string out = outputs("mixed", body);
    return out.substr(out.find("\"data\":"));
  };
  EXPECT_EQ(mixed("[101]", "[\"B6\"]", "[2]", "[true]"), R"("data":[15.0]}]})");
  EXPECT_EQ(mixed("[100]", "[\"B6\"]", "[1]", "[false]"), R"("data":[2.0]}]})");
  EXPECT_EQ(mixed("[100]", "[\"??\"]", "[2]", "[null]"), R"("data":[4.0]}]})");
  EXPECT_EQ(mixed("[100]", "[null]", "[null]", "[true]"), R"("data":[8.0]}]})");
  EXPECT_EQ(
      predict("mixed", R"({"instances":[{"weekend":true,"month":2,"carrier":"B6","distance":101},)"
                       R"({"distance":null,"carrier":null,"month":null,"weekend":null}]})")
          .body,
      R"({"predictions":[15.0,0.0]})");
}

TEST_F(ServerTest, ClassifiersGiveLabelsAndProbabilities) {
  EXPECT_EQ(outputs("risk", inputs(tensor("x", "[1,2]", "FP64", "[0,0]"))),
            R"([{"name":"predict","datatype":"BYTES","shape":[1],"data":["1"]},)"
            R"({"name":"predict_proba","datatype":"FP64","shape":[1,2],)"
            R"("data":[0.23147521650098224,0.7685247834990178]}]})");
  EXPECT_EQ(predict("kind", R"({"instances":[[0,0],[1,1]]})").body, R"({"predictions":["2","0"]})");
}

TEST_F(ServerTest, OutputsAreWhatWasAskedForInThatOrder) {
  const std::string body =
      R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0,0]}],)"
      R"("outputs":[{"name":"margin"},{"name":"predict"}]})";
  EXPECT_EQ(outputs("risk", body),
            R"([{"name":"margin","datatype":"FP64","shape":[1],"data":[1.2000000000000002]},)"
            R"({"name":"predict","datatype":"BYTES","shape":[1],"data":["1"]}]})");
}

TEST_F(ServerTest, NullAndNanAreMissing) {
  const std::string expected = outputs("delay", inputs(tensor("x", "[1,2]", "FP64", "[null,0]")));
  EXPECT_EQ(outputs("delay", inputs(tensor("x", "[1,2]", "FP64", "[NaN,0]"))), expected);
  EXPECT_EQ(outputs("delay", inputs(tensor("x", "[1,2]", "INT32", "[null,0]"))), expected);
  EXPECT_EQ(infer("delay", inputs(tensor("x", "[1,2]", "FP64", "[Infinity,-Infinity]"))).status,
            200);
}

TEST_F(ServerTest, NoRowsAreAnswered) {
  EXPECT_EQ(outputs("risk", inputs(tensor("x", "[0,2]", "FP64", "[]"))),
            R"([{"name":"predict","datatype":"BYTES","shape":[0],"data":[]},)"
            R"({"name":"predict_proba","datatype":"FP64","shape":[0,2],"data":[]}]})");
  EXPECT_EQ(predict("delay", R"({"instances":[]})").body, R"({"predictions":[]})");
  EXPECT_TRUE(recorder_.seen().empty());
}

TEST_F(ServerTest, PredictionsReachTheSinksUnderTheRequestsId) {
  const auto one = infer(
      "delay",
      R"({"id":"my id","inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]}]})");
  EXPECT_NE(one.body.find(R"("id":"my id")"), std::string::npos);
  infer("delay",
        R"({"id":"two","inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[1,2,3,4]}]})");
  const auto v1 = predict("delay", R"({"instances":[[1,2]]})", "X-Request-Id: mine\r\n");
  EXPECT_EQ(v1.headers.at("x-request-id"), "mine");
  const auto made = predict("delay", R"({"instances":[[5,6]]})").headers.at("x-request-id");
  const auto seen = recorder_.seen();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].ids, std::vector<std::string>{"my id"});
  EXPECT_EQ(seen[0].model, "delay");
  EXPECT_EQ(seen[0].version, plans_["delay"]->digest());
  EXPECT_EQ(seen[1].ids, (std::vector<std::string>{"two/0", "two/1"}));
  EXPECT_EQ(seen[1].inputs.column("b")->values<double>()[1], 4);
  // What a sink keeps does not change under it when the next request comes.
  EXPECT_EQ(seen[0].inputs.column("b")->values<double>()[0], 2);
  EXPECT_EQ(seen[3].inputs.column("b")->values<double>()[0], 6);
  EXPECT_EQ(seen[2].ids.front(), "mine");
  EXPECT_EQ(seen[3].ids.front(), made);
  EXPECT_EQ(made.size(), 26u);
}

TEST_F(ServerTest, CountsRequestsRowsAndErrors) {
  infer("delay", inputs(tensor("x", "[3,2]", "FP64", "[1,2,3,4,5,6]")));
  infer("delay", "{");
  infer("nobody", "{}");
  const std::string metrics = get("/metrics").body;
  for (const char* line : {
           "slipway_requests_total{model=\"delay\",version=\"1\"} 1\n",
           "slipway_rows_total{model=\"delay\",version=\"1\"} 3\n",
           "slipway_request_seconds_count{model=\"delay\",version=\"1\"} 1\n",
           "slipway_queue_seconds_count{model=\"delay\",version=\"1\"} 1\n",
           "slipway_compute_seconds_count{model=\"delay\",version=\"1\"} 1\n",
           "slipway_request_errors_total{model=\"\",reason=\"realtime.unknown_model\"} 1\n",
       }) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
  }
}

TEST_F(ServerTest, ModelsAddedLaterAreServed) {
  EXPECT_EQ(get("/v2/models/late/ready").status, 404);
  add("late", load_test_model("late", TestModel{}));
  EXPECT_EQ(get("/v2/models/late/ready").status, 200);
}

TEST_F(ServerTest, IsNotReadyOnceItDrains) {
  client_.reset();
  net::TestClient other(server_->port());
  EXPECT_EQ(other.ask(net::test_request("GET", "/v2/health/ready")).status, 200);
  OwnedThread drainer("drain", [this] { server_->drain(120'000); });
  while (net::TestClient(server_->port()).connected()) continue;
  const net::TestResponse response = other.ask(net::test_request("GET", "/v2/health/ready"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"ready":false})");
}

struct BadRequest {
  std::string body;
  int status;
  std::string message;  // part of it
};

TEST_F(ServerTest, ABadInferRequestIsToldWhatIsWrong) {
  const std::string ok = tensor("a", "[1]", "FP64", "[1]");
  const std::vector<BadRequest> cases = {
      {"", 400, "the body: "},
      {"{\"inputs\": [1,", 400, "the body: "},
      {"[]", 400, "the body must be an object, found an array"},
      {"{}", 400, "'inputs' must be an array of tensors, found nothing"},
      {R"({"inputs":[]})", 400, "found an empty one"},
      {R"({"inputs":[3]})", 400, "each input must be an object with a 'name', found an integer"},
      {R"({"id":7,"inputs":[]})", 400, "'id' must be a string of at most 256 bytes"},
      {inputs(tensor("x", "[1,2]", "FP8", "[1,2]")), 400,
       "datatype must be one of BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, "
       "FP16, BF16, FP32, FP64, BYTES, found 'FP8'"},
      {inputs(R"({"name":"x","shape":[1,2],"data":[1,2]})"), 400, "found none"},
      {inputs(tensor("x", "[1,3]", "FP64", "[1,2,3]")), 400,
       "input 'x': shape [rows, 2] expected, found [1, 3]"},
      {inputs(tensor("x", "[2]", "FP64", "[1,2]")), 400, "shape [rows, 2] expected, found [2]"},
      {inputs(tensor("x", "[1,2,1]", "FP64", "[1,2]")), 400,
       "shape must be [rows] or [rows, columns]"},
      {inputs(tensor("x", "[-1,2]", "FP64", "[1,2]")), 400,
       "shape must be [rows] or [rows, columns]"},
      {inputs(tensor("x", "[9999999999999,2]", "FP64", "[1,2]")), 400, "shape must be"},
      {inputs(tensor("x", "[1099511627776,2]", "FP64", "[1,2]")), 400,
       "shape [1099511627776, 2] wants 2199023255552 values, data has 2"},
      {inputs(tensor("x", "[1,2]", "FP64", "[1]")), 400, "shape [1, 2] wants 2 values, data has 1"},
      {inputs(tensor("x", "[2,2]", "FP64", "[[1,2],[3]]")), 400,
       "input 'x', row 1: 2 values expected, found 1"},
      {inputs(tensor("x", "[2,2]", "FP64", "[[1],[2,3,4]]")), 400, "row 0: 2 values expected"},
      {inputs(tensor("x", "[1,2]", "FP64", "\"12\"")), 400,
       "'data' must be an array, found a string"},
      {inputs(tensor("x", "[1,2]", "FP64", "[1,\"2\"]")), 400,
       "input 'x', value 1: FP64 expected, found a string"},
      {inputs(tensor("x", "[1,2]", "INT8", "[1,128]")), 400, "value 1: INT8 expected, found 128"},
      {inputs(tensor("x", "[1,2]", "INT8", "[1,-129]")), 400, "found -129"},
      {inputs(tensor("x", "[1,2]", "UINT32", "[-1,0]")), 400, "value 0: UINT32 expected, found -1"},
      {inputs(tensor("x", "[1,2]", "INT64", "[1.5,0]")), 400, "INT64 expected, found 1.5"},
      {inputs(tensor("x", "[1,2]", "INT64", "[9223372036854775808,0]")), 400, "INT64 expected"},
      {inputs(tensor("x", "[1,2]", "INT32", "[NaN,0]")), 400, "INT32 expected, found nan"},
      {inputs(tensor("x", "[1,2]", "FP32", "[1e39,0]")), 400, "FP32 expected, found 1e+39"},
      {inputs(tensor("x", "[1,2]", "BOOL", "[2,0]")), 400, "BOOL expected, found 2"},
      {inputs(tensor("x", "[1,2]", "BYTES", "[\"1\",\"2\"]")), 400,
       "numbers expected, found BYTES"},
      {inputs(ok), 400, "column 'b' is missing: the model wants a number there"},
      {inputs(ok + "," + ok), 400, "input 'a' is given twice"},
      {inputs(ok + "," + tensor("b", "[2]", "FP64", "[1,2]")), 400,
       "input 'b' has 2 rows, but 'a' has 1"},
      {inputs(ok + "," + tensor("b", "[1,2]", "FP64", "[1,2]")), 400,
       "input 'b': shape [rows] or [rows, 1] expected, found [1, 2]"},
      {inputs(ok + "," + tensor("b", "[1]", "BYTES", "[\"1\"]")), 400,
       "input 'b' wants a number, found datatype BYTES"},
      {R"({"inputs":[)" + tensor("x", "[1,2]", "FP64", "[1,2]") + R"(],"outputs":[{"name":"y"}]})",
       400, "output 'y' is unknown: this model gives predict and margin"},
      {R"({"inputs":[)" + tensor("x", "[1,2]", "FP64", "[1,2]") +
           R"(],"outputs":[{"name":"predict"},{"name":"predict"}]})",
       400, "output 'predict' is asked for twice"},
  };
  for (const BadRequest& bad : cases) {
    const net::TestResponse response = infer("delay", bad.body);
    EXPECT_EQ(response.status, bad.status) << bad.body;
    const auto document = JsonDocument::parse(response.body).value();
    const std::string error(document.root().find("error").as_string().value_or(""));
    EXPECT_NE(error.find(bad.message), std::string::npos) << bad.body << "\n" << error;
  }
  EXPECT_TRUE(recorder_.seen().empty());
}

TEST_F(ServerTest, AValueComesInOneFormThatIsServed) {
  const std::vector<BadRequest> cases = {
      {inputs(
           R"({"name":"x","shape":[1,2],"datatype":"FP64","parameters":{"binary_data_size":16}})"),
       400, "binary_data_size must be a number of bytes behind the JSON, of which 0 are left here"},
      {inputs(R"({"name":"x","shape":[1,2],"datatype":"FP64",)"
              R"("parameters":{"shared_memory_region":"r","shared_memory_byte_size":16}})"),
       501, "shared_memory_region is not served here"},
      {inputs(R"({"name":"x","shape":[1,2],"datatype":"FP64"})"), 400,
       "must set only one of the following fields"},
      {inputs(R"({"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2],)"
              R"("parameters":{"content_type":"xml"}})"),
       400, "content_type must be one of np, pd, str, base64, datetime, found 'xml'"},
  };
  for (const BadRequest& bad : cases) {
    const net::TestResponse response = infer("delay", bad.body);
    EXPECT_EQ(response.status, bad.status) << bad.body;
    EXPECT_NE(response.body.find(bad.message), std::string::npos) << response.body;
  }
}

TEST_F(ServerTest, AnErrorAboutTheContentShowsARequestThatWorks) {
  const std::string marker = "; a request that works: POST ";
  for (const auto& [name, plan] : plans_) {
    for (const bool v1 : {false, true}) {
      const auto response = v1 ? predict(name, "{}") : infer(name, "{}");
      const auto document = JsonDocument::parse(response.body).value();
      const std::string error(document.root().find("error").as_string().value());
      const std::size_t at = error.find(marker);
      ASSERT_NE(at, std::string::npos) << error;
      const std::string body = error.substr(error.find(' ', at + marker.size()) + 1);
      EXPECT_EQ((v1 ? predict(name, body) : infer(name, body)).status, 200) << body;
    }
  }
}

TEST_F(ServerTest, ABadV1RequestIsToldWhatIsWrong) {
  const std::vector<BadRequest> cases = {
      {"[]", 400, "an object with an array 'instances', found an array"},
      {R"({"input":[]})", 400, "found nothing there"},
      {R"({"instances":[3]})", 400, "instance 0 must be an object of columns, or an array"},
      {R"({"instances":[[1,2],[1]]})", 400, "instance 1 has 1 values, the model has 2 columns"},
      {R"({"instances":[{"a":1}]})", 400, "instance 0: column 'b' is missing"},
      {R"({"instances":[{"a":1,"c":1}]})", 400, "column 'b' is missing"},
      {R"({"instances":[{"a":1,"b":1},{"a":1,"a":2}]})", 400, "instance 1 has column 'a' twice"},
      {R"({"instances":[{"a":1,"b":"x"}]})", 400,
       "instance 0, column 'b': a number expected, found a string"},
      {R"({"instances":[[1,"x"]]})", 400, "instance 0, column 'b': a number expected"},
  };
  for (const BadRequest& bad : cases) {
    const net::TestResponse response = predict("delay", bad.body);
    EXPECT_EQ(response.status, bad.status) << bad.body;
    EXPECT_NE(response.body.find(bad.message), std::string::npos) << response.body;
  }
  EXPECT_NE(
      predict("mixed", R"({"instances":[[1,2,3,4]]})").body.find("an object of columns expected"),
      std::string::npos);
  EXPECT_NE(infer("mixed", inputs(tensor("x", "[1,4]", "FP64", "[1,2,3,4]")))
                .body.find("each column must come as a tensor of its own"),
            std::string::npos);
}

TEST_F(ServerTest, WhatIsNotServedIsNamed) {
  const auto model = infer("dely", "{}");
  EXPECT_EQ(model.status, 404);
  EXPECT_EQ(model.body,
            R"({"error":"Request for unknown model: 'dely' is not found; did you mean 'delay'?; )"
            R"(served here: delay, kind, mixed, risk"})");
  const auto version = get("/v2/models/delay/versions/9");
  EXPECT_EQ(version.status, 404);
  EXPECT_NE(version.body.find("served here is version 1"), std::string::npos);
  EXPECT_EQ(get("/v2/models/delay/infer").status, 405);
  EXPECT_EQ(get("/v3").status, 404);
  EXPECT_EQ(infer("delay", "{}", "Content-Encoding: br\r\n").status, 501);
}

// Same rows, same bits: through JSON and HTTP as from the Plan itself.
TEST_F(ServerTest, RandomRowsGiveThePlansOwnBits) {
  std::mt19937_64 random(11);
  for (const char* model : {"delay", "risk", "kind"}) {
    for (int round = 0; round < 40; ++round) {
      const std::size_t rows = 1 + random() % 20;
      std::vector<std::vector<double>> columns(2, std::vector<double>(rows));
      for (auto& column : columns) {
        for (double& value : column) {
          value = std::bit_cast<double>(random());
          if (random() % 4 == 0) value = 0.5;
          if (random() % 4 == 0) value = std::nextafter(0.5, random() % 2 == 0 ? 0 : 1);
        }
      }
      std::string body;
      JsonWriter json(&body, {.non_finite = JsonWriter::NonFinite::kToken});
      json.begin_object().key("inputs").begin_array().begin_object();
      json.member("name", "x").member("datatype", "FP64").key("shape").begin_array();
      json.value(rows).value(2).end_array().key("data").begin_array();
      for (std::size_t row = 0; row < rows; ++row)
        json.value(columns[0][row]).value(columns[1][row]);
      json.end_array().end_object().end_array().key("outputs").begin_array();
      json.begin_object()
          .member("name", std::string(model) == "delay" ? "predict" : "predict_proba")
          .end_object();
      json.end_array().end_object();

      const plan::Plan& plan = *plans_[model];
      const auto frame =
          frame::Frame::make(frame::Schema({{.name = "a"}, {.name = "b"}}),
                             {frame::column_of(columns[0]), frame::column_of(columns[1])})
              .value();
      const auto expected = plan.run(frame, plan.bind(frame.schema()).value()).value();
      const auto reply = JsonDocument::parse(infer(model, body).body).value();
      const JsonView data = (*reply.root().find("outputs").array().begin()).find("data");
      const std::size_t first = std::string(model) == "delay" ? 0 : 1;
      const std::size_t width = expected.columns().size() - first;
      std::vector<double> got(rows * width);
      ASSERT_TRUE(data.read_doubles(got)) << body;
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < width; ++i) {
          const double want = expected.column(first + i).values<double>()[row];
          ASSERT_EQ(std::bit_cast<std::uint64_t>(got[row * width + i]),
                    std::bit_cast<std::uint64_t>(want))
              << model << " row " << row;
        }
      }
    }
  }
}

TEST_F(ServerTest, ManyClientsAtOnceGetTheirOwnAnswers) {
  std::atomic<int> wrong{0};
  std::vector<OwnedThread> clients;
  for (int c = 0; c < 6; ++c) {
    clients.emplace_back("client", [this, c, &wrong] {
      net::TestClient client(server_->port());
      for (int i = 0; i < 200; ++i) {
        const std::string id = fmt::format("{}-{}", c, i);
        const bool low = i % 2 == 0;
        const auto response = client.ask(net::test_request(
            "POST", "/v2/models/delay/infer",
            fmt::format(R"({{"id":"{}","inputs":[{{"name":"x","shape":[1,2],"datatype":"FP64",)"
                        R"("data":[{},0]}}]}})",
                        id, low ? 0 : 1)));
        const std::string expected =
            fmt::format(R"("id":"{}","outputs":[{{"name":"predict","datatype":"FP64","shape":[1],)"
                        R"("data":[{}]}}]}})",
                        id, low ? "1.2000000000000002" : "0.8");
        if (response.body.find(expected) == std::string::npos) wrong.fetch_add(1);
      }
    });
  }
  clients.clear();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(recorder_.seen().size(), 1200u);
}

TEST(Server, APortThatIsTakenIsRefused) {
  Catalogue catalogue;
  MetricRegistry registry;
  const ServerParts parts{catalogue, {}, registry, system_clock()};
  const auto first = Server::start({.net = {.port = 0, .reactors = 1}}, parts).value();
  const auto second = Server::start({.net = {.port = first->port(), .reactors = 1}}, parts);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "net.port_in_use");
}

}  // namespace
}  // namespace slipway::deploy::realtime
