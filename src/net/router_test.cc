// SPDX-License-Identifier: Apache-2.0
#include "net/router.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::net {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    add("GET", "/");
    add("GET", "/v2/models/{model}");
    add("POST", "/v2/models/{model}/infer");
    add("POST", "/v2/models/{model}/versions/{version}/infer");
    add("POST", "/v1/models/{model}:predict");
    add("GET", "/v1/models/{model}");
  }
  void add(const char* method, const char* pattern) {
    router_.add(method, pattern,
                [pattern](const HttpRequest&, const PathArguments& path, HttpResponse& response) {
                  response.body = std::string(pattern) + " " + std::string(path[0]) + " " +
                                  std::string(path[1]);
                });
  }
  HttpResponse ask(Method method, std::string_view path) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    HttpResponse response;
    router_.handle(request, response);
    return response;
  }
  Router router_;
};

TEST_F(RouterTest, TakesCapturesFromThePath) {
  EXPECT_EQ(ask(Method::kGet, "/").body, "/  ");
  EXPECT_EQ(ask(Method::kGet, "/v2/models/m").body, "/v2/models/{model} m ");
  EXPECT_EQ(ask(Method::kPost, "/v2/models/m/versions/3/infer").body,
            "/v2/models/{model}/versions/{version}/infer m 3");
  EXPECT_EQ(ask(Method::kPost, "/v1/models/m:predict").body, "/v1/models/{model}:predict m ");
  EXPECT_EQ(ask(Method::kGet, "/v1/models/m").body, "/v1/models/{model} m ");
}

TEST_F(RouterTest, DecodesPercentSigns) {
  EXPECT_EQ(ask(Method::kGet, "/v2/models/a%20b%2Fc").body, "/v2/models/{model} a b/c ");
  EXPECT_EQ(ask(Method::kGet, "/v2/models/%zz").status, 400);
  EXPECT_EQ(ask(Method::kGet, "/v2/models/%2").status, 400);
}

TEST_F(RouterTest, AnUnknownPathIs404) {
  for (const char* path : {"/v2", "/v2/models", "/v2/models/", "/v2/models//infer", "//",
                           "/v2/models/m/", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", "*"}) {
    EXPECT_EQ(ask(Method::kGet, path).status, 404) << path;
  }
  EXPECT_EQ(ask(Method::kGet, "/nowhere").body, R"({"error":"there is nothing at /nowhere"})");
}

TEST_F(RouterTest, AWrongMethodIs405WithAllow) {
  const HttpResponse response = ask(Method::kGet, "/v2/models/m/infer");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, "Allow: POST\r\n");
  EXPECT_EQ(ask(Method::kDelete, "/v2/models/m").headers, "Allow: GET, HEAD\r\n");
  EXPECT_EQ(ask(Method::kGet, "/v1/models/m:predict").status, 405);
  EXPECT_EQ(ask(Method::kOther, "/").status, 405);
}

TEST_F(RouterTest, HeadIsAnsweredByGet) { EXPECT_EQ(ask(Method::kHead, "/").status, 200); }

TEST(Http, AHeaderCannotBeEndedByItsValue) {
  HttpResponse response;
  response.add_header("X-Request-Id", "a\r\nSet-Cookie: b");
  EXPECT_EQ(response.headers, "X-Request-Id: a??Set-Cookie: b\r\n");
}

}  // namespace
}  // namespace slipway::net
