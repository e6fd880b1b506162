// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/access.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/file.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "net/test_client.h"
#include "net/test_http2_client.h"

namespace slipway::deploy::realtime {
namespace {

class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(catalogue_.add(load_test_model("delay", TestModel{}), 0));
    server_ = Server::start({.net = {.port = 0, .reactors = 1}},
                            {catalogue_, {}, registry_, system_clock(), nullptr, &keys_})
                  .value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  std::string make(const std::string& name, Role role, std::int64_t per_second = 0) {
    const std::string key =
        file_.create({.name = name, .role = role, .per_second = per_second}, 0).value().key;
    EXPECT_TRUE(keys_.refresh());
    return key;
  }
  net::TestResponse ask(const std::string& method, const std::string& path,
                        const std::string& headers = "") {
    const std::string body = method == "POST" ? R"({"instances":[[1,0]]})" : "";
    client_ = std::make_unique<net::TestClient>(server_->port());
    return client_->ask(net::test_request(method, path, body, headers));
  }
  static std::string bearer(const std::string& key) {
    return "Authorization: Bearer " + key + "\r\n";
  }

  TemporaryFolder folder_ = TemporaryFolder::create().value();
  const KeyFile file_{folder_.path()};
  LiveKeys keys_{file_};
  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

constexpr const char* kPredictPath = "/v1/models/delay:predict";

TEST_F(AccessTest, WithoutKeysNobodyIsAsked) { EXPECT_EQ(ask("POST", kPredictPath).status, 200); }

TEST_F(AccessTest, AKeyIsNeededOnceThereIsOne) {
  const std::string key = make("ci", Role::kPredict);
  EXPECT_EQ(ask("POST", kPredictPath).status, 401);
  EXPECT_EQ(ask("POST", kPredictPath, bearer(key + "0")).status, 401);
  EXPECT_EQ(ask("POST", kPredictPath, "Authorization: Basic abc\r\n").status, 401);
  EXPECT_EQ(ask("POST", kPredictPath, bearer(key)).status, 200);
  EXPECT_EQ(ask("POST", kPredictPath, "X-API-Key: " + key + "\r\n").status, 200);
  EXPECT_EQ(ask("POST", kPredictPath, "authorization: bearer  " + key + "\r\n").status, 200);
  for (const char* open : {"/v2/health/live", "/v2/health/ready", "/ping"})
    EXPECT_EQ(ask("GET", open).status, 200) << open;
  ASSERT_TRUE(file_.revoke("ci"));
  ASSERT_TRUE(keys_.refresh());
  EXPECT_EQ(ask("POST", kPredictPath, bearer(key)).status, 401);
}

TEST_F(AccessTest, ARoleIsEnoughForWhatItIsFor) {
  const std::string predict = make("p", Role::kPredict), operate = make("o", Role::kOperate);
  for (const auto* path : {"/", "/v2", "/v2/models/delay", "/v2/models/stats", "/v1/models"}) {
    EXPECT_EQ(ask("GET", path, bearer(predict)).status, 200) << path;
    EXPECT_EQ(ask("GET", path).status, 401) << path;
  }
  EXPECT_EQ(ask("GET", "/metrics", bearer(predict)).status, 403);
  EXPECT_EQ(ask("GET", "/metrics", bearer(operate)).status, 200);
  EXPECT_EQ(ask("POST", "/v2/repository/models/delay/unload", bearer(predict)).status, 403);
  EXPECT_EQ(ask("POST", "/v2/repository/models/delay/unload", bearer(operate)).status, 503);
  EXPECT_EQ(ask("POST", "/v2/logging", bearer(predict)).status, 403);
  const auto refused = ask("POST", "/v2/repository/index", bearer(predict));
  EXPECT_NE(refused.body.find("key 'p' has the role predict; this needs operate"),
            std::string::npos)
      << refused.body;
}

TEST_F(AccessTest, TooManyRequestsAreToldWhenToComeAgain) {
  const std::string key = make("slow", Role::kPredict, 2);
  EXPECT_EQ(ask("POST", kPredictPath, bearer(key)).status, 200);
  net::TestResponse last;
  for (int i = 0; i < 5; ++i) last = ask("POST", kPredictPath, bearer(key));
  EXPECT_EQ(last.status, 429) << last.body;
  EXPECT_EQ(last.headers.at("retry-after"), "1");
  net::TestHttp2Client caller(server_->port());
  for (std::uint32_t id = 1; id < 11; id += 2) {
    last = caller.ask(id, "POST", "/inference.GRPCInferenceService/ServerLive", std::string(5, 0),
                      {{"content-type", "application/grpc"}, {"authorization", "Bearer " + key}});
  }
  EXPECT_EQ(last.headers.at("grpc-status"), "8");
  EXPECT_EQ(last.headers.at("grpc-retry-pushback-ms"), "1000");
}

TEST(Access, PathsAreForRoles) {
  using net::Method;
  const auto role = [](const char* path, Method method = Method::kPost) {
    const auto wanted = role_for(method, path);
    return std::string(wanted ? name_of(*wanted) : "open");
  };
  EXPECT_EQ(role("/v2/models/Memory/infer"), "predict");
  EXPECT_EQ(role("/invocations"), "predict");
  EXPECT_EQ(role("/v2/models/m/trace/setting"), "operate");
  EXPECT_EQ(role("/v2/models/m/trace/setting", Method::kGet), "predict");
  EXPECT_EQ(role("/inference.GRPCInferenceService/ModelInfer"), "predict");
  EXPECT_EQ(role("/inference.GRPCInferenceService/RepositoryModelLoad"), "operate");
  EXPECT_EQ(role("/inference.model_repository.ModelRepositoryService/RepositoryModelLoad"),
            "operate");
  EXPECT_EQ(role("/grpc.health.v1.Health/Check"), "open");
  EXPECT_EQ(role("/anything/else"), "operate");
  EXPECT_EQ(role("/v2/routes/live", Method::kGet), "operate");
  EXPECT_EQ(role("/v2/routes/live", Method::kPut), "admin");
  EXPECT_EQ(role("/v2/routes/live", Method::kDelete), "admin");
}

}  // namespace
}  // namespace slipway::deploy::realtime
