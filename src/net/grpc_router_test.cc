// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_router.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "net/grpc_message.h"
#include "net/grpc_status.h"
#include "net/gzip.h"
#include "net/http_server.h"
#include "net/router.h"
#include "net/test_http2_client.h"

namespace slipway::net {
namespace {

std::string framed(std::string_view message, bool compress = false) {
  std::string out;
  begin_message(&out);
  out += message;
  end_message(kMessageHead, compress, &out);
  return out;
}

// Answers each message with itself, twice; "fail" with an error.
class Twice final : public GrpcCall {
 public:
  Result<void> received(std::string_view message, GrpcWriter& out) override {
    if (message == "fail") return Error(Code::kAborted, "test.fail", "as it was told");
    out.write(message);
    out.write(message);
    return {};
  }
};

// Says "now" when it is asked to, until it is left.
class Watch final : public GrpcCall {
 public:
  Result<void> received(std::string_view, GrpcWriter& out) override {
    return out.write("now"), Result<void>();
  }
  Result<void> tick(GrpcWriter& out) override { return out.write("tick"), Result<void>(); }
  bool outlasts_input() const override { return true; }
};

class GrpcRouterTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(const Limits& limits) {
    grpc_ = std::make_unique<GrpcRouter>(router_, registry_, system_clock(),
                                         GrpcRouter::Options{.message_bytes_max = 100'000});
    grpc_->add("s", "Echo", [](const GrpcRequest& request, std::string* reply) -> Result<void> {
      if (request.message == "fail")
        return Error(Code::kNotFound, "test.fail", "100 % not\nfound: \xC3\xA4");
      reply->append(request.message);
      return {};
    });
    // Says it on a thread of its own.
    grpc_->add("s", "Later", [this](const GrpcRequest& request, std::string*) -> Result<void> {
      EXPECT_TRUE(request.http.may_wait);
      EXPECT_EQ(request.deadline_ns != 0, request.message == "timed");
      const auto answer = request.promise.make();
      later_.submit([answer, message = std::string(request.message)] {
        if (message == "fail")
          return answer->finish(Error(Code::kNotFound, "test.fail", "looked in vain"));
        *answer->message() += message;
        answer->finish({});
      });
      return Error(Code::kInternal, "test.nothing", "of no account");
    });
    grpc_->add_stream("s", "Twice", [](const HttpRequest&) { return std::make_unique<Twice>(); });
    grpc_->add_stream("s", "Watch", [](const HttpRequest&) { return std::make_unique<Watch>(); });
    auto started =
        HttpServer::start({.port = 0, .reactors = 1, .limits = limits}, *grpc_, registry_);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(started).value();
    client_ = std::make_unique<TestHttp2Client>(server_->port());
    next_ = 1;
  }
  static TestFields head(const TestFields& more = {}) {
    TestFields fields{{"content-type", "application/grpc"}, {"te", "trailers"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  }
  std::uint32_t open(const std::string& method, const TestFields& more = {}) {
    const std::uint32_t id = next_;
    next_ += 2;
    client_->send_headers(id, test_head("POST", "/s/" + method, head(more)));
    return id;
  }
  TestResponse call(const std::string& method, const std::string& body,
                    const TestFields& more = {}) {
    const std::uint32_t id = open(method, more);
    client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, id, body);
    return client_->receive(id);
  }
  static std::string status(const TestResponse& response) {
    const auto at = response.headers.find("grpc-status");
    return at == response.headers.end() ? "none" : at->second;
  }

  ThreadPool later_{"later", 1};
  Router router_;
  MetricRegistry registry_;
  std::unique_ptr<GrpcRouter> grpc_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<TestHttp2Client> client_;
  std::uint32_t next_ = 1;
};

TEST_F(GrpcRouterTest, AnswersAMessageAndAStatus) {
  for (const std::string message : {"", "hello"}) {
    const TestResponse response = call("Echo", framed(message));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.at("content-type"), "application/grpc");
    EXPECT_EQ(response.body, framed(message));
    EXPECT_EQ(status(response), "0");
  }
  EXPECT_NE(registry_.render().find("slipway_grpc_calls_total{method=\"Echo\",code=\"0\"} 2"),
            std::string::npos);
}

TEST_F(GrpcRouterTest, AnErrorIsOnlyAHeader) {
  const TestResponse response = call("Echo", framed("fail"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(status(response), "5");
  EXPECT_EQ(response.headers.at("grpc-message"), "100 %25 not%0Afound: %C3%A4");
}

TEST_F(GrpcRouterTest, WhatThereIsNotIsUnimplemented) {
  const std::uint32_t id = open("Other");  // answered before its message has come
  const TestResponse response = client_->receive(id);
  EXPECT_EQ(status(response), "12");
  EXPECT_EQ(response.headers.at("grpc-message"), "there is no method /s/Other");
  EXPECT_EQ(
      client_->ask(next_, "POST", "/s/Echo", "{}", {{"content-type", "application/json"}}).status,
      404);
}

TEST_F(GrpcRouterTest, AnAnswerMayComeLater) {
  // Many at a time, each to its own stream.
  std::vector<std::uint32_t> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(open("Later"));
    client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, ids.back(),
                  framed(i % 4 == 3 ? "fail" : std::string(static_cast<std::size_t>(i), 'x')));
  }
  for (int i = 0; i < 20; ++i) {
    const TestResponse response = client_->receive(ids[static_cast<std::size_t>(i)]);
    EXPECT_EQ(status(response), i % 4 == 3 ? "5" : "0");
    EXPECT_EQ(response.body,
              i % 4 == 3 ? "" : framed(std::string(static_cast<std::size_t>(i), 'x')));
  }
  EXPECT_EQ(status(call("Later", framed("timed"), {{"grpc-timeout", "100S"}})), "0");
  const TestResponse packed =
      call("Later", framed(std::string(50'000, 'a'), true),
           {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "identity,gzip"}});
  EXPECT_EQ(packed.headers.at("grpc-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 1000u);
  for (const char* series :
       {"{method=\"Later\",code=\"0\"} 17", "{method=\"Later\",code=\"5\"} 5"}) {
    EXPECT_NE(registry_.render().find(series), std::string::npos) << registry_.render();
  }
}

TEST_F(GrpcRouterTest, AMessageMayBeCompressed) {
  const std::string text(50'000, 'a');
  const TestFields gzips{{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "identity,gzip"}};
  const TestResponse response = call("Echo", framed(text, true), gzips);
  ASSERT_EQ(response.headers.at("grpc-encoding"), "gzip");
  ASSERT_EQ(response.body[0], 1);
  std::string plain;
  ASSERT_TRUE(gunzip(std::string_view(response.body).substr(kMessageHead), 1 << 20, &plain));
  EXPECT_EQ(plain, text);
  const TestResponse mixed = call("Echo", framed("short"), gzips);
  EXPECT_EQ(mixed.body, framed("short"));
  const TestResponse unasked = call("Echo", framed(text, true), {{"grpc-encoding", "gzip"}});
  EXPECT_EQ(unasked.body, framed(text));
}

TEST_F(GrpcRouterTest, WhatCannotBeDecompressedSaysWhy) {
  const TestResponse other =
      call("Echo", framed(std::string(5000, 'a'), true), {{"grpc-encoding", "snappy"}});
  EXPECT_EQ(status(other), "12");
  EXPECT_EQ(other.headers.at("grpc-accept-encoding"), "identity,gzip");
  std::string garbage = framed("no gzip at all");
  garbage[0] = 1;
  EXPECT_EQ(status(call("Echo", garbage, {{"grpc-encoding", "gzip"}})), "3");
  std::string bomb;
  gzip(std::string(2u << 20, '0'), &bomb);
  bomb = framed(bomb);
  bomb[0] = 1;
  EXPECT_EQ(status(call("Echo", bomb, {{"grpc-encoding", "gzip"}})), "8");
}

TEST_F(GrpcRouterTest, FramesThatAreNoneEndTheCall) {
  EXPECT_EQ(status(call("Echo", "")), "13");
  EXPECT_EQ(status(call("Echo", framed("cut").substr(0, 6))), "13");
  EXPECT_EQ(status(call("Echo", framed("one") + framed("two"))), "13");
  EXPECT_EQ(status(call("Echo", std::string("\x02\0\0\0\0", 5))), "13");
  EXPECT_EQ(status(call("Echo", std::string("\0\x7F\xFF\xFF\xFF", 5))), "8");
  EXPECT_EQ(status(call("Twice", framed("cut").substr(0, 6))), "13");
}

TEST_F(GrpcRouterTest, ABodyBeyondTheServersLimitIsExhausted) {
  start({.body_bytes_max = 1000});
  EXPECT_EQ(status(call("Echo", framed(std::string(1001, 'x')))), "8");
}

TEST_F(GrpcRouterTest, ACallThatIsLateIsNotWorkedOn) {
  EXPECT_EQ(status(call("Echo", framed("x"), {{"grpc-timeout", "1n"}})), "4");
  EXPECT_EQ(status(call("Echo", framed("x"), {{"grpc-timeout", "10S"}})), "0");
  EXPECT_EQ(status(call("Echo", framed("x"), {{"grpc-timeout", "soon"}})), "0");
}

TEST_F(GrpcRouterTest, MessagesOfAStreamAreAnsweredAsTheyCome) {
  const std::uint32_t id = open("Twice");
  std::string expected;
  for (const std::string message : {"a", "bb", ""}) {
    client_->send(TestHttp2Client::kData, 0, id, framed(message));
    expected += framed(message) + framed(message);
    while (client_->body_of(id).size() < expected.size())
      ASSERT_NE(client_->receive_frame().type, 0xFF);
    EXPECT_EQ(client_->body_of(id), expected);
  }
  // In any pieces.
  const std::string two = framed(std::string(9000, 'c')) + framed("d");
  for (std::size_t at = 0; at < two.size(); at += 1000)
    client_->send(TestHttp2Client::kData, 0, id, two.substr(at, 1000));
  client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, id);
  const TestResponse response = client_->receive(id);
  EXPECT_EQ(response.body, expected + framed(std::string(9000, 'c')) +
                               framed(std::string(9000, 'c')) + framed("d") + framed("d"));
  EXPECT_EQ(status(response), "0");
}

TEST_F(GrpcRouterTest, AStreamsErrorComesAfterItsAnswers) {
  const TestResponse response = call("Twice", framed("a") + framed("fail") + framed("b"));
  EXPECT_EQ(response.body, framed("a") + framed("a"));
  EXPECT_EQ(status(response), "10");
  EXPECT_EQ(response.headers.at("grpc-message"), "as it was told");
}

TEST_F(GrpcRouterTest, AStreamMayOutlastItsInputUntilTheServerGoes) {
  const std::uint32_t id = open("Watch");
  client_->send(TestHttp2Client::kData, TestHttp2Client::kEndStream, id, framed(""));
  const std::string expected = framed("now") + framed("tick");
  while (client_->body_of(id).size() < expected.size())
    ASSERT_NE(client_->receive_frame().type, 0xFF);
  OwnedThread drainer("drain", [&] { EXPECT_TRUE(server_->drain(10'000)); });
  const TestResponse response = client_->receive(id);
  EXPECT_EQ(response.body.substr(0, expected.size()), expected);
  EXPECT_EQ(status(response), "14");
}

TEST_F(GrpcRouterTest, WhoResetsAStreamEndsItsCall) {
  const std::uint32_t id = open("Watch");
  client_->send(TestHttp2Client::kData, 0, id, framed(""));
  client_->send(TestHttp2Client::kReset, 0, id, std::string("\0\0\0\x8", 4));
  EXPECT_EQ(status(call("Echo", framed("after"))), "0");
}

TEST_F(GrpcRouterTest, WhoIsRefusedBecauseOfLoadIsToldWhenToCallAgain) {
  start({.buffered_bytes_max = 8000});
  for (const auto& [method, code] : {std::pair("Echo", "14"), std::pair("Twice", "8")}) {
    const std::uint32_t id = open(method, {{"content-length", "90005"}});
    client_->send(TestHttp2Client::kData, 0, id,
                  framed(std::string(90'000, 'x')).substr(0, 10'000));
    const TestResponse response = client_->receive(id);
    EXPECT_EQ(status(response), code) << method;
    EXPECT_EQ(response.headers.at("grpc-retry-pushback-ms"), "1000") << method;
  }
  EXPECT_EQ(call("Echo", framed("fail")).headers.count("grpc-retry-pushback-ms"), 0U);
}

TEST(GrpcStatus, RefusalsBecauseOfLoadAreKnownByTheirReason) {
  for (const char* reason :
       {"realtime.in_flight", "realtime.model_in_flight", "net.buffered_bytes"})
    EXPECT_TRUE(is_overload(reason)) << reason;
  for (const char* reason : {"net.grpc_size", "net.draining", "realtime.unknown_model", ""})
    EXPECT_FALSE(is_overload(reason)) << reason;
  std::string lines;
  append_grpc_pushback(1LL << 40, &lines);
  EXPECT_EQ(lines, "grpc-retry-pushback-ms: 1000000000\r\n");
}

TEST(GrpcTimeout, ReadsEveryUnitAndNothingElse) {
  EXPECT_EQ(parse_grpc_timeout("2H"), 7'200'000'000'000);
  EXPECT_EQ(parse_grpc_timeout("1M"), 60'000'000'000);
  EXPECT_EQ(parse_grpc_timeout("3S"), 3'000'000'000);
  EXPECT_EQ(parse_grpc_timeout("100m"), 100'000'000);
  EXPECT_EQ(parse_grpc_timeout("5u"), 5000);
  EXPECT_EQ(parse_grpc_timeout("7n"), 7);
  EXPECT_GT(parse_grpc_timeout("99999999H").value(), 0);
  for (const char* text : {"", "1", "S", "1s", "-1S", "1.5S", "999999999S"})
    EXPECT_FALSE(parse_grpc_timeout(text)) << text;
}

}  // namespace
}  // namespace slipway::net
