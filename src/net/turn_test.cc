// SPDX-License-Identifier: Apache-2.0
#include "net/turn.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/http_server.h"
#include "net/test_client.h"
#include "net/test_http2_client.h"

namespace slipway::net {
namespace {

// Answers with the number of the turn; "/wait" first waits until it is let go.
class TurnTeller final : public Handler {
 public:
  explicit TurnTeller(std::size_t crowd) : crowd_(crowd) {}
  void handle(const HttpRequest& request, HttpResponse& response) override {
    request.turn->crowd = crowd_;
    response.body = std::to_string(request.turn->number);
    if (request.path != "/wait") return;
    MutexLock lock(mutex_);
    waits_ = true;
    changed_.notify_all();
    while (waits_) changed_.wait(mutex_);
  }
  void await_waiting() {
    MutexLock lock(mutex_);
    while (!waits_) changed_.wait(mutex_);
  }
  void let_go() {
    MutexLock lock(mutex_);
    waits_ = false;
    changed_.notify_all();
  }

 private:
  const std::size_t crowd_;
  Mutex mutex_;
  Condition changed_;
  bool waits_ GUARDED_BY(mutex_) = false;
};

struct Served {
  explicit Served(std::size_t crowd) : teller(crowd) {
    server = HttpServer::start({.port = 0, .reactors = 1}, teller, registry).value();
  }
  // Turns of `count` connections whose requests all came while another was being answered.
  std::vector<std::string> turns_of_requests_that_wait(std::size_t count) {
    TestClient first(server->port());
    std::vector<std::unique_ptr<TestClient>> others;
    for (std::size_t i = 0; i < count; ++i) {
      others.push_back(std::make_unique<TestClient>(server->port()));
      EXPECT_EQ(others.back()->ask(test_request("GET", "/")).status, 200);
    }
    first.send(test_request("GET", "/wait"));
    teller.await_waiting();
    for (const auto& other : others) other->send(test_request("GET", "/"));
    teller.let_go();
    std::vector<std::string> turns{first.receive().body};
    for (const auto& other : others) turns.push_back(other->receive().body);
    return turns;
  }

  TurnTeller teller;
  MetricRegistry registry;
  std::unique_ptr<HttpServer> server;
};

TEST(TurnTest, WhatWaitedTogetherIsOfOneTurn) {
  Served served(2);
  const auto turns = served.turns_of_requests_that_wait(5);
  EXPECT_NE(turns[0], turns[1]);
  for (std::size_t i = 2; i < turns.size(); ++i) EXPECT_EQ(turns[i], turns[1]) << i;
}

TEST(TurnTest, WithoutACrowdEachConnectionHasItsOwn) {
  Served served(6);
  const auto turns = served.turns_of_requests_that_wait(5);
  for (std::size_t i = 2; i < turns.size(); ++i) EXPECT_NE(turns[i], turns[1]) << i;
}

TEST(TurnTest, WhatComesAfterAnAnswerIsOfALaterOne) {
  Served served(0);
  TestClient client(served.server->port());
  const std::string first = client.ask(test_request("GET", "/")).body;
  const std::string second = client.ask(test_request("GET", "/")).body;
  EXPECT_LT(std::stoi(first), std::stoi(second));
}

TEST(TurnTest, PipelinedRequestsShareOne) {
  Served served(1);
  TestClient client(served.server->port());
  client.send(test_request("GET", "/") + test_request("GET", "/"));
  const std::string first = client.receive().body;
  EXPECT_EQ(client.receive().body, first);
}

// What is left at a turn's end comes again at the next one's, in which others had their turn.
class Rest final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    request.turn->crowd = 0;
    response.body = std::to_string(request.turn->number);
    if (request.path != "/leave") return;
    request.turn->at_end = [this, turn = request.turn] {
      ends.push_back(turn->number);
      if (ends.size() == 2) other();
      return ends.size() < 4;
    };
  }
  std::vector<std::uint64_t> ends;
  std::function<void()> other;
};

TEST(TurnTest, WhatIsLeftToDoMeetsEachTurnsEnd) {
  Rest rest;
  MetricRegistry registry;
  const auto server = HttpServer::start({.port = 0, .reactors = 1}, rest, registry).value();
  TestClient client(server->port()), other(server->port());
  const std::uint64_t before = std::stoull(other.ask(test_request("GET", "/")).body);
  rest.other = [&] { other.send(test_request("GET", "/")); };
  const std::uint64_t first = std::stoull(client.ask(test_request("GET", "/leave")).body);
  EXPECT_GT(first, before);
  EXPECT_EQ(std::stoull(other.receive().body), first + 2) << "it was looked at in between";
  while (std::stoull(client.ask(test_request("GET", "/")).body) < first + 4) {
  }
  EXPECT_EQ(rest.ends, (std::vector{first, first + 1, first + 2, first + 3}));
}

TEST(TurnTest, StreamsThatCameTogetherShareOne) {
  Served served(1);
  TestHttp2Client client(served.server->port());
  ASSERT_EQ(client.ask(1, "GET", "/").status, 200);
  std::string frames;
  for (const std::uint32_t stream : {3u, 5u})
    frames += test_frame(TestHttp2Client::kHeaders,
                         TestHttp2Client::kEndStream | TestHttp2Client::kEndHeaders, stream,
                         test_hpack(test_head("GET", "/")));
  client.raw().send(frames);
  const std::string first = client.receive(3).body;
  EXPECT_EQ(client.receive(5).body, first);
}

}  // namespace
}  // namespace slipway::net
