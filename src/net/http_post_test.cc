// SPDX-License-Identifier: Apache-2.0
#include "net/http_post.h"

#include <gtest/gtest.h>

#include <string>

#include "net/http_server.h"
#include "net/router.h"

namespace slipway::net {
namespace {

TEST(HttpPost, SaysWhatTheServerAnswers) {
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
  const auto done = http_post(url, body, {.headers = "X-Token: t\r\n"});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done.value(), 200);
  EXPECT_EQ(seen, "t application/json " + body);
  url.path = "/elsewhere";
  EXPECT_EQ(http_post(url, "{}").value(), 404);
}

TEST(HttpPost, AServerThatIsNotThereIsAnError) {
  std::string port;
  {
    Router router;
    MetricRegistry registry;
    port = std::to_string(
        HttpServer::start({.port = 0, .reactors = 1}, router, registry).value()->port());
  }
  const auto done = http_post({.host = "127.0.0.1", .port = port}, "{}", {.timeout_ms = 1000});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "net.post");
}

TEST(HttpPost, AnAnswerBeforeTheWholeBodyCounts) {
  Router router;
  MetricRegistry registry;
  const auto server = HttpServer::start(
      {.port = 0, .reactors = 1, .limits = {.body_bytes_max = 1000}}, router, registry);
  ASSERT_TRUE(server) << server.error().message();
  const auto done = http_post({.host = "127.0.0.1", .port = std::to_string(server.value()->port())},
                              std::string(20u << 20, 'x'));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done.value(), 413);
}

TEST(HttpPost, UrlsAreReadOrRefused) {
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
