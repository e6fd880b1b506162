// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "net/test_client.h"

namespace slipway::net {
namespace {

void pause_ms(std::int64_t ms) {
  Mutex mutex;
  Condition never;
  MutexLock lock(mutex);
  never.wait_for_ms(mutex, ms);
}

// Answers with what it was asked; some paths do more.
class Echo final : public Handler {
 public:
  void handle(const HttpRequest& request, HttpResponse& response) override {
    response.content_type = "text/plain";
    if (request.path == "/big") {
      response.body.assign(8u << 20, 'x');
    } else if (request.path == "/close") {
      response.close = true;
    } else {
      response.body = std::string(name_of(request.method)) + " " + std::string(request.path) + " " +
                      std::string(request.query) + " " + std::string(request.body);
    }
    handled.fetch_add(1);
  }
  std::optional<Reject> admit(const HttpRequest& head) override {
    if (head.path != "/full") return std::nullopt;
    return Reject{.status = 503, .body = "full", .retry_after_s = 7};
  }
  std::atomic<int> handled{0};
};

class HttpServerTest : public testing::Test {
 protected:
  void start(const Limits& limits = {}, std::size_t reactors = 1) {
    auto started =
        HttpServer::start({.port = 0, .reactors = reactors, .limits = limits}, echo_, registry_);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
  }
  std::uint16_t port() const { return server_->port(); }
  bool counted(const std::string& limit) const {
    return registry_.render().find("slipway_http_limits_total{limit=\"" + limit + "\"}") !=
           std::string::npos;
  }

