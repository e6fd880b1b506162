// Answers that another thread works on: the reactor serves others meanwhile.
// SPDX-License-Identifier: Apache-2.0
#include "net/later.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "net/http_server.h"
#include "net/router.h"
#include "net/test_client.h"

namespace slipway::net {
namespace {

// Holds what is asked at /later until the test lets it go.
class LaterTest : public testing::Test {
 protected:
  LaterTest() {
    router_.add("GET", "/now",
                [](const HttpRequest&, const PathArguments&, HttpResponse& response) {
                  response.body = "now";
                });
    router_.add("GET", "/later/{what}",
                [this](const HttpRequest&, const PathArguments& path, HttpResponse& response) {
                  response.later = std::make_shared<Later>();
                  MutexLock lock(mutex_);
                  held_.emplace_back(std::string(path[0]), response.later);
                  arrived_.notify_all();
                });
    server_ = HttpServer::start({.port = 0, .reactors = 1}, router_, registry_).value();
  }
  void let_go(std::size_t count) {
    std::vector<std::pair<std::string, std::shared_ptr<Later>>> held;
    {
      MutexLock lock(mutex_);
      while (held_.size() < count) arrived_.wait(mutex_);
      held.swap(held_);
    }
    for (auto& [what, later] : held) {
      HttpResponse answer;
      answer.body = what;
      later->finish(std::move(answer));
    }
  }

  Mutex mutex_;
  Condition arrived_;
  std::vector<std::pair<std::string, std::shared_ptr<Later>>> held_ GUARDED_BY(mutex_);
  Router router_;
  MetricRegistry registry_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(LaterTest, OthersAreServedMeanwhile) {
  TestClient waiting(server_->port()), other(server_->port());
  ASSERT_TRUE(waiting.send(test_request("GET", "/later/a")));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(other.ask(test_request("GET", "/now")).body, "now");
  let_go(1);
  EXPECT_EQ(waiting.receive().body, "a");
  EXPECT_EQ(waiting.ask(test_request("GET", "/now")).body, "now") << "the connection goes on";
}

TEST_F(LaterTest, AnswersKeepTheirOrder) {
  TestClient client(server_->port());
  ASSERT_TRUE(client.send(test_request("GET", "/now") + test_request("GET", "/later/a") +
                          test_request("GET", "/now") + test_request("GET", "/later/b")));
  EXPECT_EQ(client.receive().body, "now");
  let_go(1);
  EXPECT_EQ(client.receive().body, "a");
  EXPECT_EQ(client.receive().body, "now");
  let_go(1);
  EXPECT_EQ(client.receive().body, "b");
}

TEST_F(LaterTest, AnAnswerThatIsReadyAtOnceIsSent) {
  OwnedThread quick("quick", [this] { let_go(1); });
  TestClient client(server_->port());
  EXPECT_EQ(client.ask(test_request("GET", "/later/a")).body, "a");
}

TEST_F(LaterTest, ADrainWaitsForIt) {
  TestClient client(server_->port());
  ASSERT_TRUE(client.send(test_request("GET", "/later/a")));
  {
    MutexLock lock(mutex_);
    while (held_.empty()) arrived_.wait(mutex_);
  }
  OwnedThread draining("drain", [this] { EXPECT_TRUE(server_->drain(60'000)); });
  let_go(1);
  EXPECT_EQ(client.receive().body, "a");
}

TEST_F(LaterTest, AServerThatIsGoneIsNotWoken) {
  TestClient client(server_->port());
  ASSERT_TRUE(client.send(test_request("GET", "/later/a")));
  {
    MutexLock lock(mutex_);
    while (held_.empty()) arrived_.wait(mutex_);
  }
  EXPECT_FALSE(server_->drain(0));
  server_.reset();
  let_go(1);
  EXPECT_EQ(client.receive().status, 0);
}

TEST_F(LaterTest, WhoCannotWaitIsAnsweredByTheRouterWhenItIsReady) {
  OwnedThread quick("quick", [this] { let_go(1); });
  HttpRequest request;
  request.path = "/later/a";
  HttpResponse response;
  router_.handle(request, response);
  EXPECT_EQ(response.body, "a");
  EXPECT_EQ(response.later, nullptr);
}

}  // namespace
}  // namespace slipway::net
