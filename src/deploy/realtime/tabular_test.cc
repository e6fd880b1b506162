// Tables as MLflow's, TensorFlow Serving's and spreadsheets' users write them.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

class TabularTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(catalogue_.add(load_test_model("mixed", mixed_model_text()), 0));
    server_ = Server::start({.net = {.port = 0, .reactors = 1}, .version = "0.1.0"},
                            {catalogue_, {}, registry_, system_clock()})
                  .value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  net::TestResponse post(const std::string& path, const std::string& body,
                         const std::string& type = "application/json") {
    return client_->ask(net::test_request("POST", path, body,
                                          type.empty() ? "" : "Content-Type: " + type + "\r\n"));
  }
  std::string invoke(const std::string& body, const std::string& type = "application/json") {
    return post("/invocations", body, type).body;
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

constexpr const char* kExpected = R"({"predictions":[15.0,0.0]})";

TEST_F(TabularTest, EveryFormGivesTheSame) {
  EXPECT_EQ(
      invoke(
          R"({"dataframe_split":{"index":[0,1],"columns":["weekend","month","other","carrier","distance"],)"
          R"("data":[[true,2,"x","B6",101],[null,null,null,null,null]]}})"),
      kExpected);
  EXPECT_EQ(
      invoke(R"({"dataframe_records":[{"distance":101,"carrier":"B6","month":2,"weekend":true},)"
             R"({"distance":null,"carrier":null,"month":null,"weekend":null}],"params":{"a":1}})",
             "application/json; charset=utf-8"),
      kExpected);
  EXPECT_EQ(
      invoke(R"({"instances":[{"distance":101,"carrier":{"b64":"QjY="},"month":2,"weekend":true},)"
             R"({"distance":NaN,"carrier":null,"month":null,"weekend":null}]})",
             ""),
      kExpected);
  const std::string columns =
      R"({"inputs":{"distance":[[101],[null]],"carrier":["B6",null],"month":[2,null],"weekend":[true,null]}})";
  EXPECT_EQ(invoke(columns), kExpected);
  EXPECT_EQ(invoke("carrier,distance,\"month\",weekend,unknown\r\nB6,101,2,True,\"a "
                   "\"\"b\"\",\nc\"\r\nNA,,nan,,\n",
                   "text/csv"),
            kExpected);
  EXPECT_EQ(post("/models/mixed/invocations", columns).body, kExpected);
  EXPECT_EQ(post("/v1/models/mixed:predict", columns).body, R"({"outputs":[15.0,0.0]})");
}

TEST_F(TabularTest, WhatIsWrongIsSaidInMlflowsForm) {
  const auto wrong = [&](const std::string& body, const std::string& message, int status = 400,
                         const std::string& type = "application/json") {
    const auto response = post("/invocations", body, type);
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_TRUE(response.body.starts_with(R"({"error_code":"BAD_REQUEST","message":")"))
        << response.body;
    EXPECT_NE(response.body.find(message), std::string::npos) << response.body;
  };
  wrong("[]",
        "exactly one of dataframe_split, dataframe_records, instances, inputs; found an array");
  wrong("{}", "found none of them");
  wrong(R"({"instances":[],"inputs":{}})", "found instances, inputs");
  wrong(R"({"dataframe_split":{"columns":["a"],"data":[[1]]}})", "column 'distance' is missing");
  wrong(R"({"dataframe_split":{"columns":["distance","carrier","month","weekend"],"data":[[1]]}})",
        "row 0 of dataframe_split: an array of 4 values expected, found 1");
  wrong(R"({"dataframe_split":{"columns":["distance","distance"],"data":[]}})",
        "column 'distance' is there twice");
  wrong(
      R"({"dataframe_split":{"columns":["distance","carrier","month","weekend"],"data":[["x","B6",1,true]]}})",
      "row 0, column 'distance': a number expected, found a string");
  wrong(R"({"inputs":{"distance":[1],"carrier":["B6","B6"],"month":[1],"weekend":[true]}})",
        "column 'carrier' has 2 values, the ones before have 1");
  wrong(R"({"inputs":3})", "an object of columns or an array of rows");
  wrong("", "a CSV header line", 400, "text/csv");
  wrong("distance\n1\n", "column 'carrier' is missing", 400, "text/csv");
  wrong("distance,carrier,month,weekend\n1,2\n", "CSV line 2: 4 values expected, found 2", 400,
        "text/csv");
  wrong("distance,carrier,month,weekend\nfar,B6,1,true\n",
        "column 'distance': a number expected, found 'far'", 400, "text/csv");
  wrong("\"distance", "CSV line 1: a quote is opened and never closed", 400, "text/csv");
  wrong("\"a\"b,c", "a comma or the end expected after a quote", 400, "text/csv");
  wrong("<xml/>", "application/json or text/csv expected, found 'text/xml'", 415, "text/xml");
}

TEST_F(TabularTest, CandidatesAreRanked) {
  ASSERT_TRUE(
      catalogue_.add(load_test_model("risk", TestModel{.objective = "binary sigmoid:1"}), 0));
  const std::string body =
      R"({"context":{"weekend":true,"month":2},"candidates":[{"distance":1,"carrier":"AA"},)"
      R"({"distance":101,"carrier":"B6"},{"distance":101,"carrier":"AA"},{"carrier":"B6","distance":1,"month":1}])";
  EXPECT_EQ(
      post("/v1/models/mixed:rank", body + "}").body,
      R"({"ranking":[{"index":1,"score":15.0},{"index":2,"score":13.0},{"index":0,"score":12.0},)"
      R"({"index":3,"score":10.0}]})");
  EXPECT_EQ(post("/v1/models/mixed:rank", body + R"(,"top_k":2})").body,
            R"({"ranking":[{"index":1,"score":15.0},{"index":2,"score":13.0}]})");
  EXPECT_EQ(post("/v1/models/mixed:rank", R"({"candidates":[]})").body, R"({"ranking":[]})");
  const auto by_class =
      post("/v1/models/risk:rank", R"({"candidates":[{"a":1,"b":1},{"a":0,"b":0}]})");
  EXPECT_TRUE(by_class.body.starts_with(R"({"ranking":[{"index":1,"score":0.7685247834990178},)"))
      << by_class.body;
  const auto wrong = [&](const std::string& text, const std::string& message) {
    const auto response = post("/v1/models/mixed:rank", text);
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find(message), std::string::npos) << response.body;
    EXPECT_NE(response.body.find("a request that works: POST /v1/models/mixed:rank"),
              std::string::npos);
  };
  wrong("{}", "an array 'candidates'");
  wrong(R"({"candidates":[3]})", "candidate 0 must be an object");
  wrong(R"({"candidates":[{}],"context":3})", "'context' must be an object");
  wrong(R"({"candidates":[{"distance":1}],"context":{"month":1,"weekend":null}})",
        "candidate 0: column 'carrier' is missing");
  wrong(
      R"({"candidates":[{"distance":"far","carrier":"B6"}],"context":{"month":1,"weekend":null}})",
      "candidate 0, column 'distance': a number expected, found a string");
  wrong(R"({"candidates":[],"top_k":0})", "'top_k' must be a whole number from 1");
}

TEST_F(TabularTest, AServerOfManyModelsAsksWhich) {
  ASSERT_TRUE(catalogue_.add(load_test_model("other", TestModel{}), 0));
  const auto response = post("/invocations", "{}");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("served here: mixed, other; ask at /models/NAME/invocations"),
            std::string::npos);
  EXPECT_EQ(post("/models/other/invocations", R"({"instances":[[1,0]]})").body,
            R"({"predictions":[0.8]})");
  EXPECT_EQ(post("/models/none/invocations", "{}").status, 404);
}

TEST_F(TabularTest, SaysThatItIsThere) {
  for (const char* path : {"/ping", "/health"})
    EXPECT_EQ(client_->ask(net::test_request("GET", path)).status, 200);
  EXPECT_EQ(client_->ask(net::test_request("GET", "/version")).body, "0.1.0");
}

}  // namespace
}  // namespace slipway::deploy::realtime