  Echo echo_;
  MetricRegistry registry_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOneRequestAfterAnother) {
  start();
  TestClient client(port());
  for (int i = 0; i < 3; ++i) {
    const TestResponse response = client.ask(test_request("POST", "/a?b", "hello"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /a b hello");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_EQ(response.headers.at("date").size(), 29u);
    EXPECT_EQ(response.headers.count("connection"), 0u);
  }
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Limits limits;
  limits.pipelined_max = 7;
  start(limits);
  TestClient client(port());
  std::string bytes;
  for (int i = 0; i < 500; ++i) bytes += test_request("POST", "/" + std::to_string(i), "body");
  ASSERT_TRUE(client.send(bytes));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(client.receive().body, "POST /" + std::to_string(i) + "  body");
  }
  EXPECT_TRUE(counted("pipelined"));
}

TEST_F(HttpServerTest, ARequestMayArriveInAnyTwoPieces) {
  start();
  const std::string bytes = test_request("POST", "/split", "0123456789", "X: y\r\n");
  TestClient client(port());
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    client.send(bytes.substr(0, at));
    ASSERT_EQ(client.ask(bytes.substr(at)).body, "POST /split  0123456789") << at;
  }
}

TEST_F(HttpServerTest, ABodyMayBeLargerThanAnyBufferAndChunked) {
  start();
  TestClient client(port());
  const std::string body(5u << 20, 'y');
  EXPECT_EQ(client.ask(test_request("POST", "/", body)).body, "POST /  " + body);
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += 100'000) {
    const std::string piece = body.substr(at, 100'000);
    char size[20];
    std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
    chunks += size + piece + "\r\n";
  }
  EXPECT_EQ(client
                .ask("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                     "0\r\n\r\n")
                .body,
            "POST /c  " + body);
  EXPECT_EQ(client.ask(test_request("GET", "/after")).body, "GET /after  ");
}

TEST_F(HttpServerTest, HeadHasALengthAndNoBody) {
  start();
  TestClient client(port());
  client.send(test_request("HEAD", "/h"));
  const TestResponse response = client.receive(false);
  EXPECT_EQ(response.headers.at("content-length"), "9");
  EXPECT_EQ(client.ask(test_request("GET", "/g")).body, "GET /g  ");
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedNotTo) {
  start();
  TestClient once(port()), more(port());
  EXPECT_EQ(once.ask("GET / HTTP/1.0\r\n\r\n").headers.at("connection"), "close");
  EXPECT_TRUE(once.is_closed());
  EXPECT_EQ(more.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.at("connection"),
            "keep-alive");
  EXPECT_EQ(more.ask("GET / HTTP/1.0\r\n\r\n").status, 200);
}

TEST_F(HttpServerTest, AClientThatHasSaidAllIsStillAnswered) {
  start();
  TestClient client(port());
  client.send(test_request("GET", "/last"));
  client.end_output();
  EXPECT_EQ(client.receive().body, "GET /last  ");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, ContinueIsSentOnlyAfterAdmission) {
  start();
  TestClient client(port());
  const std::string head =
      "POST /go HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(client.ask(head).status, 100);
  EXPECT_EQ(client.ask("ok").body, "POST /go  ok");
  const TestResponse refused = client.ask(
      "POST /full HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "7");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, ARefusedSmallRequestKeepsItsConnection) {
  start();
  TestClient client(port());
  EXPECT_EQ(client.ask(test_request("POST", "/full", "small")).body, "full");
  EXPECT_EQ(client.ask(test_request("GET", "/next")).body, "GET /next  ");
  EXPECT_EQ(echo_.handled.load(), 1);
}

TEST_F(HttpServerTest, ALargeAnswerReachesASlowReader) {
  start();
  TestClient slow(port(), 4096), quick(port());
  slow.send(test_request("GET", "/big") + test_request("GET", "/after"));
  EXPECT_EQ(quick.ask(test_request("GET", "/meanwhile")).status, 200);
  EXPECT_EQ(slow.receive().body.size(), 8u << 20);
  EXPECT_EQ(slow.receive().body, "GET /after  ");
}

TEST_F(HttpServerTest, AHitLimitIsAnsweredAndCounted) {
  Limits limits;
  limits.body_bytes_max = 1000;
  limits.header_bytes_max = 2000;
  limits.target_bytes_max = 100;
  start(limits);
  const std::vector<std::pair<std::string, int>> cases = {
      {test_request("POST", "/", std::string(1001, 'x')), 413},
      {test_request("GET", "/", "", "X: " + std::string(3000, 'x') + "\r\n"), 431},
      {test_request("GET", "/" + std::string(200, 'x')), 414},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"rubbish\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : cases) {
    TestClient client(port());
    const TestResponse response = client.ask(bytes);
    EXPECT_EQ(response.status, status) << bytes.substr(0, 40);
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_EQ(response.body.substr(0, 10), "{\"error\":\"");
    EXPECT_TRUE(client.is_closed());
  }
  for (const char* limit : {"body_bytes", "header_bytes", "target_bytes"})
    EXPECT_TRUE(counted(limit)) << limit;
}

TEST_F(HttpServerTest, TheAnswerToAnOversizedBodyIsNotLostInAReset) {
  Limits limits;
  limits.body_bytes_max = 1000;
  start(limits);
  TestClient client(port());
  client.send(test_request("POST", "/", std::string(2u << 20, 'x')));
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(HttpServerTest, SlowHeadersAndBodiesTimeOut) {
  Limits limits;
  limits.header_timeout_ms = 300;
  limits.body_timeout_ms = 300;
  limits.idle_timeout_ms = 300;
  limits.linger_ms = 300;
  start(limits);
  TestClient header(port()), body(port()), idle(port());
  header.send("GET / HTTP/1.1\r\nHo");
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
  EXPECT_EQ(header.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(header.is_closed());
  for (const char* limit : {"header_timeout", "body_timeout", "idle_timeout"})
    EXPECT_TRUE(counted(limit)) << limit;
}

TEST_F(HttpServerTest, AReaderThatStopsIsDropped) {
  Limits limits;
  limits.write_timeout_ms = 300;
  start(limits);
  TestClient client(port(), 4096);
  client.send(test_request("GET", "/big"));
  for (int i = 0; i < 100 && !counted("write_timeout"); ++i) {
    TestClient(port()).ask(test_request("GET", "/tick"));
    pause_ms(100);
  }
  EXPECT_TRUE(counted("write_timeout"));
}

TEST_F(HttpServerTest, AnIdleConnectionGivesItsMemoryBackAndGoesOn) {
  start();
  TestClient client(port());
  EXPECT_EQ(client.ask(test_request("GET", "/one")).status, 200);
  pause_ms(1500);  // parked after one second
  EXPECT_EQ(client.ask(test_request("GET", "/two")).body, "GET /two  ");
  EXPECT_EQ(client.ask(test_request("GET", "/three")).body, "GET /three  ");
}

TEST_F(HttpServerTest, TooManyConnectionsAreTurnedAway) {
  Limits limits;
  limits.connections_max = 2;
  start(limits);
  TestClient first(port()), second(port());
  EXPECT_EQ(first.ask(test_request("GET", "/")).status, 200);
  EXPECT_EQ(second.ask(test_request("GET", "/")).status, 200);
  TestClient third(port());
  const TestResponse response = third.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"error":"too many connections: try again later"})");
  EXPECT_TRUE(counted("connections"));
}

TEST_F(HttpServerTest, LargeBodiesShareABudget) {
  Limits limits;
  limits.buffered_bytes_max = 1u << 20;
  start(limits);
  TestClient client(port());
  EXPECT_EQ(client.ask(test_request("POST", "/", std::string(900'000, 'x'))).status, 200);
  EXPECT_EQ(client.ask(test_request("POST", "/", std::string(2'000'000, 'x'))).status, 503);
  TestClient chunked(port());
  chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" +
               std::string(2'000'000, 'x'));
  EXPECT_EQ(chunked.receive().status, 503);
  EXPECT_TRUE(counted("buffered_bytes"));
}

TEST_F(HttpServerTest, AConnectionServesSoManyRequests) {
  Limits limits;
  limits.requests_per_connection_max = 2;
  start(limits);
  TestClient client(port());
  EXPECT_EQ(client.ask(test_request("GET", "/")).headers.count("connection"), 0u);
  EXPECT_EQ(client.ask(test_request("GET", "/")).headers.at("connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, AHandlerMayEndTheConnection) {
  start();
  TestClient client(port());
  EXPECT_EQ(client.ask(test_request("GET", "/close")).headers.at("connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, FewConnectionsAreSpreadOverTheReactors) {
  class Who final : public Handler {
   public:
    void handle(const HttpRequest& request, HttpResponse& response) override {
      response.body = std::to_string(request.reactor);
    }
  } who;
  const auto server = HttpServer::start({.port = 0, .reactors = 4}, who, registry_).value();
  std::map<std::string, int> served;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<TestClient>(server->port()));
    ++served[clients.back()->ask(test_request("GET", "/")).body];
  }
  EXPECT_EQ(served.size(), 4u);
  for (const auto& [reactor, count] : served) EXPECT_EQ(count, 2) << reactor;
}

TEST_F(HttpServerTest, APortThatIsTakenIsNamed) {
  start({}, 2);
  for (const std::size_t reactors : {1, 2}) {
    const auto second = HttpServer::start({.port = port(), .reactors = reactors}, echo_, registry_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason(), "net.port_in_use");
    EXPECT_NE(second.error().message().find("port " + std::to_string(port()) +
                                            " on 127.0.0.1 is taken: another process listens"),
              std::string::npos)
        << second.error().message();
  }
}

TEST_F(HttpServerTest, AHostThatIsNotOursIsRefused) {
  const auto foreign = HttpServer::start({.host = "192.0.2.1", .port = 0}, echo_, registry_);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().reason(), "net.host");
  EXPECT_NE(foreign.error().message().find("no address of this machine"), std::string::npos);
  const auto unknown = HttpServer::start({.host = "no.such.host.invalid"}, echo_, registry_);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().reason(), "net.host");
}

TEST_F(HttpServerTest, DrainAnswersWhatIsInFlightAndEnds) {
  start();
  TestClient idle(port()), busy(port());
  EXPECT_EQ(idle.ask(test_request("GET", "/")).status, 200);
  busy.send("POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  while (server_->reactors() == 1 && echo_.handled.load() < 1) continue;
  std::atomic<bool> in_time{false};
  OwnedThread drainer("drain", [&] { in_time = server_->drain(10'000); });
  while (TestClient(port()).connected()) continue;
  const TestResponse response = busy.ask("cd");
  EXPECT_EQ(response.body, "POST /half  abcd");
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(busy.is_closed());
  drainer.join();
  EXPECT_TRUE(in_time);
  EXPECT_TRUE(server_->drain(0));
}

TEST_F(HttpServerTest, DrainAnswersWhatWasPipelined) {
  start();
  TestClient client(port());
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += test_request("GET", "/" + std::to_string(i));
  const std::string first = "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
  client.send(first);
  TestClient(port()).ask(test_request("GET", "/"));
  OwnedThread drainer("drain", [&] { server_->drain(10'000); });
  while (TestClient(port()).connected()) continue;
  client.send("xy" + bytes);
  EXPECT_EQ(client.receive().body, "POST /first  xy");
  for (int i = 0; i < 50; ++i) {
    const TestResponse response = client.receive();
    ASSERT_EQ(response.body, "GET /" + std::to_string(i) + "  ");
    EXPECT_EQ(response.headers.count("connection"), i == 49 ? 1u : 0u);
  }
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerTest, DrainGivesUpAtItsDeadline) {
  start();
  TestClient stuck(port());
  stuck.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  TestClient(port()).ask(test_request("GET", "/"));
  EXPECT_FALSE(server_->drain(200));
}

// Clients ask in a loop while the server drains: each request that was sent gets its answer, or
// the connection had been announced to close, or could not be made.
TEST_F(HttpServerTest, DrainUnderLoadLosesNoRequest) {
  Limits limits;
  limits.drain_idle_ms = 10'000;  // a client may be held up between two requests
  start(limits, 2);
  std::atomic<int> lost{0}, answered{0};
  const auto client_loop = [&] {
    while (true) {
      TestClient client(port());
      if (!client.connected()) return;
      for (int i = 0; i < 100; ++i) {
        const TestResponse response = client.ask(test_request("POST", "/", "x"));
        if (response.status != 200) {
          // A connection that was made just as the socket closed was never accepted.
          if (i > 0) lost.fetch_add(1);
          break;
        }
        answered.fetch_add(1);
        if (response.headers.count("connection") > 0) return;
      }
    }
  };
  std::vector<OwnedThread> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back("client", client_loop);
  while (answered.load() < 500) continue;
  EXPECT_TRUE(server_->drain(10'000));
  clients.clear();
  EXPECT_EQ(lost.load(), 0);
  EXPECT_EQ(echo_.handled.load(), answered.load());
}

}  // namespace
}  // namespace slipway::net
