// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/routes_api.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/test_model.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

// Counts predictions by the name that they are logged under.
class Names final : public frame::PredictionSink {
 public:
  void accept(const frame::PredictionBatch& batch) noexcept override {
    MutexLock lock(mutex_);
    counts_[std::string(batch.model)] += static_cast<int>(batch.inputs.rows());
    changed_.notify_all();
  }
  int wait_for(const std::string& name, int count) {
    MutexLock lock(mutex_);
    for (int tries = 0; counts_[name] < count && tries < 100; ++tries)
      changed_.wait_for_ms(mutex_, 100);
    return counts_[name];
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::map<std::string, int> counts_ GUARDED_BY(mutex_);
};

class RoutesApiTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"one", "two", "three"})
      ASSERT_TRUE(catalogue_.add(load_test_model(name, TestModel{}), 0));
    auto started = Server::start({.net = {.port = 0, .reactors = 1}}, {.catalogue = catalogue_,
                                                                       .sinks = {&names_},
                                                                       .registry = registry_,
                                                                       .clock = system_clock(),
                                                                       .routes = &routes_});
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  net::TestResponse ask(const std::string& method, const std::string& path,
                        const std::string& body = "", const std::string& headers = "") {
    return client_->ask(net::test_request(method, path, body, headers));
  }
  net::TestResponse predict(const std::string& route, const std::string& headers = "") {
    return ask("POST", "/v1/models/" + route + ":predict", R"({"instances":[[0,1]]})", headers);
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  Routes routes_;
  Names names_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

TEST_F(RoutesApiTest, ShadowsAreLoggedUnderANameOfTheirOwn) {
  const auto put =
      ask("PUT", "/v2/routes/live", R"({"targets":[{"model":"one"}],"shadows":[{"model":"two"}]})");
  ASSERT_EQ(put.status, 200) << put.body;
  for (int i = 0; i < 20; ++i) {
    const auto reply = predict("live");
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.headers.at("x-slipway-model"), "one");
  }
  EXPECT_EQ(names_.wait_for("two~shadow", 20), 20);
  EXPECT_EQ(names_.wait_for("one", 20), 20);
  EXPECT_EQ(names_.wait_for("two", 0), 0);
  EXPECT_EQ(catalogue_.find("two")->statistics->snapshot().executions, 0U);
}

TEST_F(RoutesApiTest, AModelsOwnNameMayBeARoutes) {
  ASSERT_EQ(ask("PUT", "/v2/routes/one", R"({"targets":[{"model":"two"}]})").status, 200);
  EXPECT_EQ(predict("one").headers.at("x-slipway-model"), "two");
  const auto direct =
      ask("POST", "/v2/models/one/versions/1/infer",
          R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0,1]}]})");
  EXPECT_NE(direct.body.find(R"("model_name":"one")"), std::string::npos)
      << "version 1 is none of the route's: " << direct.body;
  ASSERT_EQ(ask("DELETE", "/v2/routes/one").status, 200);
  EXPECT_EQ(predict("one").headers.count("x-slipway-model"), 0U);
}

TEST_F(RoutesApiTest, WrongRoutesChangeNothing) {
  ASSERT_EQ(ask("PUT", "/v2/routes/live", R"({"targets":[{"model":"one"}]})").status, 200);
  const auto generation = routes_.generation();
  const std::pair<const char*, int> kWrong[] = {{"", 400},
                                                {"[]", 400},
                                                {R"({"targets":[]})", 400},
                                                {R"({"targets":[{"model":"four"}]})", 404},
                                                {R"({"targets":[{"model":"one"}],"x":1})", 400}};
  for (const auto& [body, status] : kWrong)
    EXPECT_EQ(ask("PUT", "/v2/routes/live", body).status, status) << body;
  EXPECT_EQ(routes_.generation(), generation);
  EXPECT_EQ(ask("GET", "/v2/routes/life").body,
            R"({"error":"there is no route 'life'; did you mean 'live'?"})");
}

}  // namespace
}  // namespace slipway::deploy::realtime
