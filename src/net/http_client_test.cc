// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <gtest/gtest.h>

#include <string>

#include "net/http_server.h"
#include "net/router.h"
#include "net/test_client.h"
#include "net/test_raw_server.h"

namespace slipway::net {
namespace {

TEST(HttpClient, SaysWhatTheServerAnswers) {
  Router router;
  std::string seen;
  router.add("POST", "/v1/traces",
             [&](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
               seen = std::string(request.headers.find("X-Token").value_or("")) + " " +
                      std::string(request.headers.find("Content-Type").value_or("")) + " " +
                      std::string(request.body);
               response.body = "{}";
             });
  MetricRegistry registry;
  const auto server = HttpServer::start({.port = 0, .reactors = 1}, router, registry).value();
  HttpUrl url{.host = "127.0.0.1", .port = std::to_string(server->port()), .path = "/v1/traces"};
  const std::string body(300'000, 'x');
  const auto done = test_post(url, body, {.headers = "X-Token: t\r\n"});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done.value(), 200);
  EXPECT_EQ(seen, "t application/json " + body);
  url.path = "/elsewhere";
  EXPECT_EQ(test_post(url, "{}").value(), 404);
}

TEST(HttpClient, AServerThatIsNotThereIsAnError) {
  std::string port;
  {
    Router router;
    MetricRegistry registry;
    port = std::to_string(
        HttpServer::start({.port = 0, .reactors = 1}, router, registry).value()->port());
  }
  const auto done = test_post({.host = "127.0.0.1", .port = port}, "{}", {.timeout_ms = 1000});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "net.post");
}

TEST(HttpClient, AnAnswerBeforeTheWholeBodyCounts) {
  Router router;
  MetricRegistry registry;
  const auto server = HttpServer::start(
      {.port = 0, .reactors = 1, .limits = {.body_bytes_max = 1000}}, router, registry);
  ASSERT_TRUE(server) << server.error().message();
  const auto done = test_post({.host = "127.0.0.1", .port = std::to_string(server.value()->port())},
                              std::string(20u << 20, 'x'));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done.value(), 413);
}

TEST(HttpClient, AnswersAreReadWhole) {
  Router router;
  router.add("GET", "/page",
             [](const HttpRequest& request, const PathArguments&, HttpResponse& response) {
               response.body = std::string(request.body) + std::string(200'000, 'y');
             });
  MetricRegistry registry;
  const auto server = HttpServer::start({.port = 0, .reactors = 1}, router, registry).value();
  const HttpUrl url{.host = "127.0.0.1", .port = std::to_string(server->port()), .path = "/page"};
  const auto whole = http_call(url, {.method = "GET", .answer_bytes_max = 1 << 20});
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole.value().status, 200);
  EXPECT_EQ(whole.value().body, std::string(200'000, 'y'));
  const auto long_one = http_call(url, {.method = "GET", .answer_bytes_max = 100'000});
  ASSERT_FALSE(long_one);
  EXPECT_NE(long_one.error().message().find("longer than 100000 bytes"), std::string::npos);
}

// What other servers may say, byte by byte. They stay until we have closed: closing over our request would reset.
TEST(HttpClient, AnswersOfEveryLengthAreRead) {
  const auto answer_to = [](const std::string& bytes, bool stays) {
    const RawServer server(bytes, stays, 1);
    return http_call({.host = "127.0.0.1", .port = server.port()},
                     {.method = "GET", .timeout_ms = 10'000, .answer_bytes_max = 1000});
  };
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"}) {
    const auto answer = answer_to(bytes, true);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer.value().body, "hello") << bytes;
  }
  for (const char* bytes : {"SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}) {
    const auto answer = answer_to(bytes, true);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().reason(), "net.post") << bytes;
  }
  const auto cut = answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", false);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().reason(), "net.post");
}

TEST(HttpClient, UrlsAreReadOrRefused) {
  const auto url = parse_http_url("http://collector:4318/v1/traces").value();
  EXPECT_EQ(url.host + " " + url.port + " " + url.path, "collector 4318 /v1/traces");
  EXPECT_EQ(parse_http_url("http://[::1]:4318").value().host, "::1");
  EXPECT_EQ(parse_http_url("http://[::1]").value().port, "80");
  EXPECT_EQ(parse_http_url("http://h").value().path, "/");
  EXPECT_FALSE(parse_http_url("http://h").value().is_tls);
  const auto tls = parse_http_url("https://h/p").value();
  EXPECT_TRUE(tls.is_tls);
  EXPECT_EQ(tls.host + " " + tls.port + " " + tls.path, "h 443 /p");
  for (const char* wrong : {"", "collector:4318", "ftp://h", "https://", "http://", "http://h:0",
                            "http://h:99999", "http://h/a b", "http://:80"}) {
    const auto refused = parse_http_url(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().reason(), "net.url");
  }
}

}  // namespace
}  // namespace slipway::net
